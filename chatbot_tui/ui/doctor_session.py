"""The doctor's examinations while the app is open: one goes on when its screen is closed, and its result stays until the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from textual.dom import DOMNode

from chatbot_tui.ui.feed import Failed, Feed
from chatbot_tui.ui.lane import Lane
from chatbot_tui.ui.messages import DoctorEventsWaiting

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import Diagnosis, DoctorBackend, ExamineRequest, Examining

UNEXPECTED = "the examination stopped unexpectedly: examine again"

State = Literal["idle", "examining", "cancelled", "failed", "done"]


class DoctorSession:
    """Has checkpoints examined, and keeps what was found. The examination belongs to `app`.

    Args:
        app: whose thread waits for the doctor, and who is sent DoctorEventsWaiting.
        backend: the torch side.
        changed: called whenever there is something new to show.
    """

    def __init__(self, app: DOMNode, backend: DoctorBackend, changed: Callable[[], None]) -> None:
        self.backend = backend
        self._app = app
        self._changed = changed
        self._lane = Lane(app, backend.cancel)
        self._feed: Feed | None = None
        self.state: State = "idle"
        self.request: ExamineRequest | None = None
        """What is or was examined last."""
        self.fingerprint = ""
        """Tells two nets under one name apart; empty where it is not known."""
        self.progress: Examining | None = None
        """How far the examination is; None before it has said so."""
        self.diagnosis: Diagnosis | None = None
        """What was found; None until then."""
        self.problem = ""
        """Why nothing was found; empty unless the examination failed."""

    def knows(self, request: ExamineRequest, fingerprint: str) -> bool:
        """Return whether that checkpoint is being examined or has been, with whatever text."""
        return (
            self.state in ("examining", "done")
            and self.request is not None
            and replace(self.request, corpora=()) == replace(request, corpora=())
            and self.fingerprint == fingerprint
        )

    async def examine(self, request: ExamineRequest, fingerprint: str = "") -> None:
        """Examine a checkpoint; an examination under way is let go."""
        await self._lane.stop()
        feed = Feed(lambda: self._app.post_message(DoctorEventsWaiting()))
        self._feed, self.request, self.fingerprint = feed, request, fingerprint
        self.state, self.progress, self.diagnosis, self.problem = "examining", None, None, ""

        def work() -> None:
            for event in self.backend.examine(request):
                feed.push(event)
                if self._lane.stopping:
                    return

        self._lane.start(work, feed, unexpected=UNEXPECTED)
        self._changed()

    async def cancel(self) -> None:
        """Let go of the examination under way."""
        await self._lane.stop()
        if self.state == "examining":
            self.state = "cancelled"
            self._changed()

    def absorb(self) -> None:
        """Take in what has arrived."""
        from chatbot_tui.core.diagnosis import Diagnosed, Examining

        for event in self._feed.drain() if self._feed is not None else []:
            if self.state != "examining":
                # The end of something that was let go.
                continue
            if isinstance(event, Failed):
                self.state, self.problem = "failed", event.reason
            elif isinstance(event, Examining):
                self.progress = event
            elif isinstance(event, Diagnosed):
                self.state, self.diagnosis = "done", event.diagnosis
        self._changed()

    def summary(self) -> str:
        """Return in a few words what goes on, for who looks elsewhere; empty when there is nothing to say."""
        if self.state != "examining":
            return ""
        return f"doctor: {self.progress.share:.0%}" if self.progress is not None else "doctor: begins"

    def abandon(self) -> None:
        """Let go of everything without waiting: the app is closing."""
        self._lane.abandon()
