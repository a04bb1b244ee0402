"""What other strategies would have drawn from the same random number, mostly without running their samplers."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.sampler import Step, distribution, draw
from chatbot_tui.generation.vectors import Ids, Vector

COUNTERFACTUALS: Mapping[str, SamplingSettings] = MappingProxyType(
    {
        "greedy": SamplingSettings(greedy=True),
        "T 0.7": SamplingSettings(temperature=0.7),
        "T 1": SamplingSettings(),
        "top-k 40": SamplingSettings(top_k=40),
    }
)
"""Strategies that are asked what they would have drawn: greedy, or a temperature up to 1 with or without top-k."""

_OPEN_MASS = 1e-3
"""Mass of the tokens that may be drawn below which 1 minus the mass of the others says too little of it."""


def others_from(logits: Vector, p: Vector, head: Ids, banned: Sequence[int] | Ids, u: float) -> dict[str, int]:
    """Return which token each of COUNTERFACTUALS draws from the random number u.

    The same as running the samplers, at a fraction of the cost: temperature and top-k keep the order of the tokens, so that one
    list of the likeliest serves all, and of what lies beyond it the mass is enough. Where that leaves a doubt the samplers do run.

    Args:
        logits: [vocabulary].
        p: Their softmax.
        head: Ids of the likeliest tokens in descending order, ties in the order of their ids.
        banned: Different ids that no strategy may draw.
        u: 0 to 1.
    """
    whole = head.size == p.size
    mass = 1.0
    closed = np.asarray(banned, np.int64)
    if closed.size:
        is_open = np.ones(p.size, np.bool_)
        is_open[closed] = False
        mass -= float(p[closed].sum())
        head = head[is_open[head]]
    gaps, beyond = logits[head], 0.0
    if head.size and mass > _OPEN_MASS:
        gaps -= gaps[0]
        beyond = 0.0 if whole else max(mass / float(p[head[0]]) - float(np.exp(gaps).sum()), 0.0)
    else:
        gaps = gaps[:0]
    drawn: dict[str, int] = {}
    for name, settings in COUNTERFACTUALS.items():
        place = _place(gaps, beyond, whole, settings, u) if gaps.size else None
        if place is None:
            drawn[name] = draw(distribution(logits, settings, Step(banned=banned)), u).token
        else:
            drawn[name] = int(head[place])
    return drawn


def _place(gaps: Vector, beyond: float, whole: bool, settings: SamplingSettings, u: float) -> int | None:
    """Return the position in a list of the likeliest at which the walk ends; None where the list cannot tell.

    Args:
        gaps: Logits in descending order, less the first.
        beyond: Mass of the tokens beyond the list, in units of the likeliest's.
        whole: Whether there are none.
        settings: One of COUNTERFACTUALS.
        u: 0 to 1.
    """
    if settings.greedy:
        return 0
    kept = gaps.size
    if settings.top_k:
        # Ties with the k-th stay in: they may go on beyond the list.
        kept = int(np.count_nonzero(gaps >= gaps[min(settings.top_k, kept) - 1]))
        if kept == gaps.size and not whole:
            return None
    sums = np.exp(gaps[:kept] / settings.temperature).cumsum()
    least = most = float(sums[-1])
    if kept == gaps.size and beyond:
        # Of weights w up to b, the sum of w^(1/T) is at most b^(1/T - 1) times the sum of w.
        most += beyond * math.exp(float(gaps[-1]) * (1.0 / settings.temperature - 1.0))
        least = most if settings.temperature == 1.0 else least
    place = int(sums.searchsorted(u * least, side="right"))
    return place if place < kept and place == int(sums.searchsorted(u * most, side="right")) else None
