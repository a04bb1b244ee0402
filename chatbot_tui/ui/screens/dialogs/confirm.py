"""Asks before something is gone for good."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Label


class ConfirmDialog(ModalScreen[bool]):
    """A question with two answers; the harmless one has the focus."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss(False)", "No", show=False),
        Binding("y", "dismiss(True)", "Yes", show=False),
    ]
    AUTO_FOCUS = "#no"

    def __init__(self, question: str, act: str) -> None:
        super().__init__()
        self._question = question
        self._act = act

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical(classes="dialog"):
            yield Label(self._question, classes="title", markup=False)
            with Horizontal(classes="answers"):
                yield Button("No (n)", id="no", compact=True, tooltip="Leave everything as it is")
                yield Button(f"{self._act} (y)", id="yes", variant="error", compact=True, tooltip="This cannot be taken back")

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")
