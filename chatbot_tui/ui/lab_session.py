"""The laboratory's runs while the app is open: they go on when their screen is closed, and the screen finds them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from textual.dom import DOMNode

from chatbot_tui.ui.feed import Failed, Feed
from chatbot_tui.ui.lane import Lane
from chatbot_tui.ui.messages import LabEventsWaiting
from chatbot_tui.ui.training_log import TrainingLog

if TYPE_CHECKING:
    from chatbot_tui.core.lab import LabBackend, RecipeCard, Saved, TrainRequest

ABSORB_SECONDS = 0.1
"""Least time between two looks at what has arrived: a small net reports faster than anybody reads."""
UNEXPECTED = "the training stopped unexpectedly: start the run again"

State = Literal["idle", "preparing", "training", "ended"]


class LabSession:
    """Starts runs, follows them and passes on what a person wants done to them. The runs belong to `app`.

    Args:
        app: whose thread trains, and who is sent LabEventsWaiting.
        backend: the torch side.
        changed: called whenever there is something new to show.
        report: shows a problem that stops nothing.
    """

    def __init__(self, app: DOMNode, backend: LabBackend, changed: Callable[[], None], report: Callable[[str], None]) -> None:
        self.backend = backend
        self._app = app
        self._changed = changed
        self._report = report
        self._lane = Lane(app, backend.cancel)
        self._feed: Feed | None = None
        self._absorb_due = False
        self._cards: tuple[RecipeCard, ...] | None = None
        self.requests: tuple[TrainRequest, ...] = ()
        self.runs: tuple[TrainingLog, ...] = ()
        self.paused = False
        self._seen = False
        self.on_saved: Callable[[Saved], None] | None = None
        """Called once, with the next net that is saved."""

    @property
    def recipes(self) -> tuple[RecipeCard, ...]:
        """All recipes, read once. Raises InputError."""
        if self._cards is None:
            self._cards = self.backend.recipes()
        return self._cards

    @property
    def state(self) -> State:
        """What the runs are doing."""
        if not self.runs:
            return "idle"
        if all(run.ended for run in self.runs) or not self._lane.busy:
            return "ended"
        return "training" if all(run.frames for run in self.runs) else "preparing"

    async def begin(self, requests: tuple[TrainRequest, ...], names: tuple[str, ...]) -> None:
        """Train afresh; a run under way is let go. Raises InputError if a setting is wrong."""
        for request in requests:
            self.backend.check(request)
        await self._lane.stop()
        feed = Feed(lambda: self._app.post_message(LabEventsWaiting()))
        self._feed, self.requests, self.paused, self.on_saved = feed, requests, False, None
        self.runs = tuple(TrainingLog(name) for name in names)
        self._seen = False

        def work() -> None:
            for event in self.backend.train(requests):
                feed.push(event)
                if self._lane.stopping:
                    self.backend.cancel()

        self._lane.start(work, feed, unexpected=UNEXPECTED)
        self._changed()

    def schedule(self) -> None:
        """Take in soon what has arrived."""
        if not self._absorb_due:
            self._absorb_due = True
            self._app.set_timer(ABSORB_SECONDS, self.absorb)

    def absorb(self) -> None:
        """Take in what has arrived."""
        from chatbot_tui.core.lab import Intervened, Refused, RunEnded, RunPrepared, RunReport, Saved

        self._absorb_due = False
        for event in self._feed.drain() if self._feed is not None else []:
            if isinstance(event, Failed):
                self._fail(event.reason)
            elif isinstance(event, Refused):
                self._report(event.reason)
            elif isinstance(event, RunPrepared | RunReport | Intervened | RunEnded | Saved):
                self.runs[event.run].absorb(event)
                self._tell(event)
        self._changed()

    def _tell(self, event: object) -> None:
        from chatbot_tui.core.lab import RunEnded, Saved

        if isinstance(event, RunEnded) and event.explanation:
            self._report(event.explanation)
        if isinstance(event, Saved) and self.on_saved is not None:
            then, self.on_saved = self.on_saved, None
            then(event)

    def _fail(self, reason: str) -> None:
        self._report(reason)
        # A run of which nothing came is no run.
        self.runs = tuple(run for run in self.runs if run.frames)

    def pause(self, paused: bool) -> None:
        """Hold the runs before their next step, or let them go on."""
        self.paused = paused
        self.backend.set_paused(paused)
        self._changed()

    def advance(self) -> None:
        """Hold the runs if they go on, and let each take one step."""
        if not self.paused:
            self.pause(True)
        self.backend.advance()

    def look(self) -> None:
        """Note that the person has seen how things stand, or has turned to something else: an end is no news any more."""
        self._seen = self.state == "ended"

    def summary(self) -> str:
        """Return in a few words what the runs are doing, for who looks elsewhere; empty when there is nothing to say."""
        if self.state == "idle" or (self.state == "ended" and self._seen):
            return ""
        run = self.runs[0]
        if self.state == "preparing":
            return f"lab: preparing {run.name}"
        doing = "held at" if self.paused and self.state == "training" else "ended at" if self.state == "ended" else "trains"
        return f"lab: {run.name} {doing} {run.step:,}/{run.total_steps:,}"

    def abandon(self) -> None:
        """Let go of everything without waiting: the app is closing."""
        self._lane.abandon()
