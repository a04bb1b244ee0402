"""Asks which checkpoint to open from the disk, and with which vocabulary."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from chatbot_tui.ui.screens.dialogs.file_tree import FileTreeDialog, folder_of
from chatbot_tui.ui.screens.dialogs.path_input import PathInput


class OpenFileDialog(ModalScreen[tuple[str, str] | None]):
    """Two lines to fill in: the path, and a vocabulary where the checkpoint has none of its own."""

    CSS_PATH = "dialogs.tcss"
    AUTO_FOCUS = "#path"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]  # noqa: RUF012 (the framework declares it so)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", show=False),
        Binding("ctrl+o", "browse", "Look for it", show=False, priority=True),
    ]

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical(classes="dialog"):
            yield Label("Open a checkpoint from the disk", classes="title")
            yield PathInput(placeholder="checkpoint: a folder or a file", id="path", tooltip="A checkpoint folder, or a file of weights")
            yield PathInput(
                placeholder="vocabulary, if it has none of its own",
                id="vocabulary",
                tooltip="tokenizer.json, a JSON list or map, or a word list",
            )
            yield Label("type or paste a path, or drag a file here", classes="keys")
            yield Label("enter opens · ctrl+o looks · tab next line · esc leaves", classes="more")

    @on(Input.Submitted)
    def _answer(self) -> None:
        path = self.query_one("#path", PathInput).path
        if path:
            self.dismiss((path, self.query_one("#vocabulary", PathInput).path))
        else:
            self.query_one("#path", PathInput).focus()

    def action_browse(self) -> None:
        """Look for the file of the line that has the focus."""
        lines = self.query(PathInput)
        line = next((line for line in lines if line.has_focus), lines.first())
        begin = line.path or self.query_one("#path", PathInput).path
        title = "Which vocabulary?" if line.id == "vocabulary" else "Which file of weights?"

        def take(path: str | None) -> None:
            if path is not None:
                line.value = path
                line.action_end()
            line.focus()

        self.app.push_screen(FileTreeDialog(title, folder_of(begin)), take)
