"""Asks for one of a few things."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option


class PickDialog(ModalScreen[int | None]):
    """A question with a list of answers. Enter gives the number of one, escape None."""

    CSS_PATH = "dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel", show=False)]
    AUTO_FOCUS = "OptionList"

    def __init__(self, title: str, answers: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._answers = answers

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            answers = OptionList(*(Option(answer) for answer in self._answers), markup=False, compact=True)
            answers.tooltip = "Enter takes the answer"
            yield answers
            yield Label("enter takes it · esc leaves it", classes="keys")

    @on(OptionList.OptionSelected)
    def _answer(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)
