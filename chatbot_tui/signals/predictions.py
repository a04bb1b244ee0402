"""What next-token distributions over many prompts have in common."""

import numpy as np
import numpy.typing as npt

from chatbot_tui.signals.divergence import Vector

LEAST = -1e300
"""Stands in for ln 0 in a product with 0."""


def log_softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return ln p for logits [..., vocabulary]."""
    wide = logits.astype(np.float64)
    below = wide - wide.max(axis=-1, keepdims=True)
    result: npt.NDArray[np.float64] = below - np.log(np.exp(below).sum(axis=-1, keepdims=True))
    return result


def mean_entropy(log_p: npt.NDArray[np.float64]) -> float:
    """Return the mean of -sum p ln p in nats over distributions [prompts, vocabulary]."""
    # e to the least float is 0: what cannot happen adds nothing.
    return float(-(np.exp(log_p) * np.maximum(log_p, LEAST)).sum(axis=-1).mean())


def mean_confidence(log_p: npt.NDArray[np.float64]) -> float:
    """Return the mean over distributions [prompts, vocabulary] of the largest probability."""
    return float(np.exp(log_p.max(axis=-1)).mean())


def copy_share(log_p: npt.NDArray[np.float64], last: npt.NDArray[np.integer]) -> float:
    """Return the share of distributions [prompts, vocabulary] whose likeliest token is the one just read, `last` [prompts]."""
    return float((log_p.argmax(axis=-1) == last).mean())


def top_token(log_p: npt.NDArray[np.float64]) -> tuple[int, float]:
    """Return the token that is likeliest in most distributions [prompts, vocabulary] (lowest id of equals), and in what share of them."""
    winners = np.bincount(log_p.argmax(axis=-1), minlength=log_p.shape[-1])
    return int(winners.argmax()), float(winners.max() / len(log_p))


def frequency_correlation(logits: npt.NDArray[np.floating], u: Vector) -> float | None:
    """Return the correlation of the effective bias, the mean of logits [prompts, vocabulary], with ln u; None where either is constant."""
    bias, frequency = logits.astype(np.float64).mean(axis=0), np.log(u)
    if bias.std() < 1e-12 or frequency.std() < 1e-12:
        return None
    return float(np.corrcoef(bias, frequency)[0, 1])
