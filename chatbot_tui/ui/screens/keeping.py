"""The part of the laboratory that keeps nets: saved under a name, and opened in the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatbot_tui.ui.lab_session import LabSession
from chatbot_tui.ui.screens.choice import Choice
from chatbot_tui.ui.screens.looking import LookingScreen

if TYPE_CHECKING:
    from chatbot_tui.core.lab import Saved


class KeepingScreen(LookingScreen):
    """Keeps the net of a session's first run."""

    def __init__(self, session: LabSession) -> None:
        super().__init__()
        self.session = session

    def action_save(self) -> None:
        """Ask for a name, and keep the net."""
        self._ask_and_save(open_it=False)

    def action_open(self) -> None:
        """Keep the net unless it is kept already, and speak with it; of a recording, with the net at the step shown."""
        if self.recording is not None and self.view.frame is not None:
            self.open_recorded(self.recording, self.view.frame.step)
            return
        runs = self.session.runs
        if runs and runs[0].saved is not None and runs[0].saved.step == runs[0].step and self.session.state == "ended":
            self.dismiss(Choice(runs[0].saved.path))
            return
        self._ask_and_save(open_it=True)

    def _ask_and_save(self, *, open_it: bool) -> None:
        from chatbot_tui.ui.screens.dialogs.ask import AskDialog

        if self.recording is not None:
            self.notify("This net is in the library already: ctrl+o opens it in the chat.", markup=False)
            return
        if not self.session.runs or not self.session.runs[0].frames:
            self.notify("There is no net to keep yet: start a recipe first.", markup=False)
            return

        def saved(done: Saved) -> None:
            self.notify(f"Saved as {done.name}, {done.step:,} steps old.", markup=False)
            if open_it and self.is_current:
                self.dismiss(Choice(done.path))

        def save(name: str | None) -> None:
            if name:
                self.session.on_saved = saved
                self.session.backend.save(0, name)
                self.notify("Measuring and saving …", timeout=3)

        run = self.session.runs[0]
        suggestion = f"my-{run.name.rstrip('*')}-{run.step}"
        self.app.push_screen(AskDialog("Save the net as", "a name for the library", suggestion), save)
