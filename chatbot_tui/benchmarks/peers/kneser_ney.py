"""An interpolated modified Kneser-Ney model of n-grams (Chen and Goodman 1999): what counting alone can do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from chatbot_tui.benchmarks.peers.ngrams import Counts, Order, count, find
from chatbot_tui.training.scoring import Place, Report, Scores
from chatbot_tui.training.stream import Tokens

ORDER = 5
FALLBACK = (0.5, 1.0, 1.5)
"""Discounts where a text is too small to tell them."""

Vector = npt.NDArray[np.float64]


class KneserNey:
    """Probabilities of tokens after up to `order` - 1 others, interpolated from the longest n-grams down to the uniform distribution.

    p(w | c) = max(a(cw) - D(a(cw)), 0) / a(c.) + (D1 N1(c.) + D2 N2(c.) + D3 N3+(c.)) / a(c.) p(w | c without its first token), where a
    counts n-grams as `Order` says, a(c.) is its sum over all that follow c, and Nk(c.) are how many follow with a = k. After a context
    that never came the shorter one decides.
    """

    def __init__(self, orders: Sequence[Order], size: int) -> None:
        self.orders = tuple(orders)
        self.size = size
        """Of the vocabulary."""
        self.discounts = tuple(discounts(order.counts) for order in self.orders)
        """D1, D2 and D3+ of each order, the unigrams' first."""
        self.fresh = (size,) * max(len(self.orders) - 2, 0)
        """What stands before a dialogue's first token: signs for a beginning."""
        contexts = [1, *(len(order.keys) for order in self.orders[:-1])]
        self._shares, self._left = zip(
            *(interpolation(order, size, kinds, cut) for order, kinds, cut in zip(self.orders, contexts, self.discounts, strict=True)),
            strict=True,
        )

    @classmethod
    def learn(cls, tokens: Tokens, starts: Counts, size: int, order: int = ORDER) -> "KneserNey":
        """Count the n-grams of dialogues laid one after the other; `starts` says where each begins, and where the last ends."""
        return cls(count(tokens, starts, size, order), size)

    @cached_property
    def parameters(self) -> int:
        """N-grams that have a count."""
        return sum(int(np.count_nonzero(order.counts)) for order in self.orders)

    def log_p(self, rows: Sequence[Sequence[int]], unscored: Sequence[int]) -> Vector:
        """Return for each row the sum of ln p over its tokens, but for the first `unscored` ones, which are context alone."""
        lengths = np.array([len(row) for row in rows], np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        tokens = np.fromiter((token for row in rows for token in row), np.int64, int(starts[-1]))
        numbers = find(self.orders, self.size, tokens, starts)
        place = np.arange(len(tokens)) - np.repeat(starts[:-1], lengths)
        p = np.full(len(tokens), 1 / self.size)
        for length, (shares, left) in enumerate(zip(self._shares, self._left, strict=True), 1):
            # The n-gram that ends here begins length - 1 tokens before; only where the row reaches so far back.
            here = np.flatnonzero(place >= length - 1)
            begins = here - length + 1
            context = np.zeros(len(here), np.int64) if length == 1 else numbers[length - 2][begins]
            here, begins, context = here[context >= 0], begins[context >= 0], context[context >= 0]
            ngram = numbers[length - 1][begins]
            p[here] = p[here] * left[context] + shares[ngram]
        row = np.repeat(np.arange(len(rows)), lengths)
        scored = place >= np.repeat(np.asarray(unscored, np.int64), lengths)
        return np.asarray(np.bincount(row[scored], np.log(p[scored]), minlength=len(rows)), np.float64)

    def tail(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        """Return the last tokens of a context, those that count."""
        return tokens[max(len(tokens) - len(self.orders) + 1, 0) :]

    def distribution(self, context: Sequence[int]) -> Vector:
        """Return the probability of every token, [vocabulary], after a context, of which the last `order` - 1 tokens count."""
        tokens = np.array(self.tail(tuple(context)), np.int64)
        # From the empty context to the longest.
        suffixes = [tokens[begin:] for begin in range(len(tokens), -1, -1)]
        p = np.append(np.full(self.size, 1 / self.size), 0.0)
        base = self.size + 1
        for length, suffix in enumerate(suffixes, 1):
            number = self._number(suffix)
            if number < 0:
                break
            keys = self.orders[length - 1].keys
            first, last = np.searchsorted(keys, [number * base, (number + 1) * base])
            p *= self._left[length - 1][number]
            p[keys[first:last] - number * base] += self._shares[length - 1][first:last]
        return p[: self.size]

    def _number(self, tokens: Counts) -> int:
        """Return the number of a context; 0 for the empty one, -1 where it never came."""
        if not len(tokens):
            return 0
        return int(find(self.orders[: len(tokens)], self.size, tokens, np.array([0, len(tokens)]))[-1][0])


@dataclass(frozen=True)
class Counting:
    """Counts as a predictor: what was said before is its last tokens, across the ends of turns, and that a dialogue begins there."""

    model: KneserNey

    def score(
        self,
        rows: Sequence[Sequence[int]],
        *,
        initial: Sequence[tuple[int, ...]] | None = None,
        keep: Collection[Place] = (),
        report: Report | None = None,
    ) -> Scores[tuple[int, ...]]:
        """Return what the counts say of each row, see Predictor."""
        given: Sequence[tuple[int, ...]] = [self.model.fresh] * len(rows) if initial is None else initial
        texts = [(*before, *row) for before, row in zip(given, rows, strict=True)]
        log_p = self.model.log_p(texts, [len(before) + 1 for before in given])
        if report is not None:
            report(sum(max(len(row) - 1, 0) for row in rows))
        return Scores(log_p, {(row, step): self.model.tail((*self.model.fresh, *rows[row][:step])) for row, step in keep})


def discounts(counts: Counts) -> Vector:
    """Return 0, D1, D2 and D3+, from how many n-grams have the counts 1 to 4 (Chen and Goodman 1999, equation 17)."""
    n = [int(np.count_nonzero(counts == times)) for times in range(1, 5)]
    if all(n):
        y = n[0] / (n[0] + 2 * n[1])
        cut = [times - (times + 1) * y * more / fewer for times, (fewer, more) in enumerate(pairwise(n), 1)]
        if all(0 < taken <= times for times, taken in enumerate(cut, 1)):
            return np.array([0.0, *cut])
    return np.array([0.0, *FALLBACK])


def interpolation(order: Order, size: int, contexts: int, cut: Vector) -> tuple[Vector, Vector]:
    """Return the share of each n-gram in its context, and for each context what is left to the shorter one.

    Behind the shares stands a 0 for all n-grams that never came. A context after which nothing came leaves everything.
    """
    context = order.keys // (size + 1)
    total = np.bincount(context, order.counts, minlength=contexts)
    taken = cut[np.minimum(order.counts, 3)]
    followed = total > 0
    left = np.ones(contexts)
    left[followed] = np.bincount(context, taken, minlength=contexts)[followed] / total[followed]
    return np.append((order.counts - taken) / np.maximum(total, 1)[context], 0.0), left
