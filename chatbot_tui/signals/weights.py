"""What a weight matrix alone gives away: how it began, how large it is, and whether training has moved it."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.floating]


def positive_fraction(w: Matrix) -> float:
    """Return the share of the values that are not 0 which are above 0; .5 where all are 0.

    About .5 for every usual initialiser, 1 for U(0, s): the scar of the latter survives training.
    """
    used = int(np.count_nonzero(w))
    return int(np.count_nonzero(w > 0)) / used if used else 0.5


def stable_rank(w: Matrix) -> float:
    """Return the squared Frobenius norm over the squared spectral norm (Rudelson and Vershynin 2007), 1 to the rank; 0 for zeros.

    A large matrix of U(0, s) has 4/3: the mean holds three quarters of the square of every value.
    """
    wide = scaled(w)
    gram = wide.T @ wide if wide.shape[0] >= wide.shape[1] else wide @ wide.T
    total = float(np.trace(gram))
    return total / float(np.linalg.eigvalsh(gram)[-1]) if total > 0 else 0.0


def relative_width(w: Matrix, fan: int) -> float:
    """Return std * sqrt(3 fan): 1 for PyTorch's default, U(-1/sqrt(fan), 1/sqrt(fan)), whose fan is the width of the layer."""
    peak = float(np.abs(w).max(initial=0.0))
    return peak * float(scaled(w).std()) * float(np.sqrt(3.0 * fan)) if peak > 0 else 0.0


def relative_maximum(w: Matrix, fan: int) -> float:
    """Return max |w| * sqrt(fan): at most 1 as PyTorch's default begins."""
    return float(np.abs(w).max(initial=0.0)) * float(np.sqrt(fan))


def uniform_distance(w: Matrix, fan: int) -> float:
    """Return the Kolmogorov-Smirnov distance of the values from U(-1/sqrt(fan), 1/sqrt(fan)), 0 to 1.

    Near 0: the matrix looks as PyTorch's default leaves it, and training has hardly moved it.
    """
    values = np.sort(w.astype(np.float64), axis=None)
    bound = 1.0 / np.sqrt(fan)
    expected = np.clip((values + bound) / (2.0 * bound), 0.0, 1.0)
    steps = np.arange(len(values) + 1) / len(values)
    return float(max((steps[1:] - expected).max(), (expected - steps[:-1]).max()))


def small_share(w: Matrix) -> float:
    """Return the share of the values below a hundredth of the largest; 1 where all are 0.

    3 to 4 % of normal numbers, 1 % of uniform ones; more where a pull towards zero has brought many there one by one.
    """
    sizes = np.abs(w)
    return float((sizes <= 0.01 * sizes.max(initial=0.0)).mean())


def fading(variances: Sequence[float]) -> float:
    """Return the geometric mean of what each layer leaves of the variance of the one below; 1 for a single layer, 0 where one leaves none.

    Below 1 by more than a little, every layer forgets part of the input, as stacks without residual connections do.
    """
    if len(variances) < 2:
        return 1.0
    first, last = variances[0], variances[-1]
    return float((last / first) ** (1.0 / (len(variances) - 1))) if first > 0 else 0.0


def scaled(w: Matrix) -> npt.NDArray[np.float64]:
    """Return w / max |w| as float64, so that the squares of the smallest values do not vanish; zeros stay."""
    wide = w.astype(np.float64)
    peak = float(np.abs(wide).max(initial=0.0))
    return wide / peak if peak > 0 else wide
