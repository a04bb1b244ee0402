"""The doctor as a screen and a command see it: what is asked, how far it is, and what was found with the numbers behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

NetVerdict: TypeAlias = Literal["collapsed", "looping", "generic", "memorised", "healthy", "broken"]
CauseId: TypeAlias = Literal[
    "stopped-early",
    "imbalanced-data",
    "small-vocabulary",
    "indistinguishable-tokens",
    "tiny-hidden",
    "deep-stack",
    "near-zero-init",
    "over-decayed",
    "learning-rate-too-high",
    "overfit",
    "copies-input",
    "double-softmax",
    "padding-in-loss",
    "context-free-data",
    "greedy-decoding",
    "unknown",
]
Side: TypeAlias = Literal["above", "below"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One number that speaks for a cause."""

    signal: str
    """Name of a SignalReading."""
    where: str
    """Tensor, layer or prompt that it was read from; empty: the net as a whole."""
    value: float
    threshold: float
    meaning: str
    """What the number says, in a sentence."""
    side: Side = "above"
    """On which side of the threshold the value lies."""


@dataclass(frozen=True, slots=True)
class CauseFound:
    """One cause, likeliest first in a diagnosis."""

    cause: CauseId
    confidence: float
    """0 to 1."""
    evidence: tuple[Evidence, ...] = ()
    explanation: str = ""
    """What the cause is and how it does its harm, for a person who never heard of it."""


@dataclass(frozen=True, slots=True)
class Prescription:
    """Something to do about it that the laboratory can run."""

    recipe: str
    """Name of a shipped recipe that shows the same trouble."""
    set: Mapping[str, str | int | float | bool]
    """Settings laid over the recipe that mend it, as `train --set` takes them."""
    why: str


@dataclass(frozen=True, slots=True)
class Range:
    """Where a signal lies in nets of one kind: from its 5th to its 95th percentile."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SignalReading:
    """One measured signal, and what it is measured against."""

    signal: str
    """Its name in reports, such as prompt_sensitivity."""
    title: str
    """Its name for people."""
    value: float | None
    """None: it could not be measured on this net, or not without text."""
    unit: str = ""
    """nats, share, cosine, ...; empty for a bare number."""
    where: str = ""
    """Tensor or layer that the value was read from: the most conspicuous one of `places`."""
    places: Mapping[str, float] = field(default_factory=dict)
    """The same signal for each tensor or layer; empty for a signal of the whole net."""
    healthy: Range | None = None
    collapsed: Range | None = None
    logarithmic: bool = False
    """Whether a gauge shows it best on a logarithmic scale."""
    definition: str = ""
    """How it is computed, in a sentence."""
    matters: str = ""
    """Why it matters, for learners."""
    estimated: bool = False
    """Whether the word frequencies that it needs are an estimate from the net itself."""


@dataclass(frozen=True, slots=True)
class LayerReading:
    """What one layer does with many prompts, for strips and gauges."""

    layer: int
    variance: float
    """Variance of h across prompts divided by its mean squared norm, 0 to 1."""
    directions: float | None
    """Participation ratio of h across prompts: how many directions it uses; None where h hardly varies."""
    units: int
    shut: tuple[float, float, float]
    """Share of input, forget and output gates below .1."""
    open: tuple[float, float, float]
    """Share of the same gates above .9."""
    h_norm: float
    """Mean Euclidean norm of h after a prompt."""


@dataclass(frozen=True, slots=True)
class HiddenMap:
    """The last layer's h after many prompts, on its two principal directions: one heap or many."""

    points: tuple[tuple[float, float], ...]
    """One a prompt, in the order of the examination's prompts, in units of the root mean square norm of h."""
    shown: float
    """Share of the variance that the two directions hold, 0 to 1."""
    variance: float
    """Variance across prompts divided by the mean squared norm: how large the heap is."""


@dataclass(frozen=True, slots=True)
class TokenShare:
    """One token of a distribution."""

    token: int
    text: str
    p: float


@dataclass(frozen=True, slots=True)
class PromptAnswer:
    """What the net makes of one probe prompt."""

    prompt: str
    top: tuple[TokenShare, ...]
    """The likeliest next tokens, in descending order."""
    entropy: float
    """Of the whole distribution, in nats."""
    greedy: str
    """What it goes on with, decoded greedily."""
    sampled: str
    """What it goes on with, sampled at temperature 1."""
    greedy_loops: bool
    sampled_loops: bool


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the doctor found."""

    verdict: NetVerdict
    sentence: str
    """The verdict for a person, in one sentence."""
    decoding: str
    """What greedy decoding and sampling at temperature 1 do with this net."""
    confidence: float
    """Of the verdict, 0 to 1."""
    causes: tuple[CauseFound, ...] = ()
    """Likeliest first. A healthy net has none, but for the finding greedy-decoding."""
    prescription: tuple[Prescription, ...] = ()
    signals: tuple[SignalReading, ...] = ()
    layers: tuple[LayerReading, ...] = ()
    map: HiddenMap | None = None
    answers: tuple[PromptAnswer, ...] = ()
    remarks: tuple[str, ...] = ()
    """What was found besides, what could not be measured, and what text would add."""
    checkpoint: str = ""
    text: str = ""
    """The text that was given, in words; empty for none."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ExamineRequest:
    """A checkpoint to examine, and what is known of it."""

    checkpoint: str
    """Name, folder or foreign file."""
    vocabulary: str | None = None
    """What goes with a foreign file, as --vocab takes it."""
    corpora: tuple[str, ...] = ()
    """Text that the net was trained on or is to speak like; empty for none."""


@dataclass(frozen=True, slots=True)
class Examining:
    """How far the examination is."""

    stage: str
    """What is being looked at, for a person."""
    share: float
    """Of the whole, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """The last event of an examination."""

    diagnosis: Diagnosis


DoctorEvent: TypeAlias = Examining | Diagnosed


class DoctorBackend(Protocol):
    """The torch side of the doctor. The iterator of `examine` blocks and runs in a thread; the rest return at once from any thread.

    One examination at a time: end the iterator of `examine` before the next.
    """

    def examine(self, request: ExamineRequest) -> Iterator[DoctorEvent]:
        """Examine a checkpoint: Examining events, then one Diagnosed. Raises InputError."""
        ...

    def cancel(self) -> None:
        """Let go of the examination: the iterator ends soon, without a Diagnosed."""
        ...

    def close(self) -> None:
        """Free everything; nothing may be called afterwards."""
        ...
