"""The filters: pure functions from logits to logits in which the tokens that fall away are -inf.

Each computes its probabilities anew over the tokens still in, lets the lower id go first among equals, and keeps at least one token.
"""

import math

import numpy as np

from chatbot_tui.generation.vectors import SMALLEST_DIVISOR, Mask, Vector, crossing, cut, information, kth_largest, softmax


def temperature(logits: Vector, t: float) -> Vector:
    """Divide by t > 0 (Ackley et al. 1985): below 1 sharper, above 1 flatter."""
    # Below the limit any two float64 logits that differ at all are already infinitely far apart; dividing further could overflow.
    return logits / max(t, SMALLEST_DIVISOR)


def top_k(logits: Vector, k: int, *, ties: bool = True) -> Vector:
    """Keep the k >= 1 largest logits (Fan et al. 2018); with `ties` also those equal to the k-th, without exactly k."""
    if k >= logits.size:
        return logits
    kth = kth_largest(logits, k)
    if ties:
        return cut(logits, logits < kth)
    keep = logits > kth
    equal = np.flatnonzero(logits == kth)
    keep[equal[: k - np.count_nonzero(keep)]] = True
    return cut(logits, ~keep)


def top_p(logits: Vector, mass: float) -> Vector:
    """Keep the smallest set of likeliest tokens whose sum reaches `mass` (nucleus; Holtzman et al. 2020): who crosses it stays."""
    p = softmax(logits)
    return _prefix(logits, -p, p, mass, logits.max() - logits)


def min_p(logits: Vector, share: float) -> Vector:
    """Keep tokens with at least `share` of the largest probability (Nguyen et al. 2024)."""
    p = softmax(logits)
    return cut(logits, p < share * p.max())


def typical_p(logits: Vector, mass: float) -> Vector:
    """Keep the tokens whose surprisal is nearest the entropy until `mass` is reached (Meister et al. 2023); may drop the likeliest."""
    p, nats, entropy = information(logits)
    distance = np.abs(nats - entropy)
    return _prefix(logits, distance, p, mass, distance)


def top_n_sigma(logits: Vector, n: float) -> Vector:
    """Keep logits within n population standard deviations of the largest (Tang et al. 2024)."""
    return cut(logits, logits < logits.max() - n * logits[logits > -np.inf].std())


def epsilon_cutoff(logits: Vector, epsilon: float) -> Vector:
    """Keep tokens with p >= epsilon (Hewitt et al. 2022), else the likeliest alone."""
    return cut(logits, ~_or_likeliest(softmax(logits) >= epsilon, logits))


def eta_cutoff(logits: Vector, epsilon: float) -> Vector:
    """Keep tokens with p >= min(epsilon, sqrt(epsilon) exp(-H)) (Hewitt et al. 2022), else the likeliest alone."""
    p, _, entropy = information(logits)
    return cut(logits, ~_or_likeliest(p >= min(epsilon, math.sqrt(epsilon) * math.exp(-entropy)), logits))


def xtc(logits: Vector, threshold: float) -> Vector:
    """Drop all but the least likely of the tokens with p >= threshold ("exclude top choices"), where there are two or more.

    The chance that it runs at all is the caller's.
    """
    p = softmax(logits)
    choices = p >= threshold
    # A cut token is no choice, not even at threshold 0.
    choices &= logits > -np.inf
    if np.count_nonzero(choices) < 2:
        return logits
    # The last in descending order: among equals the highest id.
    choices[np.flatnonzero(choices & (p == p[choices].min()))[-1]] = False
    return cut(logits, choices)


def mirostat(logits: Vector, mu: float) -> Vector:
    """Drop tokens whose surprisal exceeds mu bits (mirostat v2; Basu et al. 2021), but never the likeliest."""
    return cut(logits, ~_or_likeliest(information(logits)[1] <= mu * math.log(2.0), logits))


def only_largest(logits: Vector) -> Vector:
    """Keep the largest logit alone: greedy decoding as a filter."""
    result = np.full(logits.shape, -np.inf)
    result[logits.argmax()] = logits.max()
    return result


def _prefix(logits: Vector, keys: Vector, p: Vector, mass: float, coarse: Vector) -> Vector:
    last = crossing(keys, p, mass, reaching=True, coarse=coarse)
    # Rounding may leave the sum of all short of a mass near 1.
    return logits if last is None else cut(logits, ~last.upto(keys))


def _or_likeliest(keep: Mask, logits: Vector) -> Mask:
    keep[logits.argmax()] |= not keep.any()
    return keep
