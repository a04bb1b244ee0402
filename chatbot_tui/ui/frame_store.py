"""Keeps the frames of the latest tokens only, so that a long evening of chat stays small in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatbot_tui.core.frames import StepFrame


FRAMES_KEPT = 2_000
"""Frames in memory; older ones are computed again when somebody walks back to them."""


class FrameStore:
    """Frames by the number of the turn they belong to; the oldest turns go first when there are too many."""

    def __init__(self, limit: int = FRAMES_KEPT) -> None:
        self._limit = limit
        self._turns: dict[int, list[StepFrame]] = {}
        self._count = 0

    def append(self, turn: int, frames: Sequence[StepFrame]) -> None:
        """Add frames to the end of a turn's."""
        self._turns.setdefault(turn, []).extend(frames)
        self._count += len(frames)
        self._trim(turn)

    def replace(self, turn: int, frames: Sequence[StepFrame]) -> None:
        """Keep exactly these frames for a turn, as the newest."""
        self.forget(turn)
        self.append(turn, frames)

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
            kept = self._turns[newest][-(self._limit * 3 // 4) :]
            self._count += len(kept) - len(self._turns[newest])
            self._turns[newest] = kept
