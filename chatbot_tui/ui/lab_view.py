"""Which report of which runs the laboratory shows: the one value that all its panels are bound to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatbot_tui.ui.training_log import TrainingLog

if TYPE_CHECKING:
    from chatbot_tui.core.frames import TrainFrame


@dataclass(frozen=True)
class LabView:
    """One or two runs, and the place among their reports at which the person looks."""

    runs: tuple[TrainingLog, ...] = ()
    index: int = -1
    """Which report of the first run; -1 is the newest."""
    probe: str = ""
    """The prompt that the net is asked."""

    @property
    def live(self) -> bool:
        """Whether the newest report is shown."""
        return self.index < 0

    @property
    def frame(self) -> TrainFrame | None:
        """The report of the first run; None before there is one."""
        frames = self.runs[0].frames if self.runs else []
        return frames[self.index] if frames else None

    @property
    def frames(self) -> tuple[TrainFrame | None, ...]:
        """The reports of all runs at that step."""
        first = self.frame
        return (first, *(run.at(first.step) if first is not None else None for run in self.runs[1:])) if self.runs else ()

    def history(self, run: int = 0) -> list[TrainFrame]:
        """Return the reports of a run up to the one that is shown."""
        shown = self.frame
        if shown is None or run >= len(self.runs):
            return []
        return [frame for frame in self.runs[run].frames if frame.step <= shown.step]


NOTHING = LabView()
