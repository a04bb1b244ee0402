"""The collapse laboratory as the screen sees it: recipes, runs under way, and what can be done to a net while it trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from chatbot_tui.core.frames import TrainFrame

LIVE_KNOBS = ("optimizer", "learning_rate", "momentum", "weight_decay", "dropout", "clip_norm")
"""Settings of a recipe that still mean something once a run has begun."""


@dataclass(frozen=True, slots=True)
class Intervention:
    """One thing that can be done to a net in mid-run with one key."""

    name: str
    title: str
    """What it is called, in a few words."""
    meaning: str
    """What exactly is done, in a sentence."""
    remedy: bool = False
    """Whether it is meant to help rather than to harm."""


INTERVENTIONS = (
    Intervention("rate", "Learning rate × 30", "The learning rate is thirty times what it was, from the next step on."),
    Intervention("near-zero", "LSTM almost zero", "Every weight and bias of the LSTM is drawn anew from U(0, 0.001); the rest stays."),
    Intervention("decay", "Weight decay .1", "Coupled weight decay (L2) of 0.1 on everything but the biases; the optimiser starts afresh."),
    Intervention("alike", "Identical embeddings", "Every token gets the mean of all embeddings; training may part them again."),
    Intervention("unshifted", "Targets not shifted", "From now on the net is asked for the token that it has just read."),
    Intervention("dropout", "Dropout .95", "Nineteen of twenty units are dropped at each step of training."),
    Intervention(
        "adam",
        "Switch to Adam",
        "Adam at a learning rate of 0.002 replaces the optimiser; weights stay as they are.",
        remedy=True,
    ),
    Intervention("mend", "Settings back", "Every setting is the recipe's own again; weights stay as they are.", remedy=True),
)
"""In the order of their keys, 1 to 8."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Settings that are recommended against what a recipe shows."""

    name: str
    settings: Mapping[str, str]
    """As `train --set` takes them."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class RecipeCard:
    """A recipe as one chooses it."""

    name: str
    cause: str = ""
    """The cause of collapse that it makes happen; empty for a healthy net."""
    control: str = ""
    """Name of the recipe from which it differs in one thing only; empty for none."""
    depth: int = 0
    """How many controls stand above it."""
    teaches: str = ""
    fixes: tuple[Fix, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    """Its settings as `train --set` would take them."""


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """A run: a recipe, and what is changed in it."""

    recipe: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """key = value as `train --set` takes them."""
    corpora: tuple[str, ...] = ()
    """Files, or names of corpora that need none; empty: the recipe's own."""


@dataclass(frozen=True, slots=True)
class RunPrepared:
    """A run stands ready before its first step."""

    run: int
    """Number of the run among those of one request."""
    total_steps: int
    settings: Mapping[str, Any]
    """Everything that the recipe says in the end."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run looks like at one step."""

    run: int
    frame: TrainFrame


@dataclass(frozen=True, slots=True)
class Intervened:
    """Something was done to a run, between step and step + 1."""

    run: int
    step: int
    name: str
    """Of an Intervention, or the knob that was turned."""
    meaning: str
    """What exactly was done, in a sentence."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that was asked for cannot be done; the run goes on as it was."""

    run: int
    reason: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A run's net stands in the library."""

    run: int
    step: int
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run trains no more. Its net can still be saved."""

    run: int
    step: int
    reason: Literal["finished", "stopped", "failed"]
    explanation: str = ""
    """What went wrong; empty unless it failed."""


LabEvent: TypeAlias = RunPrepared | RunReport | Intervened | Refused | Saved | RunEnded


class LabBackend(Protocol):
    """The torch side of the laboratory. The iterator of `train` blocks and runs in a thread; the rest return at once from any thread.

    One request at a time: end the iterator of `train` before the next. `cancel` alone ends it: a run that has ended still answers `save`.
    """

    def recipes(self) -> tuple[RecipeCard, ...]:
        """List the recipes, a control before what it controls. Raises InputError if one cannot be read."""
        ...

    def check(self, request: TrainRequest) -> None:
        """Raise InputError if a setting of the request is wrong, without training anything."""
        ...

    def train(self, requests: tuple[TrainRequest, ...]) -> Iterator[LabEvent]:
        """Train one net, or several in lockstep: a report of each before the next of any. Raises InputError."""
        ...

    def set_knob(self, key: str, value: str) -> None:
        """Turn one of LIVE_KNOBS of the first run before its next step: Intervened or Refused follows."""
        ...

    def intervene(self, name: str) -> None:
        """Do an Intervention to the first run before its next step: Intervened or Refused follows."""
        ...

    def set_paused(self, paused: bool) -> None:
        """Hold all runs before their next step, or let them go on."""
        ...

    def advance(self) -> None:
        """Let all runs take one step while paused, and report it."""
        ...

    def stop(self) -> None:
        """End the training: a RunEnded for each run follows."""
        ...

    def save(self, run: int, name: str) -> None:
        """Have a run's net written to the person's library as it stands: Saved or Refused follows."""
        ...

    def cancel(self) -> None:
        """Let go of the runs: the iterator of `train` ends."""
        ...

    def close(self) -> None:
        """Free everything; nothing may be called afterwards."""
        ...
