"""Whether the vectors of the tokens can be told apart."""

import numpy as np
import numpy.typing as npt

from chatbot_tui.signals.weights import scaled


def mean_cosine(rows: npt.NDArray[np.floating]) -> float:
    """Return the mean cosine over all pairs of different rows, for vectors [tokens, dimensions]; rows of zeros are left out.

    By the norm of the sum of the unit vectors: its square is n + the sum over ordered pairs. 1 where fewer than two rows are left.
    """
    wide = scaled(rows)
    norms = np.linalg.norm(wide, axis=1)
    units = wide[norms > 0] / norms[norms > 0, None]
    n = len(units)
    if n < 2:
        return 1.0
    total = units.sum(axis=0)
    return (float(total @ total) - n) / (n * (n - 1))
