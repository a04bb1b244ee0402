"""Which token the samplers will draw, told from the likeliest alone, so that the net can read on before they have run."""

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.randomness import uniform
from chatbot_tui.generation.stages import Step, stages
from chatbot_tui.generation.vectors import SMALLEST_DIVISOR, largest

HEAD_TOKENS = 256
"""How many of the likeliest tokens are looked at, at most."""
_FORESEEABLE = frozenset({"ban", "temperature", "top_k", "top_p", "min_p", "greedy"})


def foresee(logits: npt.NDArray[np.floating], settings: SamplingSettings, at: Step) -> int | None:
    """Return the token that `sample` will almost certainly draw; None where only running the samplers can tell.

    A guess: a tie, or a random number on the border between two tokens, may mislead it.

    Args:
        logits: [vocabulary], in any precision; left as they are.
        settings: The strategy.
        at: The moment, with its random number.
    """
    k = settings.top_k
    if settings.order != "hf" or k > HEAD_TOKENS or not _FORESEEABLE.issuperset(stages(settings)):
        return None
    if len(at.banned):
        logits = logits.copy()
        logits[at.banned] = -np.inf
    best = int(logits.argmax())
    # Also false for NaN, which argmax finds.
    if not -np.inf < logits[best] < np.inf:
        return None
    if settings.greedy:
        return best
    temperature = max(settings.temperature, SMALLEST_DIVISOR)
    ids = largest(logits, k or HEAD_TOKENS)
    weights = np.exp((logits[ids].astype(np.float64) - logits[best]) / temperature)
    sums = weights.cumsum()
    total = float(sums[-1])
    if not k and ids.size < logits.size:
        total = float(np.exp((logits.astype(np.float64) - logits[best]) / temperature).sum())
    kept = ids.size
    if settings.top_p < 1.0:
        kept = min(kept, int(sums.searchsorted(settings.top_p * total)) + 1)
    if settings.min_p > 0.0:
        kept = min(kept, int(np.count_nonzero(weights >= settings.min_p)))
    if kept < ids.size:
        total = float(sums[kept - 1])
    elif not k and (settings.top_p < 1.0 or settings.min_p > 0.0):
        return None
    place = int(sums.searchsorted(uniform(at.seed, at.reply, at.step) * total, side="right"))
    return int(ids[place]) if place < kept else None
