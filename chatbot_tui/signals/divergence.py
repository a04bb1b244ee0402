"""How distributions over the vocabulary differ: entropy, divergence, and the frequencies that they are compared with."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float64]

_TINY = float(np.finfo(np.float64).tiny)
"""Stands in for 0 inside a logarithm: the product with a probability of 0 is then 0, as the limit of p ln p demands."""


def entropy(p: Vector) -> float:
    """Return H(p) = -sum p ln p in nats (Shannon 1948) for probabilities [vocabulary]; 0 ln 0 counts as 0."""
    return float(-np.dot(p, np.log(np.maximum(p, _TINY))))


def kl_divergence(p: Vector, q: Vector) -> float:
    """Return KL(p || q) = sum p (ln p - ln q) in nats (Kullback and Leibler 1951), never below 0; infinite where q misses what p has."""
    support = p > 0
    if np.any(q[support] <= 0):
        return float("inf")
    return max(float(np.dot(p[support], np.log(p[support]) - np.log(q[support]))), 0.0)


def jensen_shannon(ps: Sequence[Vector] | Vector) -> float:
    """Return H(mean of ps) - mean of H(ps) in nats for n distributions [n, vocabulary], equally weighted (Lin 1991); 0 to ln n."""
    rows = np.asarray(ps, dtype=np.float64)
    return max(entropy(rows.mean(axis=0)) - float(np.mean([entropy(row) for row in rows])), 0.0)


def unigram(counts: npt.NDArray[np.int64]) -> Vector:
    """Return the token frequencies of a training stream, one added to each count (Laplace), for counts [vocabulary]."""
    smoothed = counts.astype(np.float64) + 1.0
    result: Vector = smoothed / smoothed.sum()
    return result
