"""The penalties and bans: what the conversation so far, or a rule, does to the logits before any filter.

`history` holds the ids of the whole conversation without end tokens. Penalties never cut: a cut token stays cut, no other becomes so.
"""

from collections.abc import Sequence

import numpy as np

from chatbot_tui.core.errors import InputError
from chatbot_tui.generation.repeats import followers, repeat_lengths
from chatbot_tui.generation.vectors import LARGE, SMALLEST_DIVISOR, Ids, Vector, cut


def repetition_penalty(logits: Vector, history: Ids, r: float) -> Vector:
    """Divide positive logits of tokens already seen by r > 0, multiply the others by it, each token once (Keskar et al. 2019)."""
    seen = np.bincount(history, minlength=logits.size) > 0
    z = logits[seen]
    result = logits.copy()
    result[seen] = np.where(z > 0, z / max(r, SMALLEST_DIVISOR), z * r)
    return result


def frequency_penalty(logits: Vector, history: Ids, amount: float) -> Vector:
    """Subtract `amount` from each token's logit as many times as the token stands in the history."""
    return logits - amount * np.bincount(history, minlength=logits.size)


def presence_penalty(logits: Vector, history: Ids, amount: float) -> Vector:
    """Subtract `amount` once from the logit of every token already seen."""
    return logits - amount * (np.bincount(history, minlength=logits.size) > 0)


def dry(logits: Vector, history: Ids, multiplier: float, base: float, allowed_length: int) -> Vector:
    """Subtract multiplier * base^(n - allowed_length) from tokens that would extend a repeated suffix of n >= allowed_length tokens.

    n is the longest such suffix, at least one token ("don't repeat yourself"). The penalty stops growing at LARGE.
    """
    lengths = repeat_lengths(history)
    longest = np.zeros(logits.size, dtype=np.int64)
    np.maximum.at(longest, history, lengths)
    extends = np.flatnonzero(longest >= max(allowed_length, 1))
    with np.errstate(over="ignore"):
        penalty = multiplier * np.power(base, (longest[extends] - allowed_length).astype(np.float64))
    result = logits.copy()
    result[extends] -= np.minimum(penalty, LARGE)
    return result


def no_repeat_ngram(logits: Vector, history: Ids, size: int, banned: Ids | Sequence[int] = ()) -> Vector:
    """Ban every token that would complete an n-gram of `size` >= 1 tokens already in the history (Paulus et al. 2018).

    If that leaves nothing beyond the `banned` tokens, the likeliest of those not banned is spared.
    """
    result = cut(logits, history[followers(history, size - 1)])
    if not np.any(_without(result, banned) > -np.inf):
        likeliest = _without(logits, banned).argmax()
        result[likeliest] = logits[likeliest]
    return result


def ban(logits: Vector, banned: Ids | Sequence[int]) -> Vector:
    """Cut the banned tokens.

    Raises:
        InputError: no token would be left.
    """
    result = _without(logits, banned)
    if not result.max() > -np.inf:
        raise InputError("every token is banned: ban fewer tokens, or ask for a shorter minimum length")
    return result


def _without(logits: Vector, banned: Ids | Sequence[int]) -> Vector:
    return cut(logits, np.asarray(banned, dtype=np.int64)) if len(banned) else logits
