"""How many gates of an LSTM layer are stuck open or shut."""

import numpy as np
import numpy.typing as npt

SHUT = 0.1
OPEN = 0.9
"""Karpathy et al. (2016, section 4.3) call a gate left- or right-saturated beyond these activations."""


def saturation(gates: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the share of i, f and o below .1 or above .9, [...], for activations [..., 4, units] in the order i, f, g, o."""
    stuck = (gates < SHUT) | (gates > OPEN)
    counts = np.count_nonzero(stuck, axis=-1)  # [..., gate]
    shares: npt.NDArray[np.float64] = (counts.sum(axis=-1) - counts[..., 2]) / (3 * gates.shape[-1])
    return shares
