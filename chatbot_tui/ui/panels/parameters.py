"""What the sampling panel knows about the options: their sliders, which of them work together, and their names in short."""

from chatbot_tui.core.sampling import PARAMETERS, PRESETS, Parameter, SamplingSettings
from chatbot_tui.ui.widgets.track import Track

SPEEDS: tuple[float | None, ...] = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, None)
"""Tokens a second that the panel offers; None is as fast as the machine can."""
PENALTIES = frozenset(
    {
        "repetition_penalty",
        "frequency_penalty",
        "presence_penalty",
        "no_repeat_ngram_size",
        "dry_multiplier",
        "dry_base",
        "dry_allowed_length",
    }
)
"""Options that change logits before any choice: greedy decoding and mirostat heed them too."""
RERANKING = frozenset({"candidates", "pmi_weight"})
"""Options that choose among whole replies, however their tokens are drawn."""
_MASTERS = {
    "dry_base": "dry_multiplier",
    "dry_allowed_length": "dry_multiplier",
    "xtc_threshold": "xtc_probability",
    "mirostat_eta": "mirostat_tau",
    "pmi_weight": "candidates",
}
"""Options that do nothing while another one is off."""
_ENDS = {
    "temperature": (0.05, 2.0),
    "top_k": (0, 100),
    "top_n_sigma": (0.0, 4.0),
    "epsilon_cutoff": (0.0, 0.01),
    "eta_cutoff": (0.0, 0.01),
    "repetition_penalty": (1.0, 2.0),
    "frequency_penalty": (0.0, 2.0),
    "presence_penalty": (0.0, 2.0),
    "no_repeat_ngram_size": (0, 10),
    "dry_multiplier": (0.0, 2.0),
    "dry_base": (1.0, 4.0),
    "dry_allowed_length": (0, 10),
    "mirostat_tau": (0.0, 10.0),
    "candidates": (1, 32),
}
"""Where a slider begins and ends, for options whose allowed range is far wider than what people use."""
_BRIEF = {"temperature": "T", "candidates": "best of"}
"""Names for where there is little room, of the options that are on when the program opens."""


def _track(key: str, parameter: Parameter) -> Track:
    minimum = parameter.minimum + (parameter.step if parameter.open_minimum else 0)
    low, high = _ENDS.get(key, (minimum, parameter.maximum))
    return Track(
        key=key,
        label=parameter.label,
        low=low,
        high=high,
        minimum=minimum,
        maximum=parameter.maximum,
        off=parameter.off,
        usual=parameter.usual,
        step=parameter.step,
        whole=parameter.whole,
        help=f"{parameter.label}: {parameter.meaning}",
    )


TRACKS = tuple(_track(key, parameter) for key, parameter in PARAMETERS.items())
"""A slider for every numeric option, in the order in which people meet them."""


def meaning(name: str) -> str:
    """Return what a named strategy does; those that rest on a single option borrow its explanation."""
    own = {"greedy": "always take the largest logit", "plain": "draw from the model's own probabilities, nothing cut"}
    if name in own:
        return own[name]
    option = next(PARAMETERS[key].meaning for key in PRESETS[name].active() if key in PARAMETERS)
    # At which value the option is off is no matter of the strategy.
    return "; ".join(part for part in option.split("; ") if not part.endswith(" is off"))


def values(settings: SamplingSettings) -> dict[str, float]:
    """Return the value of every numeric option."""
    return {key: getattr(settings, key) for key in PARAMETERS}


def idle(settings: SamplingSettings) -> frozenset[str]:
    """Return the options that have no effect: greedy and mirostat replace the cuts, and some depend on another that is off."""
    keys = {key for key, master in _MASTERS.items() if getattr(settings, master) == PARAMETERS[master].off}
    if settings.greedy:
        keys |= set(PARAMETERS) - PENALTIES
    elif settings.mirostat_tau > 0:
        keys |= set(PARAMETERS) - PENALTIES - RERANKING - {"temperature", "mirostat_tau", "mirostat_eta"}
    return frozenset(keys)


def changed(settings: SamplingSettings, key: str, value: float) -> SamplingSettings:
    """Return the settings with one option set; whoever sets an option that greedy decoding ignores means to sample."""
    return settings.changed(**{key: value, "greedy": settings.greedy and key in PENALTIES})


def preset(settings: SamplingSettings) -> str | None:
    """Return the name of the strategy that these settings are, whatever its value, or None for a combination."""
    active = set(settings.active()) - {"order"} - {key for key in _MASTERS if key in idle(settings)}
    if settings.greedy:
        return "greedy" if active == {"greedy"} else None
    return next((name for name, known in PRESETS.items() if set(known.active()) == active), None)


def summary(settings: SamplingSettings, *, brief: bool = False) -> str:
    """Return the options that have an effect: temperature .80 + top-k 40, or in brief T .80 + top-k 40.

    What chooses among whole replies comes first: where there is little room, nothing else on screen tells of it.
    """
    ignored = idle(settings)
    now = values(settings)
    names = _BRIEF if brief else {}
    tracks = [track for track in TRACKS if now[track.key] != track.off and track.key not in ignored]
    tracks.sort(key=lambda track: track.key not in RERANKING)
    parts = [f"{names.get(track.key, track.label)} {track.text(now[track.key])}" for track in tracks]
    return " + ".join(["greedy", *parts] if settings.greedy else parts) or "plain softmax"
