"""What many replies have in common: how many differ, how many run in circles, and how much of them is one word or known text."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TypeAlias

from chatbot_tui.signals.repetition import RepetitionTracker

Reply: TypeAlias = Sequence[int]
"""Token ids, without an end token."""


def distinct_share(replies: Sequence[Reply]) -> float:
    """Return the number of different replies divided by the number of replies; 1 for none."""
    return len({tuple(reply) for reply in replies}) / len(replies) if replies else 1.0


def loops(reply: Reply, repeats: int, tokens: int) -> int | None:
    """Return the position at which the repetition at the end of a reply begins, None where there is none.

    A unit of up to 64 tokens must stand there at least `repeats` times and over at least `tokens` tokens.
    """
    tracker = RepetitionTracker()
    for token in reply:
        tracker.push(token)
    found = tracker.shortest(repeats, tokens)
    return None if found is None else len(reply) - found.tokens


def commonest_share(replies: Sequence[Reply]) -> tuple[int | None, float]:
    """Return the commonest token of all replies (the lowest id of equals) and its share of them; None and 0 where all are empty."""
    counts = Counter(token for reply in replies for token in reply)
    if not counts:
        return None, 0.0
    token = min(counts, key=lambda token: (-counts[token], token))
    return token, counts[token] / counts.total()


def alike(replies: Sequence[Reply], n: int) -> float:
    """Return the mean over all pairs of replies of the Jaccard index (1901) of their sets of n-grams, 0 to 1; 0 for no pair."""
    grams = [{tuple(reply[place : place + n]) for place in range(len(reply) - n + 1)} for reply in replies]
    pairs = [len(a & b) / len(a | b) for a, b in combinations(grams, 2) if a | b]
    return sum(pairs) / len(pairs) if pairs else 0.0


def known_share(replies: Iterable[Reply], text: Sequence[int], n: int) -> float | None:
    """Return the share of the n-grams of replies that stand in `text` word for word; None where no reply has n tokens.

    The measure of memorisation of McCoy et al. (2023), there on new n-grams.
    """
    known = {tuple(text[place : place + n]) for place in range(len(text) - n + 1)}
    grams = [tuple(reply[place : place + n]) for reply in replies for place in range(len(reply) - n + 1)]
    return sum(gram in known for gram in grams) / len(grams) if grams else None
