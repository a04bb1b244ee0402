"""What a safetensors file says of its tensors, read without torch and without a tensor."""

import os
import struct
from pathlib import Path
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import parse

MAX_HEADER_BYTES = 16 << 20
MAX_SIDES = 8
MAX_SIDE = 1 << 40


def count_parameters(path: Path) -> int:
    """Return how many numbers a safetensors file holds, from its header alone. Raises InputError."""
    return sum(elements(tensor["shape"]) for tensor in read_header(path).values())


def read_header(path: Path) -> dict[str, dict[str, Any]]:
    """Return what a safetensors file says of its tensors: name -> dtype, shape, data_offsets; no tensor is read.

    The header is 8 bytes (its length, little-endian) and a JSON object.

    Raises:
        InputError: the header is malformed, or the file is shorter than its header says.
    """
    damaged = InputError(f"{path} is not a whole safetensors file: restore it from where it came")
    try:
        with path.open("rb") as file:
            available = os.fstat(file.fileno()).st_size - 8
            prefix = file.read(8)
            length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
            if not 2 <= length <= min(MAX_HEADER_BYTES, available):
                raise damaged
            header = parse(file.read(length))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError:
        raise damaged from None
    if not isinstance(header, dict):
        raise damaged
    tensors = {name: tensor for name, tensor in header.items() if name != "__metadata__"}
    if not tensors or not all(is_tensor(tensor, available - length) for tensor in tensors.values()):
        raise damaged
    return tensors


def is_tensor(tensor: object, data_bytes: int) -> bool:
    """Return whether a header's entry has a sane shape and lies within the data."""
    if not isinstance(tensor, dict):
        return False
    shape, offsets = tensor.get("shape"), tensor.get("data_offsets")
    if not isinstance(shape, list) or len(shape) > MAX_SIDES or not all(is_count(side, MAX_SIDE) for side in shape):
        return False
    return isinstance(offsets, list) and len(offsets) == 2 and all(is_count(offset, data_bytes) for offset in offsets)


def is_count(value: object, maximum: int) -> bool:
    """Return whether `value` is a whole number from 0 to `maximum`."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= maximum


def elements(shape: list[int]) -> int:
    """Return the product of the sides of a shape."""
    total = 1
    for side in shape:
        total *= side
    return total
