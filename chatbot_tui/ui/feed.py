"""Carries what a thread finds out to the screen: in order, in batches, with one message however much is waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import DoctorEvent
    from chatbot_tui.core.frames import ReplyEvent, StepFrame
    from chatbot_tui.core.imports import FileReading, Kept
    from chatbot_tui.core.lab import LabEvent


@dataclass(frozen=True)
class Failed:
    """The work ended in an error that a person should read."""

    reason: str


@dataclass(frozen=True)
class Recalled:
    """A past reply, computed again."""

    turn: int
    tokens: tuple[tuple[str, float], ...]
    """Text and probability of every token."""
    frames: tuple[StepFrame, ...]
    """The frames around the wanted step."""
    step: int
    """The step that was asked for."""


FeedEvent: TypeAlias = "ReplyEvent | LabEvent | DoctorEvent | FileReading | Kept | Failed | Recalled"


class Feed:
    """A queue with one writer and one reader. `signal` is called from the writer's thread when something new waits."""

    def __init__(self, signal: Callable[[], object]) -> None:
        self._events: deque[FeedEvent] = deque()
        self._signal = signal
        self._signalled = False

    def push(self, event: FeedEvent) -> None:
        """Add an event."""
        self._events.append(event)
        if not self._signalled:
            self._signalled = True
            self._signal()

    def drain(self) -> list[FeedEvent]:
        """Take everything that waits, oldest first."""
        # Lowered before taking: an event that arrives in between is then announced anew rather than forgotten.
        self._signalled = False
        events: list[FeedEvent] = []
        while self._events:
            events.append(self._events.popleft())
        return events
