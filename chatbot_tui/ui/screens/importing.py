"""A foreign file before it is a checkpoint: what was recognised, what a person corrects, a sentence to try, the way into the library."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static

from chatbot_tui.core.dropped import dropped_path
from chatbot_tui.core.imports import ImportBackend, ImportChoices, ImportRequest
from chatbot_tui.ui.import_session import ImportSession
from chatbot_tui.ui.messages import ImportEventsWaiting
from chatbot_tui.ui.panels.deck import PanelDeck
from chatbot_tui.ui.panels.import_settings import ImportSettings
from chatbot_tui.ui.panels.import_words import TOKENS, hint, setting_rows, standing
from chatbot_tui.ui.panels.tensor_list import TensorList
from chatbot_tui.ui.panels.tryout import Tryout
from chatbot_tui.ui.screens.choice import Choice
from chatbot_tui.ui.screens.correcting import ask_activation, ask_name, ask_part, ask_token, ask_unit
from chatbot_tui.ui.screens.dialogs.file_tree import FileTreeDialog, folder_of
from chatbot_tui.ui.widgets.lines import join

WIDE = (100, 26)
"""Columns and rows from which all panels stand together."""
SLIM = 74
"""Columns below which the footer's keys would be cut off."""
SHORT = 18
"""Rows below which the footer gives way to text."""
KEYS = "ctrl+s saves, chats · ctrl+l next · esc back"
"""Stands for the footer where it has no room."""
VOCABULARIES = (".json", ".jsonl", ".txt", ".vocab", ".tsv", ".csv", ".list", "")
"""Endings of files that hold tokens rather than weights."""
PICKLES = (".pkl", ".pickle")
"""Endings of files that hold tokens where those are what is missing, else perhaps weights."""


class ImportScreen(Screen[Choice | None]):
    """Shows a foreign file. Gives back the checkpoint that it became, to chat with; or None, and nothing has changed."""

    CSS_PATH = "importing.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="import-back", tooltip="Stop the answer; else leave, and nothing has changed"),
        Binding("ctrl+s", "keep", "Save and chat", id="import-save", tooltip="Keep the net in the library and chat with it", priority=True),
        Binding("ctrl+t", "try", "Try it", id="import-try", tooltip="Have the net answer a sentence before it is saved", priority=True),
        Binding(
            "ctrl+o", "vocabulary", "Vocabulary", id="import-vocabulary", tooltip="Look for the file that holds its tokens", priority=True
        ),
        Binding(
            "ctrl+r",
            "as_recognised",
            "As recognised",
            id="import-reset",
            tooltip="Take back everything that was set by hand",
            show=False,
            priority=True,
        ),
        Binding("ctrl+l", "next_panel", "Next panel", id="import-next-panel", tooltip="Show the next tab", show=False, priority=True),
    ]

    deck = query_one(PanelDeck)

    def __init__(self, backend: ImportBackend, request: ImportRequest) -> None:
        super().__init__()
        self.session = ImportSession(self, backend, request, self.show_file)

    def compose(self) -> ComposeResult:
        """Lay out how the file stands above the panels."""
        yield Static(id="standing", markup=False)
        yield PanelDeck(titles=("tensors", "settings", "try it"))
        yield Static(KEYS, id="keys", markup=False)
        yield Footer()

    async def on_mount(self) -> None:
        """Put the panels in, and read the file."""
        await self.deck.fill(TensorList(), ImportSettings(), Tryout())
        await self.session.read(self.session.request)
        # What is shown depends on the size, which comes after this.
        self.call_after_refresh(self._focus_first)

    def on_unmount(self) -> None:
        """Let go of the file."""
        self.session.abandon()

    def on_resize(self, event: events.Resize) -> None:
        """Arrange for the new size."""
        width, height = event.size
        wide = width >= WIDE[0] and height >= WIDE[1]
        self.set_class(wide, "-wide")
        self.set_class(width < SLIM or height < SHORT, "-slim")
        self.set_class(height < SHORT, "-short")
        self.deck.tabbed = not wide

    @on(ImportEventsWaiting)
    def take_in(self) -> None:
        """Show what has been found out; chat with a net that has been kept."""
        reading = self.session.state == "reading"
        self.session.absorb()
        if reading and self.session.state == "unfit":
            self._point_at_trouble()
        if self.session.kept is not None and self.is_current:
            self.dismiss(Choice(self.session.kept.path))

    def show_file(self) -> None:
        """Bring everything in line with what is known."""
        if not self.query(Tryout):
            return
        session = self.session
        self.query_one("#standing", Static).update(join([standing(session)]))
        self.query_one(TensorList).show(session.reading, session.request.choices.becomes)
        self.query_one(ImportSettings).show(setting_rows(session))
        self.query_one(Tryout).show(session.tried, hint(session))

    # What a person corrects

    @on(OptionList.OptionSelected, "#tensors")
    def _place(self) -> None:
        tensor, reading = self.query_one(TensorList).chosen, self.session.reading
        if tensor is not None and reading is not None:
            ask_part(self, tensor, reading.recognised, self.session.request.choices, self._choose)

    @on(OptionList.OptionSelected, "#settings")
    def _set(self) -> None:
        key = self.query_one(ImportSettings).chosen
        choices = self.session.request.choices
        if key == "vocabulary":
            self.action_vocabulary()
        elif key in TOKENS:
            ask_token(self, key, choices, self._choose)
        elif key == "unit":
            ask_unit(self, choices, self._choose)
        elif key == "head_activation":
            ask_activation(self, choices, self._choose)
        elif key == "name":
            ask_name(self, self.session.chosen_name, self._call)

    async def _choose(self, choices: ImportChoices) -> None:
        if self._free() and choices != self.session.request.choices:
            await self.session.choose(choices)

    def _call(self, name: str) -> None:
        self.session.name = name.strip()
        self.session.problem = self.session.problem if self.session.state in ("refused", "unfit") else ""
        self.show_file()

    async def action_as_recognised(self) -> None:
        """Take back everything that was set by hand."""
        await self._choose(ImportChoices())

    def action_vocabulary(self) -> None:
        """Look for the vocabulary."""
        request = self.session.request
        self.app.push_screen(FileTreeDialog("Which vocabulary?", folder_of(request.vocabulary or request.file)), self._take_vocabulary)

    async def _take_vocabulary(self, path: str | None) -> None:
        if path is not None and self._free():
            await self.session.read(replace(self.session.request, vocabulary=path))

    async def on_paste(self, event: events.Paste) -> None:
        """Take a file that is dragged here: tokens or weights, by its name."""
        path = dropped_path(event.text)
        if path is None or not path.is_file() or not self._free():
            return
        event.stop()
        missing = self.session.speaks and self.session.request.vocabulary is None
        if path.suffix.lower() in (*VOCABULARIES, *(PICKLES if missing else ())):
            await self._take_vocabulary(str(path))
        else:
            await self.session.read(ImportRequest(str(path), self.session.request.vocabulary))

    # Trying and keeping

    def action_try(self) -> None:
        """Go to the line that asks the net."""
        self.deck.show_panel("try it")
        self.query_one("#sentence", Input).focus()

    @on(Input.Submitted, "#sentence")
    async def _ask(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            return
        if self.session.speaks:
            await self.session.attempt(event.value.strip())
        elif self._free():
            self.notify("There is no net to ask: the line on top says why.", timeout=3)

    async def action_keep(self) -> None:
        """Keep the net in the library, and chat with it."""
        if self.session.speaks:
            await self.session.keep()
        elif self._free():
            self.notify("There is no net to keep: the line on top says why.", timeout=3)

    def _point_at_trouble(self) -> None:
        """Give the keys to what keeps the net from speaking: a tensor that nobody knows, else the settings."""
        tensors = self.query_one(TensorList)
        unknown = tensors.point_at_unknown()
        self.deck.show_panel("tensors" if unknown else "settings")
        (tensors if unknown else self.query_one(ImportSettings)).focus()

    def _free(self) -> bool:
        """Return whether something else may be begun, and say so where not."""
        if self.session.state in ("keeping", "kept"):
            self.notify("The net is being written: a moment.", timeout=2)
            return False
        return True

    async def action_leave(self) -> None:
        """Stop the answer; else go back."""
        if self.session.state == "answering":
            await self.session.stop_answer()
        elif self._free():
            self.dismiss(None)

    # Looks

    def action_next_panel(self) -> None:
        """Show the next tab."""
        self.deck.next_panel()
        self.call_after_refresh(self._focus_shown)

    def _focus_first(self) -> None:
        """Give the keys to what is shown first, unless the file has been read and they are on what is wrong with it."""
        if self.focused is None:
            self._focus_shown()

    def _focus_shown(self) -> None:
        """Give the keys to what is shown, unless they are on the tabs by intention."""
        shown = self.deck.shown if self.deck.tabbed else "settings"
        if shown == "try it":
            self.query_one("#sentence", Input).focus()
        else:
            self.query_one("#tensors" if shown == "tensors" else "#settings", OptionList).focus()
