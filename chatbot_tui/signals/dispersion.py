"""Whether what a layer remembers depends on what the net has read."""

import numpy as np
import numpy.typing as npt


def relative_variance(states: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the variance of states across prompts divided by their mean squared norm, [...], for states [..., prompts, units].

    0 where every prompt leads to the same state (or to nothing at all), 1 where their mean vanishes.
    """
    wide = states.astype(np.float64)
    squared = (wide**2).sum(axis=-1).mean(axis=-1)
    around = ((wide - wide.mean(axis=-2, keepdims=True)) ** 2).sum(axis=-1).mean(axis=-1)
    shares: npt.NDArray[np.float64] = np.divide(around, squared, out=np.zeros_like(squared), where=squared > 0)
    return shares
