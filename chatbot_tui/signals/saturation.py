"""How many gates of an LSTM layer are stuck open or shut."""

import numpy as np
import numpy.typing as npt

SHUT = 0.1
OPEN = 0.9
"""Karpathy et al. (2016, section 4.3) call a gate left- or right-saturated beyond these activations."""


def saturation(gates: npt.NDArray[np.floating]) -> float:
    """Return the share of i, f and o below .1 or above .9, for activations [4, units] in the order i, f, g, o."""
    sigmoids = gates[[0, 1, 3]]
    return float(np.count_nonzero((sigmoids < SHUT) | (sigmoids > OPEN))) / sigmoids.size
