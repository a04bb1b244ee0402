"""What repeats at the end of a reply, kept up to date token by token."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

MAX_UNIT = 64
"""Longest unit that is looked for, in tokens."""

_LENGTHS = np.arange(1, MAX_UNIT + 1)


@cache
def _needed(repeats: int, tokens: int) -> npt.NDArray[np.int64]:
    """Return for each unit length how many tokens must equal the one a unit before them."""
    return np.maximum((repeats - 1) * _LENGTHS, tokens - _LENGTHS)


@dataclass(frozen=True, slots=True)
class Repetition:
    """A unit of tokens that stands several times in a row at the end of a sequence."""

    unit: int
    """Length of the unit, in tokens."""
    repeats: int
    """How many whole times it stands there."""
    tokens: int
    """Length of the whole stretch that repeats, an incomplete last unit included."""


class RepetitionTracker:
    """Follows, for each unit length up to 64, how long the end of a sequence has been repeating with it.

    A stretch of n tokens repeats with unit length k if each of its tokens but the first k equals the one k before it. Exact,
    with the same work for every token however long the sequence.
    """

    def __init__(self) -> None:
        # Written twice, 64 apart, so that the last 64 tokens are always one slice.
        self._recent = np.full(2 * MAX_UNIT, -1, dtype=np.int64)
        self._count = 0
        self._matches = np.zeros(MAX_UNIT, dtype=np.int64)

    def push(self, token: int) -> None:
        """Append a token (an id, 0 or more)."""
        slot = self._count % MAX_UNIT
        last_to_first = self._recent[slot : slot + MAX_UNIT][::-1]
        self._matches += 1
        self._matches *= last_to_first == token
        self._recent[slot] = self._recent[slot + MAX_UNIT] = token
        self._count += 1

    def shortest(self, min_repeats: int, min_tokens: int = 0) -> Repetition | None:
        """Return the shortest unit that stands at least `min_repeats` (2 or more) times, over at least `min_tokens` tokens."""
        enough = self._matches >= _needed(min_repeats, min_tokens)
        index = int(enough.argmax())
        if not enough[index]:
            return None
        unit = index + 1
        tokens = int(self._matches[index]) + unit
        return Repetition(unit, tokens // unit, tokens)
