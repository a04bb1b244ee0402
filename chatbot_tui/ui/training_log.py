"""What is known of a training run: its reports, and what was done to it on the way."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatbot_tui.core.frames import Phase, TrainFrame
    from chatbot_tui.core.lab import Intervened, LabEvent, RunEnded, Saved

REPORTS_KEPT = 2000
"""Beyond this every second report is dropped, so that no run is too long to keep whole."""


@dataclass
class TrainingLog:
    """A run on screen. Reports are in the order of their steps."""

    name: str
    """Recipe, and what is changed in it."""
    total_steps: int = 0
    """0 while the run is being prepared."""
    frames: list[TrainFrame] = field(default_factory=list)
    interventions: list[Intervened] = field(default_factory=list)
    ended: RunEnded | None = None
    saved: Saved | None = None

    @property
    def step(self) -> int:
        """Step of the newest report; 0 before the first."""
        return self.frames[-1].step if self.frames else 0

    def absorb(self, event: LabEvent) -> None:
        """Take in what happened to this run."""
        # Imported with the first run: the first paint does not wait for it.
        from chatbot_tui.core.lab import Intervened, RunEnded, RunPrepared, RunReport, Saved

        match event:
            case RunPrepared():
                self.total_steps = event.total_steps
            case RunReport(frame=frame):
                self.frames.append(frame)
                if len(self.frames) > REPORTS_KEPT:
                    # The newest stays: it is what live means.
                    del self.frames[1:-1:2]
            case Intervened():
                self.interventions.append(event)
            case Saved():
                self.saved = event
            case RunEnded():
                self.ended = event
            case _:
                pass

    def at(self, step: int) -> TrainFrame | None:
        """Return the newest report that is not later than a step; None before the first."""
        place = bisect_right(self.frames, step, key=lambda frame: frame.step)
        return self.frames[place - 1] if place else None

    def phases(self) -> list[tuple[Phase, int, int]]:
        """Return (phase, first step, last step) for each stretch of reports of one phase."""
        runs = ((phase, list(run)) for phase, run in groupby(self.frames, key=lambda frame: frame.phase))
        return [(phase, run[0].step, run[-1].step) for phase, run in runs]


def judged(frame: TrainFrame) -> float:
    """Return the loss that the phase is judged by: on held-out text where there is some."""
    return frame.loss if frame.valid_loss is None else frame.valid_loss


def first_difference(one: TrainingLog, other: TrainingLog) -> int | None:
    """Return the first step at which both runs were looked at and their losses differ; None where there is none yet."""
    losses = {frame.step: (frame.loss, frame.valid_loss) for frame in other.frames}
    return next(
        (frame.step for frame in one.frames if losses.get(frame.step, (frame.loss, frame.valid_loss)) != (frame.loss, frame.valid_loss)),
        None,
    )
