"""Keeps the frames of the latest tokens only, most of them packed, so that a long evening of chat stays small in memory."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from chatbot_tui.core.frames import StepFrame, Weighing


FRAMES_KEPT = 2_000
"""Frames in memory; older ones are computed again when somebody walks back to them."""
FRESH = 256
"""Newest frames that stay as they came: more than the panels look back at. A packed one takes a fifth of the room."""
LOOKED_AT = 128
"""Frames last unpacked that are held ready: about as many as the panels draw of the past of one token."""
PACKED_AT_ONCE = 2
"""Frames packed for each one that comes: work in small pieces, though a recalled reply comes with a thousand."""


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A frame in little room."""

    data: bytes
    weighing: Weighing | None
    """Left out of the data: all frames of a reply share one, which may be larger than all the rest of them."""


def _pack(frame: StepFrame) -> Packed:
    return Packed(pickle.dumps(replace(frame, weighing=None), pickle.HIGHEST_PROTOCOL), frame.weighing)


@lru_cache(maxsize=LOOKED_AT)
def _unpack(packed: Packed) -> StepFrame:
    frame: StepFrame = pickle.loads(packed.data)  # noqa: S301 (packed above, never outside this process)
    return frame if packed.weighing is None else replace(frame, weighing=packed.weighing)


class Frames(Sequence["StepFrame"]):
    """The frames of one turn, in order of steps, of which the oldest may be packed. A slice shares them and unpacks nothing."""

    def __init__(self, frames: Iterable[StepFrame | Packed] = (), packed: int = 0) -> None:
        self._frames = list(frames)
        self._packed = packed

    def __len__(self) -> int:
        return len(self._frames)

    @overload
    def __getitem__(self, index: int) -> StepFrame: ...
    @overload
    def __getitem__(self, index: slice) -> Frames: ...
    def __getitem__(self, index: int | slice) -> StepFrame | Frames:
        if isinstance(index, slice):
            return Frames(self._frames[index])
        frame = self._frames[index]
        return _unpack(frame) if isinstance(frame, Packed) else frame

    @property
    def fresh(self) -> int:
        """How many are not packed."""
        return len(self._frames) - self._packed

    def extend(self, frames: Iterable[StepFrame]) -> None:
        """Add frames at the end."""
        self._frames += frames

    def tail(self, count: int) -> Frames:
        """Return the newest `count` of them, to be packed and extended on their own."""
        dropped = max(0, len(self._frames) - count)
        return Frames(self._frames[dropped:], max(0, self._packed - dropped))

    def pack(self, count: int) -> int:
        """Pack the oldest fresh frames, at most `count`, and return how many there were to pack."""
        first, last = self._packed, min(self._packed + count, len(self._frames))
        for index in range(first, last):
            frame = self._frames[index]
            if not isinstance(frame, Packed):
                self._frames[index] = _pack(frame)
        self._packed = last
        return last - first


class FrameStore:
    """Frames by the number of the turn they belong to; the oldest turns go first when there are too many."""

    def __init__(self, limit: int = FRAMES_KEPT, fresh: int = FRESH) -> None:
        self._limit = limit
        self._fresh = fresh
        self._turns: dict[int, Frames] = {}
        self._count = 0

    def append(self, turn: int, frames: Sequence[StepFrame]) -> None:
        """Add frames to the end of a turn's."""
        self._turns.setdefault(turn, Frames()).extend(frames)
        self._count += len(frames)
        self._trim(turn)
        self._pack(PACKED_AT_ONCE * len(frames))

    def replace(self, turn: int, frames: Sequence[StepFrame]) -> None:
        """Keep exactly these frames for a turn, as the newest."""
        self.forget(turn)
        self._turns[turn] = Frames(frames)
        self._count += len(frames)
        self._trim(turn)

    def forget(self, turn: int) -> None:
        """Drop a turn's frames and those of every later turn."""
        for number in [number for number in self._turns if number >= turn]:
            self._count -= len(self._turns.pop(number))

    def frames(self, turn: int) -> Sequence[StepFrame]:
        """Return what is kept of a turn, in order of steps; empty if nothing is."""
        return self._turns.get(turn, ())

    def index_of(self, turn: int, step: int) -> int | None:
        """Return where a step stands in `frames(turn)`; None if it is not kept."""
        frames = self._turns.get(turn)
        if not frames:
            return None
        index = step - frames[0].step
        return index if 0 <= index < len(frames) else None

    def _trim(self, newest: int) -> None:
        while self._count > self._limit and len(self._turns) > 1:
            oldest = next(number for number in self._turns if number != newest)
            self._count -= len(self._turns.pop(oldest))
        if self._count > self._limit:
            # A new list, because a panel may still hold the old one with an index into it.
            kept = self._turns[newest].tail(self._limit * 3 // 4)
            self._count += len(kept) - len(self._turns[newest])
            self._turns[newest] = kept

    def _pack(self, count: int) -> None:
        fresh = sum(frames.fresh for frames in self._turns.values())
        count = min(count, fresh - self._fresh)
        for frames in self._turns.values():
            if count <= 0:
                return
            count -= frames.pack(count)
