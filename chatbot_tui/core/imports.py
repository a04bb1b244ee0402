"""What was recognised in a foreign file, and what a person may set by hand: records for the command line and the screens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

Unit: TypeAlias = Literal["words", "characters"]

MAX_FILE_BYTES = 1 << 30
"""Largest foreign file that is read unless the person allows more."""
MAX_FILE_VARIABLE = "CHATBOT_TUI_MAX_FILE_MB"
"""Environment variable that sets that bound, in megabytes (2^20 bytes)."""


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
    becomes: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
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
