"""How the next token is chosen: one validated, frozen set of options, and the presets that have names."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal, Self, TypeAlias

from chatbot_tui.core.errors import InputError

Order: TypeAlias = Literal["hf", "llama.cpp"]
"""In which order the filters run: Hugging Face's (ours) or llama.cpp's."""
ORDERS: tuple[Order, ...] = ("hf", "llama.cpp")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a numeric option means, and which values it may take."""

    label: str
    """Name on screen."""
    off: float
    """Value at which the option does nothing."""
    usual: float
    """A value that people use, offered when the option is switched on."""
    minimum: float
    maximum: float
    step: float
    """One key press on a slider."""
    meaning: str
    """One line for the help."""
    whole: bool = False
    """Whether only whole numbers make sense."""
    open_minimum: bool = False
    """Whether the minimum itself is not allowed."""


PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        "temperature": Parameter(
            "temperature", 1.0, 0.8, 0.0, 100.0, 0.05, "divide logits by T: below 1 sharper, above 1 flatter", open_minimum=True
        ),
        "top_k": Parameter("top-k", 0, 40, 0, 1_000_000, 1, "keep the k likeliest tokens; 0 is off", whole=True),
        "top_p": Parameter(
            "top-p", 1.0, 0.95, 0.0, 1.0, 0.01, "keep the smallest set whose probabilities reach p; 1 is off", open_minimum=True
        ),
        "min_p": Parameter("min-p", 0.0, 0.05, 0.0, 1.0, 0.01, "keep tokens at least m times as likely as the likeliest; 0 is off"),
        "typical_p": Parameter(
            "typical", 1.0, 0.95, 0.0, 1.0, 0.01, "keep tokens whose surprisal is nearest the entropy; 1 is off", open_minimum=True
        ),
        "top_n_sigma": Parameter(
            "top-n-sigma", 0.0, 1.0, 0.0, 100.0, 0.1, "keep logits within n standard deviations of the largest; 0 is off"
        ),
        "epsilon_cutoff": Parameter("epsilon", 0.0, 3e-4, 0.0, 1.0, 1e-4, "keep tokens with probability at least e; 0 is off"),
        "eta_cutoff": Parameter("eta", 0.0, 3e-4, 0.0, 1.0, 1e-4, "epsilon that relaxes when entropy is high; 0 is off"),
        "repetition_penalty": Parameter(
            "repetition penalty",
            1.0,
            1.2,
            0.0,
            100.0,
            0.05,
            "divide (or multiply) logits of tokens already seen; 1 is off",
            open_minimum=True,
        ),
        "frequency_penalty": Parameter("frequency penalty", 0.0, 0.5, -100.0, 100.0, 0.1, "subtract this times a token's count; 0 is off"),
        "presence_penalty": Parameter(
            "presence penalty", 0.0, 0.5, -100.0, 100.0, 0.1, "subtract this from every token already seen; 0 is off"
        ),
        "no_repeat_ngram_size": Parameter(
            "no-repeat n-gram", 0, 3, 0, 1_000, 1, "ban tokens that would complete an n-gram seen before; 0 is off", whole=True
        ),
        "dry_multiplier": Parameter("DRY", 0.0, 0.8, 0.0, 100.0, 0.1, "penalise tokens that extend a repeated stretch of text; 0 is off"),
        "dry_base": Parameter("DRY base", 1.75, 1.75, 1.0, 100.0, 0.05, "growth of the DRY penalty per repeated token"),
        "dry_allowed_length": Parameter("DRY length", 2, 2, 0, 1_000, 1, "repeated tokens that DRY lets pass", whole=True),
        "xtc_probability": Parameter("XTC", 0.0, 0.5, 0.0, 1.0, 0.05, "chance of dropping all top choices but the last; 0 is off"),
        "xtc_threshold": Parameter("XTC threshold", 0.1, 0.1, 0.0, 1.0, 0.01, "probability from which a token is a top choice"),
        "mirostat_tau": Parameter(
            "mirostat", 0.0, 5.0, 0.0, 100.0, 0.1, "hold the surprise per token near tau bits; replaces every cut; 0 is off"
        ),
        "mirostat_eta": Parameter("mirostat rate", 0.1, 0.1, 0.0, 1.0, 0.01, "how fast mirostat adapts"),
        "candidates": Parameter(
            "candidates", 1, 16, 1, 64, 1, "draw so many replies and say the one that belongs here most; 1 is off", whole=True
        ),
        "pmi_weight": Parameter(
            "PMI weight", 0.3, 0.3, 0.0, 2.0, 0.05, "how much a candidate loses for being likely anywhere; 1 is mutual information"
        ),
    }
)
"""Every numeric option of SamplingSettings, in the order in which people meet them."""


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """Everything that decides how a token is drawn, and which of several replies is said.

    The default is the plain softmax at temperature 1.

    Raises:
        InputError: a value lies outside the range in PARAMETERS, or the order has no such name.
    """

    greedy: bool = False
    """Penalties and bans, then the largest logit; every other option is ignored."""
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical_p: float = 1.0
    top_n_sigma: float = 0.0
    epsilon_cutoff: float = 0.0
    eta_cutoff: float = 0.0
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    no_repeat_ngram_size: int = 0
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    mirostat_tau: float = 0.0
    """Target surprise in bits; above 0 mirostat replaces everything after penalties and bans."""
    mirostat_eta: float = 0.1
    candidates: int = 1
    """Replies that are drawn, of which one is said; counts for a reply as a whole, from the next one on."""
    pmi_weight: float = 0.3
    """What ln p(reply | nothing) is multiplied by before it is taken off ln p(reply | dialogue) to rank the candidates."""
    order: Order = "hf"

    def __post_init__(self) -> None:
        for name, parameter in PARAMETERS.items():
            check(name, getattr(self, name), parameter)
        if not isinstance(self.greedy, bool):
            raise InputError(f"greedy is {self.greedy!r}: use true or false")
        if self.order not in ORDERS:
            raise InputError(f"order is {self.order!r}: use one of {', '.join(ORDERS)}")

    @property
    def reranks(self) -> bool:
        """Whether several replies are drawn; greedily they would all be one."""
        return self.candidates > 1 and not self.greedy

    def changed(self, /, **values: Any) -> Self:
        """Return these settings with some values replaced, validated again."""
        unknown = sorted(set(values) - {field.name for field in fields(self)})
        if unknown:
            raise InputError(f"no sampling option is called {unknown[0]!r}: use one of greedy, order, {', '.join(PARAMETERS)}")
        return replace(self, **values)

    def active(self) -> dict[str, Any]:
        """Return the options that differ from the default, by name."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name)) != field.default}


def check(name: str, value: object, parameter: Parameter) -> None:
    """Raise InputError unless `value` is a number that `parameter` allows."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name} is {value!r}: it must be a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{name} is {value}: it must be a finite number")
    if parameter.whole and not isinstance(value, int):
        raise InputError(f"{name} is {value}: it must be a whole number")
    too_small = value <= parameter.minimum if parameter.open_minimum else value < parameter.minimum
    if too_small or value > parameter.maximum:
        bound = "above" if parameter.open_minimum else "at least"
        raise InputError(f"{name} is {value}: it must be {bound} {parameter.minimum:g} and at most {parameter.maximum:g}")


def settings_from(values: object) -> SamplingSettings:
    """Build settings from what a file holds: option names with values, those that are missing off. Raises InputError."""
    if not isinstance(values, Mapping):
        raise InputError(f"sampling settings are {type(values).__name__}: use a table of option names and values")
    return SamplingSettings().changed(**{str(name): value for name, value in values.items()})


PRESETS: Mapping[str, SamplingSettings] = MappingProxyType(
    {
        "greedy": SamplingSettings(greedy=True),
        "temperature": SamplingSettings(temperature=0.8),
        "top-k": SamplingSettings(top_k=40),
        "top-p": SamplingSettings(top_p=0.95),
        "min-p": SamplingSettings(min_p=0.05),
        "typical": SamplingSettings(typical_p=0.95),
        "mirostat": SamplingSettings(mirostat_tau=5.0),
        "plain": SamplingSettings(),
    }
)
"""Named strategies, each alone: what it does is not mixed with another's doing."""
