"""The n-grams of dialogues, counted and found by sorted numbers: order after order, each one its context's number and a token."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int64]
"""One for each position of a text: the n-gram that begins there, by its place among the sorted ones; -1 where there is none."""


@dataclass(frozen=True)
class Order:
    """All n-grams of one length, sorted, for a vocabulary of V tokens and the sign for a beginning, which is number V.

    N-gram i is token keys[i] % (V + 1) after the (n-1)-gram keys[i] // (V + 1).
    """

    keys: Counts
    counts: Counts
    """Of the longest n-grams how often each one comes; of shorter ones after how many different tokens, the continuation counts of
    Kneser and Ney (1995). 0 where it serves as context alone: nobody has to predict how a dialogue begins to begin."""


def count(tokens: npt.NDArray[np.int32], starts: Counts, size: int, order: int) -> list[Order]:
    """Return the n-grams of 1 to `order` tokens of dialogues; the first token of a dialogue stands only in contexts.

    Args:
        tokens: Dialogues one after the other.
        starts: Where each begins, and where the last ends.
        size: Of the vocabulary, V.
        order: Length of the longest.
    """
    text, starts, predicted = with_beginnings(tokens, starts, size, order)
    left = room(starts, len(text))
    keys, numbers = np.arange(size + 1), text
    times = np.bincount(text[predicted], minlength=size + 1)
    orders = []
    for length in range(2, order + 1):
        places = np.flatnonzero(left >= length)
        packed = numbers[places] * (size + 1) + text[places + length - 1]
        longer, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
        often = np.bincount(inverse[predicted[places + length - 1]], minlength=len(longer))
        # What an n-gram is without its first token begins one position later.
        shorter = numbers[places[first] + 1]
        orders.append(Order(keys, np.bincount(shorter[often > 0], minlength=len(keys))))
        keys, times = longer, often
        numbers = np.full(len(text), -1)
        numbers[places] = inverse
    return [*orders, Order(keys, times)]


def with_beginnings(tokens: npt.NDArray[np.int32], starts: Counts, size: int, order: int) -> tuple[Counts, Counts, npt.NDArray[np.bool_]]:
    """Return dialogues with `order` - 2 signs before each, so that the first prediction has a full context.

    Returns:
        The tokens, where each dialogue begins and the last ends, and which tokens are predicted: all but the signs and the first of each.
    """
    lengths = np.diff(starts)
    lengths, starts = lengths[lengths > 0], starts[:-1][lengths > 0]
    signs = max(order - 2, 0)
    text = np.insert(tokens.astype(np.int64), np.repeat(starts, signs), size)
    begins = np.concatenate([[0], np.cumsum(lengths + signs)]).astype(np.int64)
    place = np.arange(len(text)) - np.repeat(begins[:-1], lengths + signs)
    return text, begins, place > signs


def room(starts: Counts, tokens: int) -> Counts:
    """Return for each position how many tokens there are from it to the end of its row."""
    return np.repeat(starts[1:], np.diff(starts)) - np.arange(tokens)


def find(orders: Sequence[Order], size: int, tokens: Counts, starts: Counts) -> list[Numbers]:
    """Return for each order which n-gram begins at each position of rows laid one after the other."""
    left = room(starts, len(tokens))
    numbers = [tokens.astype(np.int64)]
    for length, order in enumerate(orders[1:], 2):
        known = np.flatnonzero((left >= length) & (numbers[-1] >= 0))
        packed = numbers[-1][known] * (size + 1) + tokens[known + length - 1]
        place = np.minimum(np.searchsorted(order.keys, packed), max(len(order.keys) - 1, 0))
        here = np.full(len(tokens), -1)
        if len(order.keys):
            here[known] = np.where(order.keys[place] == packed, place, -1)
        numbers.append(here)
    return numbers
