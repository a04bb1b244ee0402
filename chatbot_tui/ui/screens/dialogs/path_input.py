"""A line for a path: a file dragged onto it arrives as the bare path, however the terminal quotes it."""

from pathlib import Path

from textual import events
from textual.suggester import Suggester
from textual.widgets import Input

from chatbot_tui.core.dropped import dropped_path

MAX_ENTRIES = 5_000
"""Entries of a folder that are looked through for the one that was begun."""


class PathSuggester(Suggester):
    """Completes the last part of a path, in a thread: a folder may be on a slow disk."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the path with its last part in full, or None."""
        import asyncio

        return await asyncio.to_thread(completed, value)


class PathInput(Input):
    """An input that completes paths, and takes a dropped file in place of all that stood there."""

    def __init__(self, value: str = "", *, placeholder: str, tooltip: str, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(value, placeholder=placeholder, tooltip=tooltip, id=id, suggester=PathSuggester())

    def _on_paste(self, event: events.Paste) -> None:
        path = dropped_path(event.text)
        if path is not None:
            self.value = str(path)
            self.action_end()
            # Else the line would take the text as well.
            event.prevent_default()
            event.stop()

    @property
    def path(self) -> str:
        """What was typed, without the quotes that a shell would want."""
        line = self.value.strip()
        found = dropped_path(line)
        return str(found) if found is not None else line


def completed(value: str) -> str | None:
    """Return a path with its last part in full, the alphabetically first; None where nothing begins so."""
    begun = value.rpartition("/")[2]
    if not begun:
        return None
    try:
        folder = Path(value[: len(value) - len(begun)] or ".").expanduser()
        names = []
        for number, entry in enumerate(folder.iterdir()):
            if number >= MAX_ENTRIES:
                break
            if entry.name.startswith(begun) and entry.name.isprintable():
                names.append(entry.name + ("/" if entry.is_dir() else ""))
    except (OSError, RuntimeError, ValueError):
        return None
    return value[: len(value) - len(begun)] + min(names) if names else None
