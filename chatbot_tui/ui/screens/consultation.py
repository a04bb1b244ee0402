"""Goes between the app and the doctor: has a checkpoint examined unless it has been, and shows what is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chatbot_tui.core.diagnosis import DoctorBackend, ExamineRequest, Prescription
from chatbot_tui.ui.doctor_session import DoctorSession
from chatbot_tui.ui.screens.doctor import DoctorScreen

if TYPE_CHECKING:
    from textual.app import App

    from chatbot_tui.core.ports import LoadedCheckpoint


class Consultation:
    """Opens the doctor's screen over others of `app`.

    Args:
        app: the app.
        backend: the doctor's torch side.
        treat: called with what the person wants to try in the laboratory, or None, when the screen closes.
        changed: called whenever there is something new to show elsewhere.
    """

    def __init__(
        self, app: App[None], backend: DoctorBackend, treat: Callable[[Prescription | None], None], changed: Callable[[], None]
    ) -> None:
        self._app = app
        self._treat = treat
        self._changed = changed
        self.session = DoctorSession(app, backend, self._show)

    async def see(self, checkpoint: str) -> None:
        """Examine a checkpoint that need not be loaded."""
        await self._open(ExamineRequest(checkpoint), "")

    async def see_loaded(self, loaded: LoadedCheckpoint, vocabulary: str | None) -> None:
        """Examine the checkpoint that speaks, at the step at which it speaks."""
        place = loaded.path if loaded.step is None else f"{loaded.path}@{loaded.step}"
        await self._open(ExamineRequest(place, vocabulary), loaded.fingerprint)

    async def _open(self, request: ExamineRequest, fingerprint: str) -> None:
        if not self.session.knows(request, fingerprint):
            await self.session.examine(request, fingerprint)
        self._app.push_screen(DoctorScreen(self.session), self._treat)

    def leave(self) -> bool:
        """Close the doctor's screen if it is on top, and return whether it was; an examination goes on."""
        if not isinstance(self._app.screen, DoctorScreen):
            return False
        self._app.screen.dismiss(None)
        return True

    def _show(self) -> None:
        for screen in self._app.screen_stack:
            if isinstance(screen, DoctorScreen):
                screen.show_examination()
        self._changed()
