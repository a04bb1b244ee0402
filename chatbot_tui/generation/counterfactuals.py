"""What other strategies would have drawn from the same random number, without running their samplers."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.sampler import Step, distribution, draw
from chatbot_tui.generation.vectors import Ids, Vector, crossing, without

COUNTERFACTUALS: Mapping[str, SamplingSettings] = MappingProxyType(
    {
        "greedy": SamplingSettings(greedy=True),
        "T 0.7": SamplingSettings(temperature=0.7),
        "T 1": SamplingSettings(),
        "top-k 40": SamplingSettings(top_k=40),
    }
)
"""Strategies that are asked what they would have drawn from the same random number: greedy, a temperature, or a top-k."""

_TOO_LITTLE = 1e-3
"""Share of the tokens that may be drawn below which the difference between all and the others is too coarse."""


def others_from(below: Vector, p: Vector, head: Ids, banned: Sequence[int] | Ids, u: float) -> dict[str, int]:
    """Return which token each of COUNTERFACTUALS draws from the random number u.

    The same as running the samplers, at a fraction of the cost: temperature and top-k keep the order of the tokens, so that one
    list of the likeliest serves all.

    Args:
        below: Logits less the largest, [vocabulary].
        p: Their softmax.
        head: Ids of the likeliest tokens in descending order, ties in the order of their ids.
        banned: Different ids that no strategy may draw.
        u: 0 to 1.
    """
    closed = np.asarray(banned, np.int64)
    head = without(head, closed, p.size)
    drawn: dict[str, int] = {}
    for name, settings in COUNTERFACTUALS.items():
        token = None
        if settings.greedy:
            token = int(head[0]) if head.size else None
        elif settings.top_k:
            token = _from_top(below[head], head, settings.top_k, u)
        elif settings.temperature == 1.0:
            token = _from_all(p, 1.0, closed, below, head, u)
        else:
            weights = below / settings.temperature
            np.exp(weights, out=weights)
            token = _from_all(weights, float(weights.sum()), closed, below, head, u)
        drawn[name] = draw(distribution(below, settings, Step(banned=banned)), u).token if token is None else token
    return drawn


def _from_top(gaps: Vector, head: Ids, k: int, u: float) -> int | None:
    """Draw from the first k of the list; None where ties with the k-th may go on beyond it."""
    if head.size <= k or gaps[k - 1] == gaps[-1]:
        return None
    kept = k + int(np.count_nonzero(gaps[k:] == gaps[k - 1]))
    sums = np.exp(gaps[:kept] - gaps[0]).cumsum()
    place = int(sums.searchsorted(u * sums[-1], side="right"))
    return int(head[place]) if place < kept else None


def _from_all(weights: Vector, total: float, closed: Ids, below: Vector, head: Ids, u: float) -> int | None:
    """Draw from weights [vocabulary] of that total, without the closed ids, in descending order; None where rounding hides the place."""
    open_total = total - float(weights[closed].sum())
    if open_total < _TOO_LITTLE * total:
        return None
    sums = weights[head].cumsum()
    place = int(sums.searchsorted(u * open_total, side="right"))
    if place < head.size:
        return int(head[place])
    weights = weights.copy()
    weights[closed] = 0.0
    found = crossing(-weights, weights, u * open_total, reaching=False, coarse=-below)
    return None if found is None else found.position
