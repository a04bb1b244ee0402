"""The part of the laboratory that knows which report the person looks at: of a run, or of a recording, for which nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import var
from textual.screen import Screen

from chatbot_tui.core.errors import InputError
from chatbot_tui.ui.lab_view import NOTHING, LabView
from chatbot_tui.ui.screens.choice import Choice

if TYPE_CHECKING:
    from chatbot_tui.core.library import CheckpointEntry
    from chatbot_tui.ui.recording import Recording

NONE_THERE = "No checkpoint here keeps its history: train one with chatbot-tui train healthy --set keep_steps='[0, 60, 600]'"
UNTOUCHABLE = "This is a recording, nothing is being trained: f8 closes it."
RECORDED_KEYS = "recorded, nothing is being trained  ← → walk  home end first, last  ctrl+o chat with this net  f8 close"


class LookingScreen(Screen[Choice | None]):
    """Binds the panels to one report. A recording, while one is open, stands in the place of the runs."""

    view: var[LabView] = var(NOTHING, always_update=True)
    """The report that every panel shows."""
    recording: Recording | None = None
    """What is played; None for the session's own runs."""
    step_shown: int | None = None
    """The step at which the person looks; None for the newest report."""

    def show_runs(self) -> None:
        """Bring everything in line with what is to be shown."""

    # Along the reports

    def action_look(self, by: int) -> None:
        """Look some reports back or on; past the newest is live again."""
        frames = self.view.runs[0].frames if self.view.runs else []
        if not frames:
            return
        place = (len(frames) - 1 if self.view.live else self.view.index) + by
        self._look_at(max(place, 0))

    def action_first(self) -> None:
        """Look at the first report."""
        if self.view.frame is not None:
            self._look_at(0)

    def action_live(self) -> None:
        """Follow the newest report."""
        self.step_shown = None
        self.show_runs()

    def _look_at(self, place: int) -> None:
        frames = self.view.runs[0].frames
        self.step_shown = frames[place].step if place < len(frames) - 1 else None
        self.show_runs()

    # Recordings

    def action_birth(self) -> None:
        """Play a recording, of several the one that the person picks; close it if one is open."""
        # Imported when somebody asks for it: the laboratory opens without the library.
        from chatbot_tui.ui.recording import recorded_checkpoints
        from chatbot_tui.ui.screens.dialogs.pick import PickDialog

        if self.recording is not None:
            self.close_recording()
            return
        entries = recorded_checkpoints()
        if len(entries) < 2:
            if entries:
                self.play(entries[0])
            else:
                self.notify(NONE_THERE, markup=False, timeout=10)
            return

        def picked(place: int | None) -> None:
            if place is not None:
                self.play(entries[place])

        self.app.push_screen(PickDialog("Whose training is played?", [line(entry) for entry in entries]), picked)

    def play(self, entry: CheckpointEntry) -> None:
        """Open a checkpoint's recording at its first report."""
        from chatbot_tui.ui.recording import read_recording

        try:
            self.recording = read_recording(entry)
        except InputError as error:
            self.notify(str(error), severity="warning", timeout=10, markup=False)
            return
        frames = self.recording.log.frames
        self.step_shown = frames[0].step if len(frames) > 1 else None
        self.set_focus(None)
        self.show_runs()

    def close_recording(self) -> None:
        """Show the session's own runs again."""
        self.recording, self.step_shown = None, None
        self.show_runs()

    def open_recorded(self, recording: Recording, step: int) -> None:
        """Leave for the chat with the net of a step."""
        # A name may stand for a shipped checkpoint and one's own; the path is never in doubt.
        place = str(recording.entry.path)
        if recording.is_finished(step):
            self.dismiss(Choice(place))
        elif recording.has_net(step):
            self.dismiss(Choice(place, step=step))
        else:
            self.notify(f"Only the report of step {step:,} is kept, its weights are not: look at another step.", markup=False)


def line(entry: CheckpointEntry) -> str:
    """Return a checkpoint's line in the list."""
    from chatbot_tui.ui.panels.wrapping import printable

    steps = f"{len(entry.steps)} steps, {entry.steps[0]:,} to {entry.steps[-1]:,}" if entry.steps else "reports only"
    return f"{printable(entry.name)}  {steps}"
