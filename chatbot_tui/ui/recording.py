"""A training that was recorded: the reports that a checkpoint keeps of its own, shown as a run that nobody trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chatbot_tui.core.library import CheckpointEntry, finished_step, list_checkpoints
from chatbot_tui.core.reports import read_reports
from chatbot_tui.core.steps import has_reports
from chatbot_tui.ui.training_log import TrainingLog

MAX_PROBE = 200
"""Letters of a probe prompt that are shown at most: cards are made by hand too."""


@dataclass(frozen=True)
class Recording:
    """The history of one checkpoint."""

    entry: CheckpointEntry
    log: TrainingLog
    probe: str
    """The prompt that the net was asked at every report."""

    def has_net(self, step: int) -> bool:
        """Return whether the net of that step can be loaded."""
        return step in self.entry.steps

    def is_finished(self, step: int) -> bool:
        """Return whether that step's net is the finished one."""
        return step == finished_step(self.entry.card)


def recorded_checkpoints() -> list[CheckpointEntry]:
    """Return the checkpoints that keep the reports of their training, in the order of the library."""
    return [entry for entry in list_checkpoints() if not entry.problem and has_reports(entry.path)]


def read_recording(entry: CheckpointEntry) -> Recording:
    """Read the history of a checkpoint. Raises InputError."""
    frames = read_reports(entry.path)
    recipe = entry.card.get("recipe")
    probe = recipe.get("probe") if isinstance(recipe, Mapping) else None
    log = TrainingLog(entry.name, frames[-1].total_steps, list(frames))
    return Recording(entry, log, probe[:MAX_PROBE] if isinstance(probe, str) else "")
