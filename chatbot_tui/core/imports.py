"""What was recognised in a foreign file, what a person may set by hand, and what the screens need of the side that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from chatbot_tui.core.frames import ReplyEvent

Unit: TypeAlias = Literal["words", "characters"]

MAX_FILE_BYTES = 1 << 30
"""Largest foreign file that is read unless the person allows more."""
MAX_FILE_VARIABLE = "CHATBOT_TUI_MAX_FILE_MB"
"""Environment variable that sets that bound, in megabytes (2^20 bytes)."""


NO_VOCABULARY = "none: text is token ids"
"""What is said of the vocabulary of a net that has none."""


@dataclass(frozen=True, slots=True)
class RecognisedTensor:
    """One tensor of a foreign file and its place in the net."""

    tensor: str
    """Its name in the file."""
    shape: tuple[int, ...]
    role: str
    """What it does, in words: "layer 1: recurrent weights"."""
    becomes: str
    """Its name in a checkpoint of this program: "lstm.weight_hh_l0"."""


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """What a person sets by hand where a file does not say it, or is misread."""

    end_token: str | None = None
    unknown_token: str | None = None
    pad_token: str | None = None
    unit: Unit | None = None
    """How a list of tokens cuts text; None: as the list suggests."""
    head_activation: str | None = None
    """Activation of hidden layers between the LSTM and the output layer; None: as the file says, else relu."""
    becomes: Mapping[str, str | None] = field(default_factory=dict)
    """Name of a tensor in the file -> its name in a checkpoint of this program; None leaves the tensor out."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """How a foreign file was understood."""

    layout: str
    """Which program or class the names are those of."""
    recognised: tuple[RecognisedTensor, ...]
    ignored: tuple[str, ...]
    """Names of tensors and entries that play no part when the net speaks."""
    warnings: tuple[str, ...]
    """What had to be assumed, and what does not bode well; a line each."""
    architecture: Mapping[str, Any]
    vocabulary: str
    """What the tokens come from: "vocab.json, 1,000 words"."""
    end_token: str | None
    unknown_token: str | None
    pad_token: str | None
    file: str
    """Path of the file."""
    sha256: str
    """Of the file, as hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A foreign file, and all that a person has said of it."""

    file: str
    """Path of the weights."""
    vocabulary: str | None = None
    """Path of the tokens; None: those in the file itself, else text is space-separated ids."""
    choices: ImportChoices = field(default_factory=ImportChoices)


@dataclass(frozen=True, slots=True)
class FileTensor:
    """One tensor of a foreign file, whatever it does."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileReading:
    """What is in a foreign file, and whether it makes a net that speaks."""

    tensors: tuple[FileTensor, ...]
    """All of them, in the file's order."""
    recognised: tuple[RecognisedTensor, ...]
    """Those whose part is known; also where something else keeps the net from speaking."""
    recognition: Recognition | None
    """How the whole was understood; None where it does not speak as it is."""
    problem: str
    """Why it does not, and what to do; empty where it does."""
    suggested: str
    """A name for the library."""
    aside: tuple[str, ...] = ()
    """Tensors that play no part in any net; also where something else keeps this one from speaking."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A foreign net has become a checkpoint of one's own."""

    path: str
    """Its folder."""


class ImportBackend(Protocol):
    """The torch side of an import as the UI sees it. `read`, `attempt` and `keep` block and run in a thread; the rest return at once.

    One call at a time. Each brings the whole request with it: what the side remembers only saves it from reading twice.
    """

    def prepare(self) -> None:
        """Begin with whatever takes long before the first `read`."""
        ...

    def read(self, request: ImportRequest) -> FileReading:
        """Tell what a file holds. Raises InputError where that cannot be told at all."""
        ...

    def attempt(self, request: ImportRequest, text: str, seed: int) -> Iterator[ReplyEvent]:
        """Have the net answer one sentence: one PromptScored, a StepFrame a token, one ReplyFinished. Raises InputError."""
        ...

    def keep(self, request: ImportRequest, name: str) -> Kept:
        """Make the net a checkpoint of one's own. Raises InputError."""
        ...

    def cancel(self) -> None:
        """Let go of what is under way."""
        ...

    def rest(self) -> None:
        """Let go of everything, memory too, until the next call."""
        ...

    def close(self) -> None:
        """Free everything; nothing may be called afterwards."""
        ...
