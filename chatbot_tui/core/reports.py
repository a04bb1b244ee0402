"""Training reports as a checkpoint folder keeps them: written in full, and read with care, since folders come from strangers."""

import dataclasses
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.core.steps import REPORTS, STEPS
from chatbot_tui.core.strict_json import clean, parse, read_bounded

MAX_BYTES = 8 << 20
MAX_LIST = 1001
MAX_TEXT = 2000
MAX_WHOLE = 1 << 53
"""Largest whole number that every reader of JSON keeps exact."""
MAX_FIGURE = 1e15
"""Beyond it a figure is damage, and no chart could show the others beside it."""
ROUNDING = 1e-3
"""How far a share may lie outside 0 to 1."""


def report_to_json(frame: TrainFrame) -> dict[str, Any]:
    """Return a report's record under its own names, every figure in full precision; what is no finite number is null."""
    record: dict[str, Any] = finite(dataclasses.asdict(frame))
    return record


def finite(value: Any) -> Any:
    """Return plain values with null in the place of NaN and infinity."""
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_reports(folder: Path) -> tuple[TrainFrame, ...]:
    """Return the reports of a checkpoint folder's kept steps, in the order of their steps.

    Raises:
        InputError: there are none, or the file does not hold what it should.
    """
    path = folder / STEPS / REPORTS
    try:
        records = parse(read_bounded(path, MAX_BYTES))
        frames: tuple[TrainFrame, ...] = tuple(map(check, decode(tuple[TrainFrame, ...], records)))
        if not frames:
            raise ValueError("it holds no report")
        if any(one.step >= other.step for one, other in pairwise(frames)):
            raise ValueError("its steps are not in order")
    except ValueError as error:
        raise InputError(f"{path} cannot be read: {error}; restore it from where it came") from None
    return frames


def decode(kind: Any, value: Any) -> Any:
    """Return a JSON value as what a field of type `kind` holds; keys that no field has are passed over.

    Raises:
        ValueError: it is of another type, out of bounds, or lacks a key.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        inner = next(part for part in arguments if part is not NoneType)
        return None if value is None else decode(inner, value)
    if origin is Literal and isinstance(value, str) and value in arguments:
        return value
    if origin is tuple and isinstance(value, list) and len(value) <= MAX_LIST:
        return tuple(decode(arguments[0], part) for part in value)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and isinstance(value, dict):
        return kind(**{field.name: decode(field.type, value[field.name]) for field in present(kind, value)})
    if kind is str and isinstance(value, str) and len(value) <= MAX_TEXT:
        return clean(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if kind is int and isinstance(value, int) and 0 <= value <= MAX_WHOLE:
            return value
        if kind is float and abs(value) <= MAX_FIGURE:
            return float(value)
    raise ValueError(f"{str(value)[:40]!r} stands where something else belongs")


def present(kind: type, value: dict[str, Any]) -> Sequence[dataclasses.Field[Any]]:
    """Return the fields of a dataclass that `value` has keys for. Raises ValueError where one is missing that must be there."""
    for field in dataclasses.fields(kind):
        if field.name not in value and field.default is dataclasses.MISSING:
            raise ValueError(f"a report lacks {field.name}")
    return [field for field in dataclasses.fields(kind) if field.name in value]


def check(frame: TrainFrame) -> TrainFrame:
    """Return a report that makes sense as one. Raises ValueError."""
    shares = [share for candidate in frame.probe_top for share in (candidate.p_model, candidate.p_sampled)]
    shares += [share for layer in frame.state for share in (layer.saturated, layer.gates.i, layer.gates.f, layer.gates.o)]
    if not all(-ROUNDING <= share <= 1 + ROUNDING for share in (*shares, *frame.state_variance)):
        raise ValueError(f"a share at step {frame.step} is not from 0 to 1")
    if frame.step > frame.total_steps:
        raise ValueError(f"step {frame.step} lies behind the end of its run")
    return frame
