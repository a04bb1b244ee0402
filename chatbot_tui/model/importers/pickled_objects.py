"""What a pickle may name, and what its calls would give, as data: the list that decides what is refused stands here."""

from dataclasses import dataclass
from typing import Any, TypeAlias

MAX_DIMENSIONS = 8
MAX_NUMBER = 1 << 48
"""Largest side, stride or offset of a tensor: no file is larger."""

Value: TypeAlias = Any
"""None, bool, int, float, str, bytes, or a list, tuple, dict of such, or one of the records below."""


@dataclass(frozen=True, slots=True)
class Named:
    """A class or function that the pickle names: never imported, never called."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Inert:
    """What the pickle would have built by calling something harmless that is of no use here."""

    made_by: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Where a tensor's numbers stand."""

    key: str
    kind: str
    """Name of the type: "FloatStorage", "bfloat16", ..."""
    elements: int


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor as the pickle describes it; nothing of it is checked yet."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


CONTAINERS = frozenset({"collections.OrderedDict", "collections.defaultdict", "collections.Counter"})
BUILTINS = ("bool", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "set", "slice", "str", "tuple")
"""Plain types: a defaultdict names the one of its values."""
HARMLESS = frozenset(
    {
        "_codecs.encode",
        "argparse.Namespace",
        *(f"{module}.{name}" for module in ("builtins", "__builtin__") for name in BUILTINS),
        "datetime.datetime",
        "datetime.timedelta",
        "numpy.dtype",
        "numpy.ndarray",
        "numpy.core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar",
        "pathlib.Path",
        "pathlib.PosixPath",
        "pathlib.WindowsPath",
        "lightning.fabric.utilities.data.AttributeDict",
        "lightning_fabric.utilities.data.AttributeDict",
        "pytorch_lightning.utilities.parsing.AttributeDict",
        "torch.device",
        "torch.serialization._get_layout",
    }
)
"""Data that training scripts keep beside the weights. It is passed over, and its being there is no attack."""
TENSOR_TYPES = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"})
TENSORS = frozenset({"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3"})
PARAMETERS = frozenset(
    {
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state",
        "torch.nn.parameter.Parameter",
        "torch._tensor._rebuild_from_type_v2",
    }
)


def is_known(named: Named) -> bool:
    """Return whether data may name this."""
    path = str(named)
    if named.module in ("torch", "torch.storage") and (named.name.endswith("Storage") or named.name in TENSOR_TYPES):
        return True
    return path in CONTAINERS or path in HARMLESS or path in TENSORS or path in PARAMETERS or path in ("torch.Size", "torch.Tensor")


def result_of(callee: Value, arguments: tuple[Value, ...]) -> Value:
    """Return what a call would give, as data: a mapping, a tensor's description, or an inert record. Nothing is called."""
    path = str(callee) if isinstance(callee, Named) else "?"
    if path in CONTAINERS:
        # Their items come afterwards. Ones given at once are passed over: copied again and again they could fill the memory.
        return {}
    if path in TENSORS:
        return described(arguments)
    if path in PARAMETERS:
        return next((argument for argument in arguments if isinstance(argument, StoredTensor)), Inert(path))
    if path == "torch.Size" and arguments and isinstance(arguments[0], tuple):
        return arguments[0]
    return Inert(path)


def described(arguments: tuple[Value, ...]) -> StoredTensor:
    """Return a tensor's description from what its rebuilder would be given: storage, offset, shape, strides. Raises TypeError."""
    storage, offset, shape, strides = arguments[:4]
    if not isinstance(storage, Storage):
        raise TypeError("a tensor without storage")
    sides = isinstance(shape, tuple) and isinstance(strides, tuple) and len(shape) == len(strides) <= MAX_DIMENSIONS
    if not sides or not all(type(number) is int and abs(number) <= MAX_NUMBER for number in (offset, *shape, *strides)):
        raise TypeError("a tensor without a proper shape")
    types = [argument for argument in arguments[4:] if isinstance(argument, Named) and argument.name in TENSOR_TYPES]
    if types:
        storage = Storage(storage.key, types[0].name, storage.elements)
    return StoredTensor(storage, offset, shape, strides)


def stored(reference: Value) -> Value:
    """Return the storage that a persistent id names: ("storage", type, key, device, elements). Raises TypeError.

    Old files refer to a class by ("module", class, file, source): its name stands for it.
    """
    if isinstance(reference, tuple) and len(reference) > 1 and reference[0] == "module":
        return reference[1]
    if not isinstance(reference, tuple) or len(reference) < 5 or reference[0] != "storage" or not isinstance(reference[1], Named):
        raise TypeError("a reference to something that is not in the file")
    key, elements = reference[2], reference[4]
    if not isinstance(key, str) or type(elements) is not int:
        raise TypeError("a storage without name or size")
    return Storage(key, reference[1].name, elements)
