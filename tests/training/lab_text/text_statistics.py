"""Counts and entropies of a text, computed here in their own way: what the tests of the small talk compare with."""

import math
import re
from collections import Counter
from collections.abc import Sequence

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
END = "<eot>"
SENTENCE_END = re.compile(r"(?<=[.?!]) ")


def words(text: str) -> list[str]:
    """Lower-cased words, contractions whole, without punctuation."""
    return WORD.findall(text.lower())


def stream(dialogues: Sequence[Sequence[str]]) -> list[str]:
    """The words as a net reads them: an end of turn before each dialogue and after each turn."""
    tokens = []
    for dialogue in dialogues:
        tokens.append(END)
        for turn in dialogue:
            tokens += [*words(turn), END]
    return tokens


def entropy(counts: Counter[str] | Counter[tuple[str, ...]]) -> float:
    """Plug-in entropy in nats."""
    total = sum(counts.values())
    return -sum(count / total * math.log(count / total) for count in counts.values())


def conditional_entropy(tokens: Sequence[str], before: int) -> float:
    """Plug-in entropy of a token given the `before` tokens in front of it, in nats."""
    long = Counter(tuple(tokens[start : start + before + 1]) for start in range(len(tokens) - before))
    short: Counter[tuple[str, ...]] = Counter()
    for gram, count in long.items():
        short[gram[:-1]] += count
    return entropy(long) - entropy(short)


class Mixture:
    """An n-gram model for each order up to `order`, each leaning on the one below where it has seen little (Witten and Bell 1991)."""

    def __init__(self, tokens: Sequence[str], order: int) -> None:
        self._size = len(set(tokens)) + 1
        self._after: dict[tuple[str, ...], Counter[str]] = {}
        for length in range(order):
            for place in range(length, len(tokens)):
                self._after.setdefault(tuple(tokens[place - length : place]), Counter())[tokens[place]] += 1
        self._totals = {context: sum(after.values()) for context, after in self._after.items()}

    def probability(self, context: tuple[str, ...], token: str) -> float:
        lower = 1 / self._size if not context else self.probability(context[1:], token)
        after = self._after.get(context)
        if after is None:
            return lower
        return (after[token] + len(after) * lower) / (self._totals[context] + len(after))

    def loss(self, tokens: Sequence[str], order: int) -> float:
        """Cross-entropy of the model of that order in nats a token."""
        reach = order - 1
        places = range(reach, len(tokens))
        return -sum(math.log(self.probability(tuple(tokens[place - reach : place]), tokens[place])) for place in places) / len(places)
