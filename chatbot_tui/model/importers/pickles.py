"""Pickles read as data: a pickle is a program for building objects, and here nothing of it is ever run.

Opcodes are followed on a stack of plain values. Whatever would be imported or called becomes an inert record of what was asked for;
tensors become descriptions. What weights never need is refused by name.
"""

import pickletools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import IO, Any, TypeAlias

MAX_OPCODES = 600_000
"""A checkpoint has some twenty a tensor and three a word of a vocabulary; more would only take time."""
MAX_DIMENSIONS = 8
MAX_KEY = 1 << 31
MAX_NUMBER = 1 << 48
"""Largest side, stride or offset of a tensor: no file is larger."""

Value: TypeAlias = Any
"""None, bool, int, float, str, bytes, or a list, tuple, dict of such, or one of the records below."""


class NotDataError(Exception):
    """The pickle is malformed, or is not one that a program writes; the message says where."""


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


@dataclass
class Unpickled:
    """What a pickle would build."""

    root: Value
    refused: list[Named] = field(default_factory=list)
    """What it asks for that weights never need, in the order in which it asks."""


CONTAINERS = frozenset({"collections.OrderedDict", "collections.defaultdict", "collections.Counter"})
HARMLESS = frozenset(
    {
        "_codecs.encode",
        "argparse.Namespace",
        "builtins.set",
        "__builtin__.set",
        "builtins.complex",
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


def read_pickle(file: IO[bytes]) -> Unpickled:
    """Follow one pickle up to its end and return what it describes.

    Raises:
        NotDataError: it is malformed, too long, or uses opcodes that no data needs.
    """
    machine = Machine()
    try:
        for count, (opcode, argument, position) in enumerate(pickletools.genops(file)):
            if count > MAX_OPCODES:
                raise NotDataError(f"it has more than {MAX_OPCODES:,} steps")
            action = ACTIONS.get(opcode.name)
            if action is None:
                raise NotDataError(f"it holds {opcode.name} at byte {position}, which no checkpoint needs")
            action(machine, argument)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, EOFError) as error:
        raise NotDataError(f"it is damaged ({' '.join(str(error).split())[:80]})") from None
    return Unpickled(machine.pop(), machine.refused)


class Machine:
    """The stack and the memory of the pickle under way."""

    def __init__(self) -> None:
        self.stack: list[Value] = []
        self.marks: list[int] = []
        self.memo: dict[int, Value] = {}
        self.refused: list[Named] = []

    def push(self, value: Value) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Value:
        """Take the top of the stack. Raises IndexError."""
        if self.marks and self.marks[-1] >= len(self.stack):
            raise IndexError("stack underflow")
        return self.stack.pop()

    def to_mark(self) -> list[Value]:
        """Take everything above the last mark. Raises IndexError."""
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def name(self, module: Value, name: Value) -> None:
        """Put a record of what is named on the stack, and note it if weights have no use for it."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError("a name that is not text")
        named = Named(module, name)
        if not is_known(named):
            self.refused.append(named)
        self.push(named)

    def set_items(self, pairs: list[Value]) -> None:
        """Put keys and values into the mapping on the stack; into anything else, nowhere."""
        target = self.stack[-1]
        if isinstance(target, dict):
            for key, value in zip(pairs[::2], pairs[1::2], strict=True):
                # What cannot be a key in a checkpoint is passed over with its value.
                if is_key(key):
                    target[key] = value

    def append(self, values: list[Value]) -> None:
        """Append to the list on the stack; to anything else, nothing."""
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(values)

    def call(self) -> None:
        """Put on the stack what a call would have given, as far as it is data."""
        arguments, callee = self.pop(), self.pop()
        arguments = arguments if isinstance(arguments, tuple) else ()
        self.push(result_of(callee, arguments))

    def build(self) -> None:
        """Drop the state that an object would be given: what is built here has none."""
        self.drop()

    def drop(self) -> None:
        """Forget the top of the stack. Raises IndexError."""
        self.pop()


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


def is_key(key: Value) -> bool:
    """Return whether a value may be a key: text or a small whole number. Large ones can be made to collide, which takes for ever."""
    return isinstance(key, str) or (type(key) is int and abs(key) <= MAX_KEY)


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


def halves(machine: Machine) -> tuple[Value, Value]:
    """Take two values, the lower one first."""
    upper = machine.pop()
    return machine.pop(), upper


def taken(machine: Machine, count: int) -> tuple[Value, ...]:
    """Take `count` values, the lowest first."""
    return tuple(machine.pop() for _ in range(count))[::-1]


def remember(machine: Machine, index: int) -> None:
    """Note the top of the stack under a number."""
    machine.memo[index] = machine.stack[-1]


Action: TypeAlias = Callable[[Machine, Any], None]


def pushing(value: Value) -> Action:
    """Return the action that puts a constant on the stack."""
    return lambda machine, _argument: machine.push(value)


def gathering(count: int) -> Action:
    """Return the action that makes a tuple of the top values."""
    return lambda machine, _argument: machine.push(taken(machine, count))


def _actions() -> Iterator[tuple[str, Action]]:
    literals = (
        "BININT",
        "BININT1",
        "BININT2",
        "LONG1",
        "INT",
        "LONG",
        "BINFLOAT",
        "FLOAT",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
    )
    strings = ("UNICODE", "BINBYTES", "SHORT_BINBYTES", "BINSTRING", "SHORT_BINSTRING", "STRING")
    for name in literals + strings:
        yield name, lambda machine, argument: machine.push(argument)
    for name, value in (("NONE", None), ("NEWTRUE", True), ("NEWFALSE", False)):
        yield name, pushing(value)
    for name in ("PROTO", "FRAME", "STOP"):
        yield name, lambda _machine, _argument: None
    for name in ("BINPUT", "LONG_BINPUT", "PUT"):
        yield name, remember
    for name in ("BINGET", "LONG_BINGET", "GET"):
        yield name, lambda machine, argument: machine.push(machine.memo[argument])
    yield "MEMOIZE", lambda machine, _argument: remember(machine, len(machine.memo))
    yield "MARK", lambda machine, _argument: machine.marks.append(len(machine.stack))
    yield "POP", lambda machine, _argument: machine.drop()
    yield "EMPTY_DICT", lambda machine, _argument: machine.push({})
    yield "EMPTY_LIST", lambda machine, _argument: machine.push([])
    yield "EMPTY_TUPLE", lambda machine, _argument: machine.push(())
    yield "EMPTY_SET", lambda machine, _argument: machine.push([])
    yield "ADDITEMS", lambda machine, _argument: machine.append(machine.to_mark())
    yield "TUPLE", lambda machine, _argument: machine.push(tuple(machine.to_mark()))
    for name, count in (("TUPLE1", 1), ("TUPLE2", 2), ("TUPLE3", 3)):
        yield name, gathering(count)
    yield "LIST", lambda machine, _argument: machine.push(machine.to_mark())
    yield "DICT", lambda machine, _argument: _dictionary(machine)
    yield "APPEND", lambda machine, _argument: machine.append([machine.pop()])
    yield "APPENDS", lambda machine, _argument: machine.append(machine.to_mark())
    yield "SETITEM", lambda machine, _argument: machine.set_items(list(taken(machine, 2)))
    yield "SETITEMS", lambda machine, _argument: machine.set_items(machine.to_mark())
    yield "GLOBAL", lambda machine, argument: machine.name(*argument.split(" ", 1))
    yield "STACK_GLOBAL", lambda machine, _argument: machine.name(*halves(machine))
    yield "BINPERSID", lambda machine, _argument: machine.push(stored(machine.pop()))
    yield "REDUCE", lambda machine, _argument: machine.call()
    yield "NEWOBJ", lambda machine, _argument: machine.call()
    yield "BUILD", lambda machine, _argument: machine.build()


def _dictionary(machine: Machine) -> None:
    pairs = machine.to_mark()
    machine.push({})
    machine.set_items(pairs)


ACTIONS: Mapping[str, Action] = MappingProxyType(dict(_actions()))
"""What each opcode does. Missing ones (INST, OBJ, EXT1, NEWOBJ_EX, BYTEARRAY8, PERSID, ...) are refused."""
