"""Goes between the app and the laboratory: its runs go on while its screen is closed, and whoever shows them is told of news."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from chatbot_tui.ui.lab_session import LabSession
from chatbot_tui.ui.screens.lab import LabScreen

if TYPE_CHECKING:
    from textual.app import App

    from chatbot_tui.core.diagnosis import Prescription
    from chatbot_tui.core.lab import LabBackend
    from chatbot_tui.ui.screens.choice import Choice


class Laboratory:
    """Opens the laboratory's screen over others of `app`.

    Args:
        app: the app.
        backend: the laboratory's torch side.
        load: called with the checkpoint to chat with, or None, when the screen closes.
        changed: called whenever there is something new to show elsewhere.
        report: shows a problem that stops nothing.
    """

    def __init__(
        self,
        app: App[None],
        backend: LabBackend,
        load: Callable[[Choice | None], Awaitable[None]],
        changed: Callable[[], None],
        report: Callable[[str], None],
    ) -> None:
        self._app = app
        self._load = load
        self._changed = changed
        self.session = LabSession(app, backend, self._show, report)

    def open(self, prescription: Prescription | None = None) -> None:
        """Show recipes and runs; with a prescription its recipe is chosen."""
        self._app.push_screen(LabScreen(self.session, prescription), self._left)

    async def _left(self, choice: Choice | None) -> None:
        self._show()
        await self._load(choice)

    def leave(self) -> bool:
        """Close the laboratory's screen if it is on top, and return whether it was; the runs go on."""
        if not isinstance(self._app.screen, LabScreen):
            return False
        self._app.screen.dismiss(None)
        return True

    def look(self) -> None:
        """Note that the person turned to something else: that a training has ended is no news any more."""
        self.session.look()
        self._show()

    def _show(self) -> None:
        for screen in self._app.screen_stack:
            if isinstance(screen, LabScreen):
                screen.show_runs()
        self._changed()
