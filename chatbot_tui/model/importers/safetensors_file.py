"""Safetensors files: a header of names, types and shapes, then the numbers."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.safetensors_header import elements, read_header
from chatbot_tui.model.importers.foreign import ForeignFile, ForeignTensor

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def read_safetensors(path: Path) -> ForeignFile:
    """Describe a safetensors file. Raises InputError where it is damaged or a tensor's size contradicts its shape."""
    header = read_header(path)
    return ForeignFile(path, {name: described(path, name, entry) for name, entry in header.items()}, "safetensors")


def described(path: Path, name: str, entry: dict[str, Any]) -> ForeignTensor:
    """Check one entry of the header and return the tensor, not yet read. Raises InputError."""
    dtype, shape = DTYPES.get(str(entry.get("dtype"))), tuple(entry["shape"])
    if dtype is None:
        raise InputError(f"{path}: {name[:80]} has the type {str(entry.get('dtype'))[:20]}: save the net as float32 or float16")
    start, stop = entry["data_offsets"]
    if elements(list(shape)) * dtype.itemsize != stop - start:
        raise InputError(
            f"{path}: {name[:80]} has shape {list(shape)} and {stop - start:,} bytes, which contradict each other: it is damaged"
        )

    def read() -> Tensor:
        try:
            with safe_open(path, framework="pt") as file:
                tensor: Tensor = file.get_tensor(name)
                return tensor.clone()
        except (OSError, SafetensorError) as error:
            raise InputError(f"cannot read {path}: {' '.join(str(error).split())[:120]}; copy it again") from None

    return ForeignTensor(name, shape, dtype, read)
