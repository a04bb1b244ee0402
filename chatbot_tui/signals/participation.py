"""How many directions a hidden state uses across prompts."""

import numpy as np
import numpy.typing as npt

from chatbot_tui.signals.dispersion import relative_variance

LEAST_VARIANCE = 1e-6
"""Relative variance under which the ratio is undefined: float noise looks rich."""


def participation_ratio(states: npt.NDArray[np.floating]) -> float | None:
    """Return (sum of eigenvalues)^2 / sum of their squares of the centred covariance of states [prompts, units] (Gao et al. 2017).

    Returns:
        The number of directions, from 1 to min(units, prompts - 1); None where the relative variance is under 1e-6.
    """
    if float(relative_variance(states)) < LEAST_VARIANCE:
        return None
    wide = states.astype(np.float64)
    centred = wide - wide.mean(axis=0)
    gram = centred @ centred.T if len(wide) <= wide.shape[1] else centred.T @ centred
    return float(np.trace(gram) ** 2 / np.square(gram).sum())


def principal_plane(states: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.float64], float]:
    """Return the centred states [prompts, units] on their two principal directions, [prompts, 2], and the share of variance there.

    Each direction points so that its largest weight is positive; the share is 1 where nothing varies.
    """
    wide = states.astype(np.float64)
    centred = wide - wide.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(wide), 2))
    for axis, direction in enumerate(directions[:2]):
        plane[:, axis] = centred @ direction * (1.0 if direction[np.abs(direction).argmax()] >= 0 else -1.0)
    total = float(np.square(sizes).sum())
    return plane, float(np.square(sizes[:2]).sum()) / total if total > 0 else 1.0
