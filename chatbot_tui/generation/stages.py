"""Which sampler runs when: the two orders in use, and how each stage is called from one set of options."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from chatbot_tui.core.sampling import PARAMETERS, Order, SamplingSettings
from chatbot_tui.generation import filters, penalties
from chatbot_tui.generation.randomness import DRAW, STREAMS, XTC, uniform
from chatbot_tui.generation.vectors import Ids, Vector

STAGES: tuple[str, ...] = (
    "no_repeat_ngram_size",
    "ban",
    "top_n_sigma",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "xtc_probability",
    "mirostat_tau",
    "greedy",
)
"""Everything that can cut a token, by the option that switches it on ("ban" has none). `cut_by` holds positions in this tuple."""

_PENALTIES = ("repetition_penalty", "frequency_penalty", "presence_penalty", "dry_multiplier", "no_repeat_ngram_size")

HISTORY_STAGES: Mapping[Order, tuple[str, ...]] = MappingProxyType({"hf": (*_PENALTIES, "ban"), "llama.cpp": ("ban", *_PENALTIES)})
"""The penalties and bans, which every strategy keeps, in their order."""

FILTER_STAGES: Mapping[Order, tuple[str, ...]] = MappingProxyType(
    {
        "hf": (
            "temperature",
            "top_n_sigma",
            "top_k",
            "top_p",
            "min_p",
            "typical_p",
            "epsilon_cutoff",
            "eta_cutoff",
            "xtc_probability",
        ),
        "llama.cpp": (
            "top_n_sigma",
            "top_k",
            "typical_p",
            "top_p",
            "min_p",
            "epsilon_cutoff",
            "eta_cutoff",
            "xtc_probability",
            "temperature",
        ),
    }
)
"""What comes after them in each order."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the samplers must know of the moment besides the logits."""

    history: Sequence[int] | Ids = ()
    """Ids of the whole conversation so far, without end tokens."""
    banned: Sequence[int] | Ids = ()
    """Ids that may not be drawn now: the card's, and end tokens while the reply is too short."""
    seed: int = 0
    reply: int = 0
    step: int = 0
    mirostat_mu: float | None = None
    """Mirostat's surprise limit in bits, as the step before left it; None where mirostat begins."""
    candidate: int = 0
    """Which of several candidates for the reply this is; each has random numbers of its own, the first those of a lone reply."""

    def uniform(self, stream: int = DRAW) -> float:
        """Return the random number of a stream that belongs to this moment."""
        return uniform(self.seed, self.reply, self.step, STREAMS * self.candidate + stream)

    def past(self) -> Ids:
        """Return the history as an array."""
        return np.asarray(self.history, dtype=np.int64)


Stage: TypeAlias = Callable[[Vector, SamplingSettings, Step], Vector]


@lru_cache(maxsize=64)
def stages(settings: SamplingSettings) -> tuple[str, ...]:
    """Return the names of the stages that are on, in the order in which they run; temperature and penalties included."""
    on = [name for name in HISTORY_STAGES[settings.order] if name == "ban" or is_on(settings, name)]
    if settings.greedy:
        return (*on, "greedy")
    if is_on(settings, "mirostat_tau"):
        return (*on, *(["temperature"] if is_on(settings, "temperature") else []), "mirostat_tau")
    return (*on, *(name for name in FILTER_STAGES[settings.order] if is_on(settings, name)))


def is_on(settings: SamplingSettings, name: str) -> bool:
    """Return whether the numeric option does anything at all."""
    return bool(getattr(settings, name) != PARAMETERS[name].off)


def mirostat_limit(settings: SamplingSettings, step: Step) -> float:
    """Return mirostat's surprise limit for this step, in bits: twice the target where it begins."""
    return 2.0 * settings.mirostat_tau if step.mirostat_mu is None else step.mirostat_mu


def _xtc(z: Vector, s: SamplingSettings, at: Step) -> Vector:
    if at.uniform(XTC) >= s.xtc_probability:
        return z
    return filters.xtc(z, s.xtc_threshold)


RUN: Mapping[str, Stage] = MappingProxyType(
    {
        "repetition_penalty": lambda z, s, at: penalties.repetition_penalty(z, at.past(), s.repetition_penalty),
        "frequency_penalty": lambda z, s, at: penalties.frequency_penalty(z, at.past(), s.frequency_penalty),
        "presence_penalty": lambda z, s, at: penalties.presence_penalty(z, at.past(), s.presence_penalty),
        "dry_multiplier": lambda z, s, at: penalties.dry(z, at.past(), s.dry_multiplier, s.dry_base, s.dry_allowed_length),
        "no_repeat_ngram_size": lambda z, s, at: penalties.no_repeat_ngram(z, at.past(), s.no_repeat_ngram_size, at.banned),
        "ban": lambda z, _s, at: penalties.ban(z, at.banned),
        "temperature": lambda z, s, _at: filters.temperature(z, s.temperature),
        "top_n_sigma": lambda z, s, _at: filters.top_n_sigma(z, s.top_n_sigma),
        "top_k": lambda z, s, _at: filters.top_k(z, s.top_k, ties=s.order == "hf"),
        "top_p": lambda z, s, _at: filters.top_p(z, s.top_p),
        "min_p": lambda z, s, _at: filters.min_p(z, s.min_p),
        "typical_p": lambda z, s, _at: filters.typical_p(z, s.typical_p),
        "epsilon_cutoff": lambda z, s, _at: filters.epsilon_cutoff(z, s.epsilon_cutoff),
        "eta_cutoff": lambda z, s, _at: filters.eta_cutoff(z, s.eta_cutoff),
        "xtc_probability": _xtc,
        "mirostat_tau": lambda z, s, at: filters.mirostat(z, mirostat_limit(s, at)),
        "greedy": lambda z, _s, _at: filters.only_largest(z),
    }
)
"""Each stage under its name; those of HISTORY_STAGES need the whole vocabulary, the others any part of it in the order of the ids."""
