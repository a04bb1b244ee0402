"""JSON that may come from anywhere: read with bounds and without surprises, written so that every other program can read it."""

import json
import os
import stat
from pathlib import Path
from typing import Any

from chatbot_tui.core.errors import InputError


def parse(data: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: it is not UTF-8, not JSON, nested too deep, or holds NaN or infinity.
    """
    try:
        return DECODER.decode(data.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deep") from None


def dump(value: Any) -> str:
    """Return one line of strict JSON, in ASCII so that it passes through any terminal, pipe and locale.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def read_bounded(path: Path, limit: int) -> bytes:
    """Return the bytes of a regular file of at most `limit` bytes.

    Raises:
        InputError: it is missing, unreadable, not a regular file, or larger.
    """
    try:
        # Never waits: a named pipe in place of a file must not hang the program.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path} is not a file: name one")
            if status.st_size > limit:
                raise InputError(f"{path} is larger than {limit:,} bytes: it cannot be what its name says")
        except BaseException:
            os.close(descriptor)
            raise
        with os.fdopen(descriptor, "rb") as file:
            return file.read(limit)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}; check that it exists and is readable") from None
    except ValueError as error:
        raise InputError(f"cannot read {str(path)!r}: {error}; use another name") from None


def read_object(path: Path, limit: int) -> dict[str, Any]:
    """Return the JSON object that a file of at most `limit` bytes holds. Raises InputError."""
    try:
        value = parse(read_bounded(path, limit))
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON: {error}; restore it from where it came") from None
    if not isinstance(value, dict):
        raise InputError(f"{path} does not hold a JSON object: restore it from where it came")
    return value


def clean(text: str) -> str:
    """Return text that can be written as UTF-8: halves of surrogate pairs become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def refuse_constant(name: str) -> Any:
    """Raise ValueError: strict JSON has no NaN and no infinity."""
    raise ValueError(f"{name} is not a number")


def finite(digits: str) -> float:
    """Return the number that `digits` spell. Raises ValueError where it is too large for a float."""
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:20]} is too large")
    return value


DECODER = json.JSONDecoder(parse_constant=refuse_constant, parse_float=finite)
"""Made once: `json.loads` with options of its own makes one for every line."""
