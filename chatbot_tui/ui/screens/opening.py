"""Goes between the app and files from anywhere on the disk: folders are loaded as they are, foreign files are looked at first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chatbot_tui.core.imports import ImportBackend, ImportRequest
from chatbot_tui.ui.screens.choice import Choice

if TYPE_CHECKING:
    from textual.app import App


class Opening:
    """Opens what a person names, over the screens of `app`.

    Args:
        app: the app.
        backend: what reads foreign files.
        load: called with the checkpoint to chat with, or None.
    """

    def __init__(self, app: App[None], backend: ImportBackend, load: Callable[[Choice | None], Awaitable[None]]) -> None:
        self._app = app
        self._backend = backend
        self._load = load

    def ask(self) -> None:
        """Ask for a path; what reads files starts meanwhile."""
        from chatbot_tui.ui.screens.dialogs.open_file import OpenFileDialog

        self._backend.prepare()
        self._app.push_screen(OpenFileDialog(), self._answered)

    async def _answered(self, answer: tuple[str, str] | None) -> None:
        if answer is None:
            self._backend.rest()
        else:
            await self.open(*answer)

    async def open(self, path: str, vocabulary: str = "") -> None:
        """Open a checkpoint by its path, or by its name where there is no such path."""
        from chatbot_tui.ui.screens.importing import ImportScreen

        if is_checkpoint(path):
            self._backend.rest()
            await self._load(Choice(path, vocabulary))
        else:
            self._app.push_screen(ImportScreen(self._backend, ImportRequest(path, vocabulary or None)), self._load)


def is_checkpoint(path: str) -> bool:
    """Return whether a path is that of a folder, or the name of a checkpoint rather than the path of a file."""
    from chatbot_tui.core.library import CheckpointEntry, look_up

    try:
        place = Path(path).expanduser()
        # Whatever is there and is no folder is looked at with care; so is what is not there, for a good word about it.
        return place.is_dir() or (not place.exists() and isinstance(look_up(path.rpartition("@")[0] or path), CheckpointEntry))
    except (OSError, RuntimeError, ValueError):
        return False
