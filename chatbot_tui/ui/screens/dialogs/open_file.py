"""Asks which checkpoint to open from the disk, and with which vocabulary."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label


class OpenFileDialog(ModalScreen[tuple[str, str] | None]):
    """Two lines to fill in: the path, and a vocabulary where the checkpoint has none of its own."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", show=False)]

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical(classes="dialog"):
            yield Label("Open a checkpoint from the disk", classes="title")
            yield Input(placeholder="checkpoint: a folder or a file", id="path", tooltip="A checkpoint folder, or a file of weights")
            yield Input(
                placeholder="vocabulary, if it has none of its own",
                id="vocabulary",
                tooltip="tokenizer.json, a JSON list or map, or a word list",
            )
            yield Label("enter opens it · tab to the next line · esc leaves it", classes="keys")

    @on(Input.Submitted)
    def _answer(self) -> None:
        path = self.query_one("#path", Input).value.strip()
        if path:
            self.dismiss((path, self.query_one("#vocabulary", Input).value.strip()))
        else:
            self.query_one("#path", Input).focus()
