"""A second, slow implementation of every sampler in plain Python, written from their definitions: the tests compare the two."""

import math
from collections.abc import Sequence

from chatbot_tui.core.sampling import SamplingSettings

CUT = -math.inf
PENALTY_OPTIONS = ("repetition_penalty", "frequency_penalty", "presence_penalty", "dry_multiplier", "no_repeat_ngram_size")


def probabilities(z: Sequence[float]) -> list[float]:
    largest = max(z)
    weights = [math.exp(x - largest) if x != CUT else 0.0 for x in z]
    total = sum(weights)
    return [w / total for w in weights]


def descending(z: Sequence[float]) -> list[int]:
    """Ids still in, likeliest first, ties: lower id first."""
    return sorted((i for i, x in enumerate(z) if x != CUT), key=lambda i: (-z[i], i))


def keep_only(z: Sequence[float], ids: Sequence[int]) -> list[float]:
    kept = set(ids)
    return [x if i in kept else CUT for i, x in enumerate(z)]


def entropy(p: Sequence[float]) -> float:
    return -sum(q * math.log(q) for q in p if q > 0)


def prefix(ids: Sequence[int], p: Sequence[float], mass: float) -> list[int]:
    kept: list[int] = []
    total = 0.0
    for i in ids:
        kept.append(i)
        total += p[i]
        if total >= mass:
            break
    return kept


def at_least(z: Sequence[float], limit: float) -> list[float]:
    p = probabilities(z)
    kept = [i for i in descending(z) if p[i] >= limit]
    return keep_only(z, kept or descending(z)[:1])


def repeated_suffix(history: Sequence[int], position: int) -> int:
    """How many tokens before `position` equal the end of the history."""
    n = 0
    while n < position and history[position - 1 - n] == history[len(history) - 1 - n]:
        n += 1
    return n


def penalised(z: Sequence[float], s: SamplingSettings, history: Sequence[int]) -> list[float]:
    out = list(z)
    for token in set(history):
        out[token] = out[token] / s.repetition_penalty if out[token] > 0 else out[token] * s.repetition_penalty
        out[token] -= list(history).count(token) * s.frequency_penalty + s.presence_penalty
    return out


def dry(z: Sequence[float], s: SamplingSettings, history: Sequence[int]) -> list[float]:
    longest: dict[int, int] = {}
    for position in range(1, len(history)):
        n = repeated_suffix(history, position)
        longest[history[position]] = max(n, longest.get(history[position], 0))
    out = list(z)
    for token, n in longest.items():
        if n >= max(1, s.dry_allowed_length):
            out[token] -= s.dry_multiplier * s.dry_base ** (n - s.dry_allowed_length)
    return out


def ngrams(z: Sequence[float], size: int, history: Sequence[int], banned: Sequence[int]) -> list[float]:
    end = tuple(history[len(history) - size + 1 :]) if size > 1 else ()
    grams = {tuple(history[i : i + size]) for i in range(len(history) - size + 1)}
    kept = [i for i in descending(z) if (*end, i) not in grams]
    if not set(kept) - set(banned):
        kept += [i for i in descending(z) if i not in banned][:1]
    return keep_only(z, kept)


def filtered(name: str, z: Sequence[float], s: SamplingSettings, xtc_number: float) -> list[float]:
    p, order = probabilities(z), descending(z)
    match name:
        case "temperature":
            return [x / s.temperature for x in z]
        case "top_n_sigma":
            kept = [z[i] for i in order]
            mean = sum(kept) / len(kept)
            std = math.sqrt(sum((x - mean) ** 2 for x in kept) / len(kept))
            limit = max(z) - s.top_n_sigma * std
            return [x if x >= limit else CUT for x in z]
        case "top_k" if s.order == "hf":
            kth = z[order[: s.top_k][-1]]
            return [x if x >= kth else CUT for x in z]
        case "top_k":
            return keep_only(z, order[: s.top_k])
        case "top_p":
            return keep_only(z, prefix(order, p, s.top_p))
        case "min_p":
            limit = s.min_p * max(p)
            return [x if p[i] >= limit else CUT for i, x in enumerate(z)]
        case "typical_p":
            h = entropy(p)
            nats = {i: math.log(1 / p[i]) if p[i] > 0 else math.inf for i in order}
            nearest = sorted(order, key=lambda i: (abs(nats[i] - h), i))
            return keep_only(z, prefix(nearest, p, s.typical_p))
        case "epsilon_cutoff":
            return at_least(z, s.epsilon_cutoff)
        case "eta_cutoff":
            return at_least(z, min(s.eta_cutoff, math.sqrt(s.eta_cutoff) * math.exp(-entropy(p))))
        case "xtc_probability":
            choices = [i for i in order if p[i] >= s.xtc_threshold] if xtc_number < s.xtc_probability else []
            return keep_only(z, [i for i in order if i not in choices[:-1]])
    raise ValueError(name)


def reference(
    logits: Sequence[float],
    s: SamplingSettings,
    history: Sequence[int] = (),
    banned: Sequence[int] = (),
    xtc_number: float = 0.0,
    mu: float | None = None,
) -> list[float]:
    """Return p_sampled."""
    z = list(logits)
    bans = ["ban"]
    penalties = ["penalties", "dry", "ngrams"]
    for name in [*bans, *penalties] if s.order == "llama.cpp" else [*penalties, *bans]:
        match name:
            case "ban":
                z = [CUT if i in banned else x for i, x in enumerate(z)]
            case "penalties":
                z = penalised(z, s, history)
            case "dry" if s.dry_multiplier > 0:
                z = dry(z, s, history)
            case "ngrams" if s.no_repeat_ngram_size > 0:
                z = ngrams(z, s.no_repeat_ngram_size, history, banned)
    if s.greedy:
        best = descending(z)[0]
        return [float(i == best) for i in range(len(z))]
    if s.mirostat_tau > 0:
        z = [x / s.temperature for x in z]
        limit = 2 * s.mirostat_tau if mu is None else mu
        p = probabilities(z)
        kept = [i for i in descending(z) if p[i] > 0 and -math.log2(p[i]) <= limit]
        return probabilities(keep_only(z, kept or descending(z)[:1]))
    hf = "temperature top_n_sigma top_k top_p min_p typical_p epsilon_cutoff eta_cutoff xtc_probability"
    llama = "top_n_sigma top_k typical_p top_p min_p epsilon_cutoff eta_cutoff xtc_probability temperature"
    off = SamplingSettings()
    for name in (hf if s.order == "hf" else llama).split():
        if getattr(s, name) != getattr(off, name):
            z = filtered(name, z, s, xtc_number)
    return probabilities(z)


def walk(p: Sequence[float], u: float) -> int:
    """The token at which the sum of p in descending order (ties: lower id first) first exceeds u."""
    order = sorted((i for i, q in enumerate(p) if q > 0), key=lambda i: (-p[i], i))
    total = 0.0
    for i in order:
        total += p[i]
        if total > u:
            return i
    return order[-1]
