"""What threads tell the screens, and the screens the app; everything else travels as messages that the widgets define themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from chatbot_tui.core.ports import LoadedCheckpoint


class PanelsMounted(Message):
    """The chat screen is complete."""


class EventsWaiting(Message):
    """The thread that speaks has put something into the feed."""


class LabEventsWaiting(Message):
    """The thread that trains has put something into its feed."""


class DoctorEventsWaiting(Message):
    """The thread that waits for the doctor has put something into its feed."""


class ImportEventsWaiting(Message):
    """The thread that waits for what reads a foreign file has put something into its feed."""


@dataclass
class OpeningWanted(Message):
    """The person wants to speak with a net from anywhere on the disk."""

    path: str = ""
    """A checkpoint folder or a file of weights; empty: ask which."""


@dataclass
class ExaminationWanted(Message):
    """The person wants the doctor to see a checkpoint."""

    checkpoint: str
    """Name, folder or foreign file."""


@dataclass
class CheckpointLoaded(Message):
    """A checkpoint is ready to speak."""

    loaded: LoadedCheckpoint
    vocabulary: str | None = None
    """What went with it, where it is a foreign file."""


@dataclass
class CheckpointRefused(Message):
    """A checkpoint could not be loaded; the one before goes on speaking."""

    checkpoint: str
    reason: str
