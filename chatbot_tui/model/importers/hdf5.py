"""HDF5 files as Keras writes them: arrays by layer, looked at before they are read. Needs the extra `keras`."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.safetensors_header import elements
from chatbot_tui.model.importers.foreign import open_foreign, size_limit
from chatbot_tui.model.importers.pytorch import content, directory, locate

if TYPE_CHECKING:
    import h5py  # type: ignore[import-untyped]  # brings no stubs

MAX_ENTRIES = 20_000
MAX_CONFIG_BYTES = 4 << 20
MAX_DEPTH = 12
WEIGHTS = "model.weights.h5"
CONFIG = "config.json"


@dataclass(frozen=True)
class Array:
    """One array of a file: its place and shape are known, its numbers are not read yet."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    read: Callable[[], Tensor]


@dataclass(frozen=True)
class KerasFile:
    """What Keras wrote: the model's description, where there is one, and the arrays of each layer in order."""

    path: Path
    config: bytes | None
    layers: Mapping[str, tuple[Array, ...]]
    """By the layer's name."""
    by_class: bool = False
    """Whether the layers are called by their classes and numbered, as some versions of Keras do, whatever names the description has."""


def read_h5(path: Path) -> KerasFile:
    """Describe an .h5 file, whole models and weights alone. Raises InputError."""
    with opened(path, None) as file:
        config = attribute(file, "model_config")
        layers = by_layer(path, file, None)
        return KerasFile(path, config, layers, by_class=not names_layers(file))


def read_keras(path: Path) -> KerasFile:
    """Describe a .keras archive: config.json and model.weights.h5, neither of them compressed. Raises InputError."""
    with open_foreign(path) as file:
        members = directory(path, file)
        if CONFIG not in members or WEIGHTS not in members:
            raise InputError(f"{path} is not a whole .keras file: save the model again with model.save('net.keras')")
        config = content(path, file, members[CONFIG], MAX_CONFIG_BYTES)
        region = locate(path, file, members[WEIGHTS])
    inside = region.start, region.size
    with opened(path, inside) as weights:
        layers = by_layer(path, weights, inside)
        return KerasFile(path, config, layers, by_class=not names_layers(weights))


@contextmanager
def opened(path: Path, inside: tuple[int, int] | None) -> Iterator[h5py.File]:
    """Open an HDF5 file, or the one that stands inside another file at (start, size). Raises InputError."""
    try:
        import h5py
    except ImportError:
        raise InputError(f"{path} is a Keras file, which needs the package h5py: pip install 'chatbot-tui[keras]'") from None
    with open_foreign(path) as outer:
        source: io.IOBase = outer
        if inside is not None:
            outer.seek(inside[0])
            source = io.BytesIO(outer.read(inside[1]))
        try:
            with h5py.File(source, "r") as file:
                yield file
        except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, MemoryError) as error:
            raise InputError(f"{path} is not a whole HDF5 file ({' '.join(str(error).split())[:80]}): save or copy it again") from None


def by_layer(path: Path, file: h5py.File, inside: tuple[int, int] | None) -> dict[str, tuple[Array, ...]]:
    """Return the arrays of every layer that has any, in Keras' order. Raises InputError."""
    root = child(file, "model_weights") or file
    names = texts(root, "layer_names")
    if names:
        ordered = {}
        for name in names[:MAX_ENTRIES]:
            group = child(root, name)
            weights = texts(group, "weight_names") if group is not None else []
            there = [(weight, child(group, weight)) for weight in weights]
            ordered[name] = tuple(described(path, f"{name}/{weight}", array, inside) for weight, array in there if array is not None)
        return {name: found for name, found in ordered.items() if found}
    layers = child(file, "layers") or child(file, "_layer_checkpoint_dependencies")
    if layers is None:
        raise InputError(f"{path} is an HDF5 file, but not one of Keras: give one that model.save or model.save_weights wrote")
    found = {}
    for name in layers:
        group = child(layers, name)
        arrays = tuple(described(path, where, array, inside) for where, array in datasets(group, f"layers/{name}", MAX_DEPTH))
        if arrays:
            # The layer's own name stands beside its numbers; the path is made from its class.
            named = attribute(child(group, "vars"), "name")
            found[named.decode("utf-8", "replace") if named else name] = arrays
    return found


def names_layers(file: h5py.File) -> bool:
    """Return whether some layer's own name stands in the file, as that of its group or beside its numbers."""
    if texts(child(file, "model_weights") or file, "layer_names"):
        return True
    layers = child(file, "layers") or child(file, "_layer_checkpoint_dependencies") or ()
    return any(attribute(child(child(layers, name), "vars"), "name") for name in layers)


def datasets(group: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield the arrays below a group with their paths, groups in the order of their names. Raises ValueError."""
    if not depth:
        raise ValueError("nested too deep")
    for name in sorted(group, key=lambda name: (len(name), name)):
        item = child(group, name)
        if item is not None and hasattr(item, "shape"):
            yield f"{path}/{name}", item
        elif item is not None:
            yield from datasets(item, f"{path}/{name}", depth - 1)


def child(group: Any, name: str) -> Any:
    """Return what stands under a path of a group; None where nothing does. Links that lead elsewhere are refused with ValueError."""
    import h5py

    item = group
    for part in name.split("/"):
        if item is None or not isinstance(item, h5py.Group) or part not in item:
            return None
        if not isinstance(item.get(part, getlink=True), h5py.HardLink):
            raise ValueError("a link leads out of the file")
        item = item[part]
    return item


def described(path: Path, name: str, dataset: Any, inside: tuple[int, int] | None) -> Array:
    """Check an array before any of it is read. Raises InputError."""
    shape = tuple(dataset.shape or ())
    size = elements(list(shape)) * dataset.dtype.itemsize
    try:
        dtype = torch.from_numpy(np.zeros(1, dataset.dtype)).dtype
    except TypeError:
        raise InputError(f"{path}: {name[:80]} has the type {str(dataset.dtype)[:20]}: save the net as float32") from None
    if dataset.external or dataset.is_virtual or dataset.id.get_create_plist().get_nfilters():
        raise InputError(f"{path}: {name[:80]} is compressed or stands in another file, as Keras never writes it: save the model again")
    if size > dataset.id.get_storage_size() or size > size_limit():
        raise InputError(f"{path}: {name[:80]} is said to have shape {list(shape)}, more than the file holds: it is damaged")
    place = dataset.name

    def read() -> Tensor:
        with opened(path, inside) as file:
            return torch.from_numpy(np.ascontiguousarray(file[place][()]))

    return Array(name, shape, dtype, read)


def attribute(item: Any, name: str) -> bytes | None:
    """Return a short text that is attached to a group; None where there is none."""
    values = raw_attribute(item, name)
    return values[0] if values else None


def texts(item: Any, name: str) -> list[str]:
    """Return the list of names attached to a group; Keras breaks long ones into numbered parts."""
    values = raw_attribute(item, name)
    number = 0
    while part := raw_attribute(item, f"{name}{number}"):
        values += part
        number += 1
    return [value.decode("utf-8", "replace") for value in values]


def raw_attribute(item: Any, name: str) -> list[bytes]:
    """Return an attribute's texts; none where it is missing, or of another kind or size than Keras gives it. Raises ValueError."""
    if item is None or name not in item.attrs:
        return []
    stored = item.attrs.get_id(name)
    if elements(list(stored.shape or ())) > MAX_ENTRIES or stored.dtype.itemsize > MAX_CONFIG_BYTES:
        raise ValueError("an attribute is too large")
    value = item.attrs[name]
    values = list(value.ravel()) if isinstance(value, np.ndarray) else [value]
    return [text.encode() if isinstance(text, str) else bytes(text) for text in values if isinstance(text, str | bytes)]
