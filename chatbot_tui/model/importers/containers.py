"""What kind of file this is, by its first bytes, and which reader describes it."""

import io
from collections.abc import Callable
from pathlib import Path

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.importers import hdf5
from chatbot_tui.model.importers.foreign import ForeignFile, open_foreign
from chatbot_tui.model.importers.hdf5 import KerasFile, read_h5, read_keras
from chatbot_tui.model.importers.keras import from_keras
from chatbot_tui.model.importers.pytorch import LEGACY_MAGIC, MAX_PICKLE_BYTES, TorchFile, directory, inert, read_legacy, read_zip
from chatbot_tui.model.importers.safetensors_file import read_safetensors
from chatbot_tui.model.importers.wrappers import unwrap

OTHERS = (
    (b"\x1f\x8b", 0, "is compressed with gzip: unpack it first"),
    (b"BZh", 0, "is compressed with bzip2: unpack it first"),
    (b"\xfd7zXZ", 0, "is compressed with xz: unpack it first"),
    (b"\x93NUMPY", 0, "is one NumPy array: give all of the net's tensors in one file"),
    (b"GGUF", 0, "is a GGUF file: no LSTM comes in one; give a state_dict or safetensors"),
    (b"ustar", 257, "is a tar archive, as PyTorch wrote before 0.2: open it with an old PyTorch and save it again"),
)
"""Beginnings of files that are not read: bytes, where they stand, and what to do."""


def read_foreign(path: Path) -> ForeignFile:
    """Describe a file of weights, without reading a tensor and without running anything.

    Raises:
        InputError: it cannot be read, is of no known kind, or is refused for what it asks.
    """
    with open_foreign(path) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        begin = file.read(512)
        if begin[:1] == b"\x80" and not begin.startswith(LEGACY_MAGIC):
            file.seek(0)
            inert(path, io.BytesIO(file.read(MAX_PICKLE_BYTES)))
            raise InputError(f"{path} is a pickle without weights: save the net with torch.save(model.state_dict(), 'weights.pt')")
    for magic, place, advice in OTHERS:
        if begin[place : place + len(magic)] == magic:
            raise InputError(f"{path} {advice}")
    if begin.startswith(b"\x89HDF\r\n\x1a\n"):
        return explained(path, read_h5)
    if begin.startswith(b"PK") and is_keras(path):
        return explained(path, read_keras)
    if begin.startswith(b"PK"):
        return from_torch(read_zip(path), "PyTorch")
    if begin.startswith(LEGACY_MAGIC):
        return from_torch(read_legacy(path), "PyTorch, before 1.6")
    if size > 9 and int.from_bytes(begin[:8], "little") < size and begin[8:9] == b"{":
        return read_safetensors(path)
    raise InputError(
        f"{path} is no file of weights that is known here: give a state_dict of PyTorch, safetensors, or Keras's .h5 or .keras"
    )


def is_keras(path: Path) -> bool:
    """Return whether an archive is a .keras file. Raises InputError where it is damaged."""
    with open_foreign(path) as file:
        return hdf5.WEIGHTS in directory(path, file)


def explained(path: Path, read: Callable[[Path], KerasFile]) -> ForeignFile:
    """Read a Keras file; whatever is wrong with the model in it is said with the file's name. Raises InputError."""
    saved = read(path)
    try:
        return from_keras(saved)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def from_torch(saved: TorchFile, container: str) -> ForeignFile:
    """Return the tensors of a file of torch.save. Raises InputError where there are none, or one is not what it says."""
    unwrapped = unwrap(saved.root)
    if not unwrapped.tensors:
        raise InputError(f"{saved.path} holds no tensors: save the net with torch.save(model.state_dict(), 'weights.pt')")
    tensors = {name: saved.tensor(name, stored) for name, stored in unwrapped.tensors.items()}
    return ForeignFile(saved.path, tensors, container, unwrapped.ignored, unwrapped.vocabulary)
