"""Chooses a file by looking for it.

Textual's own tree: it reads folders in a thread and lives with links in a loop and folders without permission, of which the well-known
picker that builds on it does not survive the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DirectoryTree, Label

from chatbot_tui.core.dropped import dropped_path
from chatbot_tui.ui.panels.wrapping import printable


class PlainTree(DirectoryTree):
    """A tree whose signs every terminal has, with names that no terminal obeys; hidden files stay so."""

    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    ICON_FILE = "  "

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Leave out what is hidden."""
        return (path for path in paths if not path.name.startswith("."))

    def process_label(self, label: str | Text) -> Text:
        """Return a name in one line of printable characters."""
        return Text(printable(str(label)).replace("\n", "␊"), no_wrap=True)


class FileTreeDialog(ModalScreen[str | None]):
    """A tree that begins in `folder`. Gives back a path, or None."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "DirectoryTree"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]  # noqa: RUF012 (the framework declares it so)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False),
        Binding("backspace,left", "up", "Up", show=False),
    ]

    def __init__(self, title: str, folder: Path) -> None:
        super().__init__()
        self._title = title
        self._folder = folder

    def compose(self) -> ComposeResult:
        """Lay out the tree between what is asked and the keys."""
        with Vertical(classes="dialog tree"):
            yield Label(self._title, classes="title", markup=False)
            tree = PlainTree(self._folder)
            tree.tooltip = "Enter opens a folder or takes a file; backspace goes to the folder above"
            yield tree
            yield Label("enter takes it · backspace: folder above · esc leaves it", classes="keys")

    def action_up(self) -> None:
        """Show the folder above."""
        tree = self.query_one(PlainTree)
        tree.path = Path(tree.path).absolute().parent

    @on(DirectoryTree.FileSelected)
    def _take(self, event: DirectoryTree.FileSelected) -> None:
        event.stop()
        self.dismiss(str(event.path))

    def on_paste(self, event: events.Paste) -> None:
        """Take a file that is dragged here."""
        if (path := dropped_path(event.text)) is not None and path.is_file():
            self.dismiss(str(path))


def folder_of(path: str) -> Path:
    """Return the folder in which to begin to look: that of a path, else the one in which the program was started."""
    try:
        whole = Path(path).expanduser().absolute()
        return next((place for place in (whole, whole.parent) if path and place.is_dir()), Path.cwd())
    except (OSError, RuntimeError, ValueError):
        return Path("/")
