"""Files that torch.save writes, a zip archive since 1.6 and a row of pickles before: only described here, and read tensor by tensor."""

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.safetensors_header import elements
from chatbot_tui.model.importers.foreign import ForeignTensor, open_foreign
from chatbot_tui.model.importers.pickled_objects import StoredTensor, Value
from chatbot_tui.model.importers.pickles import NotDataError, Unpickled, read_pickle

MAX_PICKLE_BYTES = 4 << 20
MAX_DIRECTORY_BYTES = 4 << 20
MAX_STORAGES = 20_000
MAX_KEY_LENGTH = 40
"""Characters in the name of a checkpoint's entry."""
LOCAL_HEADER = 30
"""Bytes before a member's name and content."""
LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How every file of torch.save began before it wrote zip archives."""
ATTACKS = ("posix", "nt", "os", "subprocess", "builtins", "__builtin__", "sys", "shutil", "socket", "importlib", "runpy", "pty", "commands")
DTYPES: Mapping[str, torch.dtype] = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    **{
        name: getattr(torch, name)
        for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
    },
}


@dataclass(frozen=True, slots=True)
class Region:
    """Where a storage stands in the file."""

    start: int
    size: int
    """In bytes."""


@dataclass(frozen=True)
class TorchFile:
    """What torch.save wrote: an object of plain data and tensors, and where their numbers stand."""

    path: Path
    root: Value
    regions: Mapping[str, Region]

    def tensor(self, name: str, stored: StoredTensor) -> ForeignTensor:
        """Check a tensor's description against the file and return it, not yet read.

        Raises:
            InputError: its type is unknown, or it asks for numbers that the file does not hold.
        """
        dtype = DTYPES.get(stored.storage.kind)
        if dtype is None:
            raise InputError(f"{self.path}: {name} has the type {stored.storage.kind}: save the net as float32 or float16")
        region, size = self.regions.get(stored.storage.key), dtype.itemsize
        if region is None:
            raise InputError(f"{self.path}: the numbers of {name} are missing: the file is damaged, save or copy it again")
        sides = all(side >= 0 for side in stored.shape) and all(stride >= 0 for stride in stored.strides) and stored.offset >= 0
        count = elements(list(stored.shape)) if sides else 0
        reach = 1 + sum((side - 1) * stride for side, stride in zip(stored.shape, stored.strides, strict=True))
        # A stride of 0 would let a few bytes stand for terabytes.
        if not sides or count * size > region.size or (count and (stored.offset + reach) * size > region.size):
            raise InputError(
                f"{self.path}: {name[:80]} should have shape {list(stored.shape)}, and the file holds {region.size // size:,} numbers for "
                "it: it is damaged"
            )
        return ForeignTensor(
            name, stored.shape, dtype, lambda: self._read(stored, dtype, region, reach), f"{stored.storage.key}+{stored.offset}"
        )

    def _read(self, stored: StoredTensor, dtype: torch.dtype, region: Region, reach: int) -> Tensor:
        with open_foreign(self.path) as file:
            file.seek(region.start + stored.offset * dtype.itemsize)
            data = np.fromfile(file, np.uint8, reach * dtype.itemsize)
        if len(data) < reach * dtype.itemsize:
            raise InputError(f"{self.path} became shorter while it was read: try again")
        return torch.from_numpy(data).view(dtype).as_strided(stored.shape, stored.strides)


def read_zip(path: Path) -> TorchFile:
    """Describe an archive as torch.save writes it since PyTorch 1.6: every member stored as it is.

    Raises:
        InputError: it is damaged, compressed, TorchScript, or asks for code to be run.
    """
    with open_foreign(path) as file:
        members = directory(path, file)
        pickles = [name for name in members if name == "data.pkl" or name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise InputError(f"{path} is a zip archive, but not one of torch.save: give the file of weights itself")
        folder = pickles[0].removesuffix("data.pkl")
        regions = {
            name.removeprefix(folder + "data/"): locate(path, file, members[name]) for name in members if name.startswith(folder + "data/")
        }
        order = members.get(folder + "byteorder")
        if order is not None and content(path, file, order, 16).strip() != b"little":
            raise InputError(f"{path} was written on a big-endian machine: save it again on a common one")
        unpickled = inert(path, io.BytesIO(content(path, file, members[pickles[0]], MAX_PICKLE_BYTES)))
    return TorchFile(path, unpickled.root, regions)


def directory(path: Path, file: IO[bytes]) -> dict[str, zipfile.ZipInfo]:
    """Return the members of an archive by name, none of them compressed. Raises InputError, for those of other programs by name."""
    damaged = InputError(f"{path} is not a whole zip archive: it was cut short or damaged, copy it again")
    size = file.seek(0, io.SEEK_END)
    if directory_bytes(file, size) > min(size, MAX_DIRECTORY_BYTES):
        raise damaged
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, OverflowError):
        raise damaged from None
    names = {info.filename.partition("/")[2] or info.filename for info in infos}
    if "constants.pkl" in names or any(name.startswith("code/") for name in names):
        raise InputError(f"{path} is a TorchScript program: save model.state_dict() from the Python class with torch.save")
    if infos and all(info.filename.endswith(".npy") for info in infos):
        raise InputError(f"{path} is an archive of NumPy arrays: save the net's state_dict with torch.save, or as safetensors")
    if any(info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size for info in infos):
        raise InputError(f"{path} is a compressed archive, which torch.save never writes: unpack it, or save the weights again")
    places = sorted((info.header_offset, info.header_offset + LOCAL_HEADER + info.file_size) for info in infos)
    apart = all(before[1] <= after[0] for before, after in pairwise(places)) and (not places or places[-1][1] <= size)
    if not apart or len({info.filename for info in infos}) != len(infos) or len(infos) > MAX_STORAGES:
        raise InputError(f"{path} is an archive whose members overlap: it is damaged or a trap")
    return {info.filename: info for info in infos}


def directory_bytes(file: IO[bytes], size: int) -> int:
    """Return the size that an archive states for its directory; more than any file where there is no such statement."""
    start = max(0, size - (1 << 16) - 22)
    file.seek(start)
    end = file.read()
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) - at < 22:
        return 1 << 62
    stated: int = struct.unpack_from("<L", end, at + 12)[0]
    wide = end.rfind(b"PK\x06\x06", 0, at)
    if stated == 0xFFFFFFFF and wide >= 0 and len(end) - wide >= 56:
        stated = struct.unpack_from("<Q", end, wide + 40)[0]
    return stated


def locate(path: Path, file: IO[bytes], member: zipfile.ZipInfo) -> Region:
    """Return where a member's bytes stand. Raises InputError."""
    file.seek(member.header_offset)
    header = file.read(LOCAL_HEADER)
    if len(header) < LOCAL_HEADER or header[:4] != b"PK\x03\x04":
        raise InputError(f"{path} is damaged at {member.filename!r}: save or copy it again")
    name, extra = struct.unpack_from("<HH", header, 26)
    start = member.header_offset + LOCAL_HEADER + name + extra
    if start + member.file_size > file.seek(0, io.SEEK_END):
        raise InputError(f"{path} ends within {member.filename!r}: save or copy it again")
    return Region(start, member.file_size)


def content(path: Path, file: IO[bytes], member: zipfile.ZipInfo, limit: int) -> bytes:
    """Return a small member's bytes. Raises InputError."""
    region = locate(path, file, member)
    if region.size > limit:
        raise InputError(
            f"{path}: {member.filename!r} has {region.size:,} bytes, more than a description of weights takes: save a state_dict"
        )
    file.seek(region.start)
    return file.read(region.size)


def read_legacy(path: Path) -> TorchFile:
    """Describe a file of torch.save from before PyTorch 1.6: five pickles, then each storage with its length. Raises InputError."""
    with open_foreign(path) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        begin = io.BytesIO(file.read(MAX_PICKLE_BYTES))
        parts = [inert(path, begin) for _ in range(5)]
        root, keys = parts[3].root, parts[4].root
        if not isinstance(keys, list) or len(keys) > MAX_STORAGES or not all(isinstance(key, str) for key in keys):
            raise InputError(f"{path} is damaged: its list of tensors cannot be read; save it again with a newer PyTorch")
        kinds = {stored.storage.key: stored.storage.kind for stored in tensors_in(root)}
        regions, position = {}, begin.tell()
        for key in keys:
            file.seek(position)
            count = int.from_bytes(file.read(8), "little", signed=True)
            dtype = DTYPES.get(kinds.get(key, "FloatStorage"), torch.float32)
            if count < 0 or position + 8 + count * dtype.itemsize > size:
                raise InputError(f"{path} ends in the middle of a tensor: save or copy it again")
            regions[key] = Region(position + 8, count * dtype.itemsize)
            position += 8 + count * dtype.itemsize
    return TorchFile(path, root, regions)


def tensors_in(value: Value) -> list[StoredTensor]:
    """Return all tensors of a tree of plain data; what is met again is not looked at again."""
    found, waiting, seen = [], [value], set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, StoredTensor):
            found.append(value)
        elif isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            waiting += value.values() if isinstance(value, dict) else value
    return found


def inert(path: Path, file: IO[bytes]) -> Unpickled:
    """Read a pickle as data. Raises InputError where it is malformed or asks for anything that weights never need."""
    try:
        unpickled = read_pickle(file)
    except NotDataError as error:
        raise InputError(f"{path} cannot be read as weights: {error}; nothing of it was run, save the net's state_dict again") from None
    if unpickled.refused:
        raise InputError(refusal(path, unpickled))
    return unpickled


def refusal(path: Path, unpickled: Unpickled) -> str:
    """Return why a pickle that asks for more than data is not opened, and what to do."""
    refused = unpickled.refused
    attack = next((named for named in refused if named.module.partition(".")[0] in ATTACKS), None)
    if attack is not None:
        return f"{path} asks for {str(attack)[:80]} to be run, as an attack would; nothing was run: ask for the weights as safetensors"
    key = weights_among(unpickled.root)
    if key:
        return (
            f"{path} holds {str(refused[0])[:80]} beside its weights, which runs code when loaded; nothing was run. If you trust it, "
            f"save the weights alone: `saved = torch.load({path.name!r}, weights_only=False)` and then "
            f"`torch.save(saved[{key!r}], 'weights.pt')`"
        )
    if any(named.module.startswith("torch.nn.") for named in refused):
        return (
            f"{path} is a whole pickled module, which runs code when loaded; nothing was run. If you trust it, save its weights alone: "
            f"`model = torch.load({path.name!r}, weights_only=False)` and then "
            "`torch.save(model.state_dict(), 'weights.pt')`"
        )
    return (
        f"{path} needs the class {str(refused[0])[:80]}, which weights alone do not; nothing was run: "
        "save them alone with torch.save(model.state_dict(), 'weights.pt')"
    )


def weights_among(root: Value) -> str:
    """Return the entry of a checkpoint that holds the most tensors; empty where none does, or the name is no plain word."""
    if not isinstance(root, dict):
        return ""
    counts = {name: len(tensors_in(item)) for name, item in root.items() if isinstance(item, dict)}
    most = max(counts, key=lambda name: counts[name], default="")
    return most if isinstance(most, str) and most.isidentifier() and len(most) <= MAX_KEY_LENGTH and counts[most] else ""
