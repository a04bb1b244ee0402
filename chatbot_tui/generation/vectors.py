"""What every sampler computes on a vector of logits: softmax, surprisal, order. A logit of -inf means that the token is cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float64]
Ids: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

LARGE = 1e100
"""Bound on anything that a penalty takes from a logit: squares and sums stay finite, and exp(-LARGE) is 0 all the same."""
SMALLEST_DIVISOR = 1e-30
"""Bound on temperature and repetition penalty, for the same reason."""

_SORTED_AT_ONCE = 512
"""Up to so many entries are sorted without looking for a bucket first."""
_BUCKETS = 1024
_BUCKETS_PER_NAT = 64.0
_NEAR = 6.0
"""Nats from the best within which most walks end."""
_TOO_CLOSE = 1e-12
"""Distance from a level at which the order of a sum's terms, which rounding depends on, could decide."""


def softmax(logits: Vector) -> Vector:
    """Return the probabilities, 0 for cut tokens; at least one logit must be finite."""
    p: Vector = np.exp(logits - logits.max())
    p /= p.sum()
    return p


def information(logits: Vector) -> tuple[Vector, Vector, float]:
    """Return (p, -ln p in nats, H = -sum p ln p in nats); surprisals are at most LARGE, which a cut token gets."""
    shifted = logits - logits.max()
    p: Vector = np.exp(shifted)
    total = p.sum()
    p /= total
    nats: Vector = np.minimum(np.log(total) - shifted, LARGE)
    return p, nats, float((p * nats).sum())


def cut(logits: Vector, where: Mask | Ids) -> Vector:
    """Return a copy with -inf at `where`, a mask or ids."""
    result = logits.copy()
    result[where] = -np.inf
    return result


def kth_largest(values: npt.NDArray[np.floating], k: int) -> float:
    """Return the k-th largest value, counting ties; 1 <= k <= values.size."""
    bound = lower_bound(values, k)
    if bound > -np.inf:
        if bound == values.max():
            return bound
        values = values[values >= bound]
    return float(np.partition(values, values.size - k)[values.size - k])


def largest(values: npt.NDArray[np.floating], k: int) -> Ids:
    """Return the ids of the k largest values in descending order, ties in the order of their ids; all of them if there are fewer."""
    if 0 < k < values.size:
        ids = (values >= lower_bound(values, k)).nonzero()[0]
        if ids.size > _SORTED_AT_ONCE:
            ids = np.flatnonzero(values >= kth_largest(values, k))
        return ids[(-values[ids]).argsort(kind="stable")[:k]]
    return (-values).argsort(kind="stable")[: max(k, 0)]


def without(ids: Ids, banned: Sequence[int] | Ids, size: int) -> Ids:
    """Return `ids`, each below `size`, in their order without those that are banned."""
    if not len(banned):
        return ids
    is_open = np.ones(size, np.bool_)
    is_open[np.asarray(banned, np.int64)] = False
    return ids[is_open[ids]]


def lower_bound(values: npt.NDArray[np.floating], k: int) -> float:
    """Return a number that at least k of the values reach, and few more where k is small; 1 <= k <= values.size."""
    columns = 4 * k
    if columns * 4 > values.size:
        return -np.inf
    # The k-th largest of the columns' maxima: partitioning or sorting what lies above it beats doing so with everything.
    maxima = values[: values.size // columns * columns].reshape(-1, columns).max(axis=0)
    return float(np.partition(maxima, columns - k)[columns - k])


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the running sum of weights, in ascending order of keys, first crosses a level."""

    position: int
    """Of the entry that crosses."""
    before: float
    """The running sum without it."""

    def upto(self, keys: Vector) -> Mask:
        """Return where the entries stand that the walk has met, the one that crosses included."""
        key = keys[self.position]
        met: Mask = keys < key
        met[np.flatnonzero(keys[: self.position + 1] == key)] = True
        return met


def crossing(keys: Vector, weights: Vector, level: float, *, reaching: bool, coarse: Vector) -> Crossing | None:
    """Walk in ascending order of keys (ties: lower position first) until the sum of weights exceeds `level`, or reaches it if `reaching`.

    `coarse` is anything in nats, from 0 up, that never falls where keys rise. Returns None if the sum never gets there.
    """
    side: Literal["left", "right"] = "left" if reaching else "right"
    base, inside = 0.0, None
    if keys.size > _SORTED_AT_ONCE and keys.min() < keys.max():
        # Sorting the whole vocabulary would cost several times all the rest: find the bucket in which the walk ends, and sort that.
        # Most walks end among the likeliest, so look there first: who else is counted changes no sum up to there.
        near = np.flatnonzero(coarse < _NEAR)
        at, sums = _bucket_sums(coarse[near], weights[near], level, side)
        if at == _BUCKETS:
            near = np.arange(keys.size)
            at, sums = _bucket_sums(coarse, weights, level, side)
        if at < _BUCKETS and sums[at] - level > _TOO_CLOSE and (at == 0 or level - sums[at - 1] > _TOO_CLOSE):
            base = float(sums[at - 1]) if at else 0.0
            inside = near[_buckets(coarse[near]) == at]
            keys, weights = keys[inside], weights[inside]
    order = keys.argsort(kind="stable")
    sums = np.concatenate(([base], weights[order])).cumsum()
    at = int(sums[1:].searchsorted(level, side=side))
    if at == keys.size:
        return None
    position = order[at] if inside is None else inside[order[at]]
    return Crossing(int(position), float(sums[at]))


def _buckets(coarse: Vector) -> Ids:
    return np.minimum(coarse * _BUCKETS_PER_NAT, _BUCKETS - 1).astype(np.intp)


def _bucket_sums(coarse: Vector, weights: Vector, level: float, side: Literal["left", "right"]) -> tuple[int, Vector]:
    """Return the bucket in which the running sum first crosses the level, _BUCKETS if it never does, and the running sum."""
    sums: Vector = np.cumsum(np.bincount(_buckets(coarse), weights, _BUCKETS))
    return int(np.searchsorted(sums, level, side=side)), sums
