"""The library: every checkpoint with its card; load, rename, delete, or open one from the disk."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.getters import query_one
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import CheckpointEntry, delete, rename
from chatbot_tui.ui.messages import ExaminationWanted, OpeningWanted
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.screens.card import card_text, says_one_word
from chatbot_tui.ui.screens.choice import Choice
from chatbot_tui.ui.screens.dialogs.ask import AskDialog
from chatbot_tui.ui.screens.dialogs.confirm import ConfirmDialog
from chatbot_tui.ui.screens.status import fitting
from chatbot_tui.ui.widgets.glyphs import fit

LEGEND = ("Checkpoints", "enter loads", "● speaks", "✗ says one word", "M million parameters")
"""What the list's signs mean."""
SIZE = 7
"""Cells of a number of parameters, with a blank before it."""
NAME = 16
"""Cells that a name has at least: where there is no room for more, it stands alone."""
COMPACT = 64
"""Columns below which the card stands below the list."""
OWN = " own"
"""What stands behind a checkpoint that did not come with the program."""


class LibraryScreen(Screen[Choice | None]):
    """Gives back a Choice, or None. `entries` lists the checkpoints afresh; `current` is the one that speaks."""

    CSS_PATH = "lists.tcss"
    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="library-back", tooltip="Go back to the chat"),
        Binding("r", "rename", "Rename", id="library-rename", tooltip="Give your own checkpoint another name"),
        Binding("d", "delete", "Delete", id="library-delete", tooltip="Remove your own checkpoint from the disk"),
        Binding("e", "examine", "Examine", id="library-examine", tooltip="Send the checkpoint to the doctor: what has it, and why?"),
        Binding("o", "open", "Open file", id="library-open", tooltip="Load a checkpoint from anywhere on the disk"),
    ]

    options = query_one(OptionList)

    def __init__(self, entries: Callable[[], Sequence[CheckpointEntry]], current: str) -> None:
        super().__init__()
        self._list = entries
        self._current = current
        self._entries: list[CheckpointEntry] = []

    def compose(self) -> ComposeResult:
        """Lay out list and card."""
        yield Static(classes="heading", markup=False)
        with Horizontal(classes="columns"):
            options = OptionList(id="entries", markup=False)
            options.tooltip = "Enter loads the checkpoint"
            yield options
            with VerticalScroll(classes="detail"):
                yield Static(id="card")
        yield Footer()

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill(self._current)

    def on_resize(self, event: events.Resize) -> None:
        """Arrange everything for the new width."""
        self.set_class(event.size.width < COMPACT, "-compact")
        self.query_one(".heading", Static).update(fitting(LEGEND, " · ", event.size.width - 4))
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        # Padding on both sides, and a scrollbar beside the list.
        width = max(0, self.options.size.width - 3)
        highlighted = self.options.highlighted
        self.options.set_options([Option(line(entry, entry.name == self._current, width)) for entry in self._entries])
        self.options.highlighted = highlighted
        self._show_card()

    def _fill(self, highlight: str) -> None:
        self._entries = list(self._list())
        self._draw()
        names = [entry.name for entry in self._entries]
        if names:
            self.options.highlighted = names.index(highlight) if highlight in names else 0
        else:
            self.query_one("#card", Static).update(Content("There are no checkpoints here yet: press o to open one from the disk."))

    @property
    def _chosen(self) -> CheckpointEntry | None:
        place = self.options.highlighted
        return self._entries[place] if place is not None and place < len(self._entries) else None

    @on(OptionList.OptionHighlighted)
    def _show_card(self) -> None:
        if self._chosen is not None:
            card = self.query_one("#card", Static)
            card.update(card_text(self._chosen, card.size.width))

    @on(OptionList.OptionSelected)
    def _load(self) -> None:
        entry = self._chosen
        if entry is None:
            return
        if entry.problem:
            self.notify(f"{entry.name} cannot be loaded: {entry.problem}", severity="error", markup=False)
            return
        self.dismiss(Choice(self._reference(entry)))

    def _reference(self, entry: CheckpointEntry) -> str:
        # A name may stand for a shipped checkpoint and one's own; the path is never in doubt.
        twins = sum(other.name == entry.name for other in self._entries)
        return entry.name if twins == 1 else str(entry.path)

    def action_examine(self) -> None:
        """Leave for the doctor with the highlighted checkpoint."""
        if self._chosen is not None:
            self.app.post_message(ExaminationWanted(self._reference(self._chosen)))
            self.dismiss(None)

    def action_rename(self) -> None:
        """Ask for another name."""
        if (entry := self._own()) is not None:
            self.app.push_screen(AskDialog(f"Rename {entry.name}", "new name", entry.name), lambda name: self._rename(entry, name))

    def _rename(self, entry: CheckpointEntry, name: str | None) -> None:
        if name is not None and name.strip() != entry.name:
            self._try(lambda: rename(entry, name).name)

    def action_delete(self) -> None:
        """Ask, then remove the checkpoint."""
        if (entry := self._own()) is not None:
            question = f"Delete {entry.name} from the disk?"
            self.app.push_screen(ConfirmDialog(question, "Delete"), lambda sure: self._delete(entry) if sure else None)

    def _delete(self, entry: CheckpointEntry) -> None:
        def remove() -> str:
            delete(entry)
            return self._current

        self._try(remove)

    def action_open(self) -> None:
        """Leave for what asks for a path."""
        self.app.post_message(OpeningWanted())
        self.dismiss(None)

    def _own(self) -> CheckpointEntry | None:
        entry = self._chosen
        if entry is not None and entry.source != "own":
            self.notify(f"{entry.name} comes with the program: only your own checkpoints can be changed.", markup=False)
            return None
        return entry

    def _try(self, change: Callable[[], str]) -> None:
        try:
            self._fill(change())
        except InputError as error:
            self.notify(str(error), severity="error", markup=False)


def line(entry: CheckpointEntry, speaks: bool, width: int) -> str:
    """Return a checkpoint's line in the list, in columns: its sign, its name, how large it is, and whether it is the person's own."""
    sign = "●" if speaks else "!" if entry.problem else "✗" if says_one_word(entry) else " "
    size = f"{entry.parameters / 1e6:.1f} M" if entry.parameters >= 100_000 else f"{entry.parameters:,}"
    room = width - 2 - SIZE - len(OWN)
    if room < NAME:
        return f"{sign} {printable(entry.name)}"
    return f"{sign} {fit(printable(entry.name), room)}{size.rjust(SIZE)}{OWN if entry.source == 'own' else ''}"
