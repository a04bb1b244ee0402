"""Where the end of the conversation stood before: what n-gram bans and DRY look for. Linear in the length of the conversation."""

import numpy as np

from chatbot_tui.generation.vectors import Ids

_NARROWINGS = 32
"""Repeats longer than this are rare outside collapsed text, where narrowing the matches one token at a time would be quadratic."""


def followers(history: Ids, length: int) -> Ids:
    """Return the positions in `history` that follow an earlier copy of its last `length` tokens; every position if `length` is 0.

    Copies may overlap the end itself. Empty where the history is too short to repeat.
    """
    size = history.size
    positions = np.arange(min(length, size), size)
    if length > _NARROWINGS:
        return positions[repeat_lengths(history)[positions] >= length]
    for back in range(1, length + 1):
        if not positions.size:
            break
        positions = positions[history[positions - back] == history[size - back]]
    return positions


def repeat_lengths(history: Ids) -> Ids:
    """Return for each position how many tokens just before it equal the last tokens of `history`, in the same order; [N] for N tokens.

    So a token equal to `history[i]` would extend a repeated suffix of length `result[i]`.
    """
    size = history.size
    lengths = np.zeros(size, dtype=np.int64)
    positions = np.arange(1, size)
    for back in range(1, _NARROWINGS + 1):
        # `back` tokens match only at positions that have as many before them.
        positions = positions[positions >= back]
        if positions.size:
            positions = positions[history[positions - back] == history[size - back]]
        if not positions.size:
            return lengths
        lengths[positions] = back
    # Long repeats: the Z-function (Gusfield 1997, section 1.4) of the reversed history.
    prefix_matches = _z_function(history[::-1].tolist())
    lengths[1:] = prefix_matches[:0:-1]
    return lengths


def _z_function(tokens: list[int]) -> list[int]:
    """Return for each position the length of the longest common prefix of `tokens` and its rest from there on."""
    size = len(tokens)
    result = [0] * size
    left = right = 0
    for i in range(1, size):
        length = min(right - i, result[i - left]) if i < right else 0
        while i + length < size and tokens[length] == tokens[i + length]:
            length += 1
        if i + length > right:
            left, right = i, i + length
        result[i] = length
    return result
