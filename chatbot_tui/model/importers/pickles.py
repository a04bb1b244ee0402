"""Pickles read as data: a pickle is a program for building objects, and here nothing of it is ever run.

Opcodes are followed on a stack of plain values. Whatever would be imported or called becomes an inert record of what was asked for;
tensors become descriptions. What weights never need is refused by name.
"""

import pickletools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import IO, Any, TypeAlias

from chatbot_tui.model.importers.pickled_objects import Named, Value, is_known, result_of, stored

MAX_OPCODES = 600_000
"""A checkpoint has some twenty a tensor and three a word of a vocabulary; more would only take time."""
MAX_KEY = 1 << 31


class NotDataError(Exception):
    """The pickle is malformed, or is not one that a program writes; the message says where."""


@dataclass
class Unpickled:
    """What a pickle would build."""

    root: Value
    refused: list[Named] = field(default_factory=list)
    """What it asks for that weights never need, in the order in which it asks."""


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


def is_key(key: Value) -> bool:
    """Return whether a value may be a key: text or a small whole number. Large ones can be made to collide, which takes for ever."""
    return isinstance(key, str) or (type(key) is int and abs(key) <= MAX_KEY)


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
