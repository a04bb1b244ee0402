"""Which token the samplers will draw, told from the likeliest alone, so that the net can read on before they have run."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.stages import Step, stages
from chatbot_tui.generation.vectors import SMALLEST_DIVISOR, Ids, without

_FORESEEABLE = frozenset({"ban", "temperature", "top_k", "top_p", "min_p", "greedy"})


@lru_cache(maxsize=64)
def foreseeable(settings: SamplingSettings) -> bool:
    """Return whether the likeliest tokens alone can tell what these settings draw."""
    return settings.order == "hf" and _FORESEEABLE.issuperset(stages(settings))


def foresee(logits: npt.NDArray[np.floating], head: Ids, settings: SamplingSettings, at: Step) -> int | None:
    """Return the token that `sample` will almost certainly draw; None where only running the samplers can tell.

    A guess: a tie, or a random number on the border between two tokens, may mislead it.

    Args:
        logits: [vocabulary], in any precision.
        head: Ids of the likeliest tokens in descending order, ties in the order of their ids.
        settings: The strategy.
        at: The moment, with its random number.
    """
    if not foreseeable(settings):
        return None
    whole = head.size == logits.size
    head = without(head, at.banned, logits.size)
    if not head.size or not -np.inf < logits[head[0]] < np.inf:
        return None
    if settings.greedy:
        return int(head[0])
    if settings.top_k and (settings.top_k <= head.size or whole):
        head, whole = head[: settings.top_k], True
    elif settings.top_k:
        return None
    temperature = max(settings.temperature, SMALLEST_DIVISOR)
    best = float(logits[head[0]])
    weights = np.exp((logits[head].astype(np.float64) - best) / temperature)
    sums = weights.cumsum()
    total = float(sums[-1])
    if not whole:
        below = logits.astype(np.float64) - best
        # Before the exponential: a banned token may stand so far above the others that it has none.
        below[np.asarray(at.banned, np.int64)] = -np.inf
        total = float(np.exp(below / temperature).sum())
    kept = head.size
    if settings.top_p < 1.0:
        kept = min(kept, int(sums.searchsorted(settings.top_p * total)) + 1)
    if settings.min_p > 0.0:
        kept = min(kept, int(np.count_nonzero(weights >= settings.min_p)))
    if kept < head.size:
        total = float(sums[kept - 1])
    elif not whole and (settings.top_p < 1.0 or settings.min_p > 0.0):
        return None
    place = int(sums.searchsorted(at.uniform() * total, side="right"))
    return int(head[place]) if place < kept else None
