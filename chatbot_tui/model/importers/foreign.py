"""What every container gives: named tensors that are described before they are read, and what else the file tells."""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import MAX_FILE_BYTES, MAX_FILE_VARIABLE
from chatbot_tui.core.safetensors_header import elements

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


@dataclass(frozen=True)
class ForeignTensor:
    """A tensor of a foreign file: its shape is known, its numbers are not read yet."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    read: Callable[[], Tensor]
    """Gives the numbers, in their own type and in memory of their own. Raises InputError."""
    same_as: str = ""
    """What else in the file stands for the same numbers bears the same mark; empty: not known."""

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return elements(list(self.shape))


@dataclass(frozen=True)
class ForeignFile:
    """A file of weights as its container describes it."""

    path: Path
    tensors: Mapping[str, ForeignTensor]
    """In the order in which the file names them."""
    container: str
    """What kind of file it is, in words."""
    ignored: tuple[str, ...] = ()
    """Entries beside the weights: the optimiser's state, the epoch."""
    vocabulary: object = None
    """A vocabulary that the file itself holds, as plain data; None where there is none."""
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """What the file says of the net beyond its tensors: ModelConfig's own keys."""
    warnings: tuple[str, ...] = ()
    layout: str = ""
    """The layout's name where the container tells it; empty: the names do."""


def size_limit() -> int:
    """Return the largest size of a foreign file in bytes: what the environment says, else MAX_FILE_BYTES. Raises InputError."""
    value = os.environ.get(MAX_FILE_VARIABLE, "").strip()
    if not value:
        return MAX_FILE_BYTES
    if not (value.isascii() and value.isdecimal() and 0 < len(value) < 9 and int(value)):
        raise InputError(f"{MAX_FILE_VARIABLE} is {value[:40]!r}: set it to a whole number of megabytes")
    return int(value) << 20


def open_foreign(path: Path) -> BufferedReader:
    """Open a foreign file without ever waiting for it.

    Raises:
        InputError: it is missing, unreadable, empty, not a regular file, or larger than the limit.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {str(path)!r}: {reason}; check that it exists and is readable") from None
    try:
        check_status(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def check_status(path: Path, status: os.stat_result) -> None:
    """Raise InputError unless this is a regular file with something in it, and within the limit."""
    limit = size_limit()
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path} is not a file: name a file of weights")
    if not status.st_size:
        raise InputError(f"{path} is empty: save or copy it again")
    if status.st_size > limit:
        raise InputError(
            f"{path} has {status.st_size >> 20:,} MB, more than the {limit >> 20:,} MB that are read: "
            f"set {MAX_FILE_VARIABLE} to a larger number if you trust it"
        )
