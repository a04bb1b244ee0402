"""Holds the settings while the app runs and writes them a moment after they changed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.settings import Settings, save_settings


class Preferences:
    """The settings, and whether the file has them. `report` is told, once, why they cannot be saved."""

    def __init__(self, settings: Settings, path: Path, report: Callable[[str], object]) -> None:
        self.settings = settings
        self.path = path
        self._report = report
        self._dirty = False
        self._refused = False

    def change(self, **values: Any) -> None:
        """Replace some settings; `save` puts them on the disk."""
        changed = replace(self.settings, **values)
        self._dirty = self._dirty or changed != self.settings
        self.settings = changed

    def save(self) -> None:
        """Write what changed since the last time."""
        if not self._dirty:
            return
        self._dirty = False
        try:
            save_settings(self.settings, self.path)
        except InputError as error:
            if not self._refused:
                self._refused = True
                self._report(str(error))
