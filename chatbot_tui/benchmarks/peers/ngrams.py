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
    """All n-grams of one length, sorted: n-gram i is token keys[i] % V after the (n-1)-gram keys[i] // V."""

    keys: Counts
    counts: Counts
    """Of the longest n-grams how often each one comes; of shorter ones after how many different tokens, a dialogue's beginning
    counting as one more: the continuation counts of Kneser and Ney (1995)."""


def count(tokens: npt.NDArray[np.int32], starts: Counts, size: int, order: int) -> list[Order]:
    """Return the n-grams of 1 to `order` tokens that lie within dialogues; the first token of a dialogue stands only in contexts.

    Args:
        tokens: Dialogues one after the other.
        starts: Where each begins, and where the last ends.
        size: Of the vocabulary, V.
        order: Length of the longest.
    """
    left = room(starts, len(tokens))
    text = tokens.astype(np.int64)
    # Every token is a unigram, seen or not, so that unigrams are numbered by their tokens.
    keys, numbers, times = np.arange(size), text, raw_unigrams(text, starts, size)
    orders = []
    for length in range(2, order + 1):
        places = np.flatnonzero(left >= length)
        packed = numbers[places] * size + text[places + length - 1]
        longer, first, inverse, often = np.unique(packed, return_index=True, return_inverse=True, return_counts=True)
        # What an n-gram is without its first token begins one position later.
        after = np.bincount(numbers[places[first] + 1], minlength=len(keys))
        orders.append(Order(keys, after + opens_dialogues(numbers, starts, len(keys), length - 1)))
        keys, times = longer, often
        numbers = np.full(len(text), -1)
        numbers[places] = inverse
    return [*orders, Order(keys, times)]


def opens_dialogues(numbers: Numbers, starts: Counts, kinds: int, length: int) -> Counts:
    """Return 1 for each n-gram that stands at the beginning of a dialogue, and 0 for others; a first token alone is never predicted."""
    opens = np.zeros(kinds, np.int64)
    if length > 1:
        first = numbers[starts[:-1][np.diff(starts) > 0]]
        opens[first[first >= 0]] = 1
    return opens


def raw_unigrams(text: Counts, starts: Counts, size: int) -> Counts:
    """Return how often each token comes, the first of each dialogue left out."""
    first = text[starts[:-1][np.diff(starts) > 0]]
    return np.bincount(text, minlength=size) - np.bincount(first, minlength=size)


def room(starts: Counts, tokens: int) -> Counts:
    """Return for each position how many tokens there are from it to the end of its row."""
    return np.repeat(starts[1:], np.diff(starts)) - np.arange(tokens)


def find(orders: Sequence[Order], size: int, tokens: Counts, starts: Counts) -> list[Numbers]:
    """Return for each order which n-gram begins at each position of rows laid one after the other."""
    left = room(starts, len(tokens))
    numbers = [tokens.astype(np.int64)]
    for length, order in enumerate(orders[1:], 2):
        known = np.flatnonzero((left >= length) & (numbers[-1] >= 0))
        packed = numbers[-1][known] * size + tokens[known + length - 1]
        place = np.minimum(np.searchsorted(order.keys, packed), max(len(order.keys) - 1, 0))
        here = np.full(len(tokens), -1)
        if len(order.keys):
            here[known] = np.where(order.keys[place] == packed, place, -1)
        numbers.append(here)
    return numbers
