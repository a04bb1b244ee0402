"""How much of a layer's gates is shut and how much is open, gate by gate."""

import numpy as np
import numpy.typing as npt

from chatbot_tui.signals.saturation import OPEN, SHUT


def shut_and_open(gates: npt.NDArray[np.floating]) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return the shares of i, f and o below .1, and above .9, for activations [..., 4, units] in the order i, f, g, o."""
    three = np.moveaxis(gates, -2, 0)[[0, 1, 3]].reshape(3, -1)
    shut, opened = (three < SHUT).mean(axis=1).tolist(), (three > OPEN).mean(axis=1).tolist()
    return (shut[0], shut[1], shut[2]), (opened[0], opened[1], opened[2])
