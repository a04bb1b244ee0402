"""What a text itself lets a net learn: whether one word rules it, and whether a word says anything about the next."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int64]


def ruling_token(stream: Tokens) -> tuple[int, float]:
    """Return the token that is the likeliest continuation of the largest share of contexts, and that share, for a stream [tokens].

    A context is the token before. Contexts count as often as they come; those that come once say nothing and do not count.
    """
    size = int(stream.max(initial=0)) + 1
    keys, times = np.unique(stream[:-1] * size + stream[1:], return_counts=True)
    before, after = keys // size, keys % size
    totals = np.bincount(before, times, size)
    # By context, then by count from the largest on; the lowest id of equals first.
    order = np.lexsort((after, -times, before))
    first = np.unique(before[order], return_index=True)[1]
    winners, contexts = after[order][first], before[order][first]
    weights = np.where(totals[contexts] > 1, totals[contexts], 0.0)
    if not weights.sum():
        return int(stream[0]), 0.0
    shares = np.bincount(winners, weights, size) / weights.sum()
    return int(shares.argmax()), float(shares.max())


def pair_gain(stream: Tokens) -> float:
    """Return how many nats a token the token before tells of the next in a stream [tokens].

    By how much pairs predict each half of the stream better than frequencies do, both fitted on the other half, less the same for the
    stream in a random order: pairs that are many and rare cost in both alike, so that 0 is what a text without order has, however short.
    Unigrams with one added to each count; bigrams interpolated with them (Witten and Bell 1991).
    """
    shuffled = np.random.default_rng(0).permutation(stream)
    return halves_gain(stream) - halves_gain(shuffled)


def halves_gain(stream: Tokens) -> float:
    """Return the gain of pairs over frequencies in nats a token, each half of a stream predicted from the other; 0 for too little text."""
    size = int(stream.max(initial=0)) + 1
    middle = len(stream) // 2
    halves = stream[:middle], stream[middle:]
    gains = [_pair_gain(fit, test, size) for fit, test in (halves, halves[::-1]) if len(fit) > 1 and len(test) > 1]
    return float(np.concatenate(gains).mean()) if gains else 0.0


def _pair_gain(fit: Tokens, test: Tokens, size: int) -> npt.NDArray[np.float64]:
    frequency = (np.bincount(fit, minlength=size) + 1.0) / (len(fit) + size)
    keys, times = np.unique(fit[:-1] * size + fit[1:], return_counts=True)
    totals = np.bincount(keys // size, times, size)
    kinds = np.bincount(keys // size, minlength=size).astype(np.float64)
    before, after = test[:-1], test[1:]
    places = np.minimum(np.searchsorted(keys, before * size + after), len(keys) - 1)
    pairs = np.where(keys[places] == before * size + after, times[places], 0)
    weight = totals[before] + kinds[before]
    p = np.divide(pairs + kinds[before] * frequency[after], weight, out=frequency[after], where=weight > 0)
    result: npt.NDArray[np.float64] = np.log(p) - np.log(frequency[after])
    return result


def commonest_turn(turns: Sequence[Sequence[int]]) -> float:
    """Return the share of the turns of a text that are the commonest one, word for word; 0 for no turns."""
    counts = Counter(tuple(turn) for turn in turns)
    return max(counts.values(), default=0) / max(len(turns), 1)
