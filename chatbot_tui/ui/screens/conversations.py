"""Saved conversations: reopen one, or delete it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from chatbot_tui.core.conversations import ConversationSummary, delete
from chatbot_tui.core.errors import InputError
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.screens.dialogs.confirm import ConfirmDialog


class ConversationsScreen(Screen[Path | None]):
    """Gives back the file of the conversation to reopen, or None. `current` is the one on screen."""

    CSS_PATH = "lists.tcss"
    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="conversations-back", tooltip="Go back to the chat"),
        Binding("d", "delete", "Delete", id="conversations-delete", tooltip="Remove the conversation from the disk"),
    ]

    options = query_one(OptionList)

    def __init__(self, summaries: Callable[[], Sequence[ConversationSummary]], current: Path) -> None:
        super().__init__()
        self._list = summaries
        self._current = current
        self._summaries: list[ConversationSummary] = []

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield Static("Conversations · enter reopens", classes="heading")
        options = OptionList(id="entries", markup=False)
        options.tooltip = "Enter reopens the conversation"
        yield options
        yield Static("Nothing has been said yet: conversations are saved here by themselves.", id="nothing")
        yield Footer()

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill()

    def _fill(self) -> None:
        self._summaries = list(self._list())
        self.options.clear_options()
        self.options.add_options([Option(line(summary, summary.path == self._current)) for summary in self._summaries])
        self.options.highlighted = 0 if self._summaries else None
        self.options.display = bool(self._summaries)
        self.query_one("#nothing").display = not self._summaries

    @property
    def _chosen(self) -> ConversationSummary | None:
        place = self.options.highlighted
        return self._summaries[place] if place is not None and place < len(self._summaries) else None

    @on(OptionList.OptionSelected)
    def _open(self) -> None:
        if self._chosen is not None:
            self.dismiss(self._chosen.path)

    def action_delete(self) -> None:
        """Ask, then remove the conversation."""
        summary = self._chosen
        if summary is None:
            return
        if summary.path == self._current:
            self.notify("That one is on screen: begin a new conversation first, then delete it.")
            return
        self.app.push_screen(ConfirmDialog(f"Delete “{summary.title}”?", "Delete"), lambda sure: self._delete(summary) if sure else None)

    def _delete(self, summary: ConversationSummary) -> None:
        try:
            delete(summary.path)
        except InputError as error:
            self.notify(str(error), severity="error", markup=False)
        self._fill()


def line(summary: ConversationSummary, on_screen: bool) -> str:
    """Return a conversation's line in the list."""
    turns = "1 turn" if summary.turns == 1 else f"{summary.turns} turns"
    return f"{'●' if on_screen else ' '} {summary.when:%Y-%m-%d %H:%M}  {printable(summary.title)}  ({turns})"
