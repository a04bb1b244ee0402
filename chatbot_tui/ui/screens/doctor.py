"""The doctor: what one checkpoint has, the numbers behind it, and what to do about it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.getters import query_one
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Tabs

from chatbot_tui.core import paths
from chatbot_tui.core.diagnosis import Prescription
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import RESERVED
from chatbot_tui.ui.doctor_session import DoctorSession
from chatbot_tui.ui.doctor_view import NOTHING, DoctorView
from chatbot_tui.ui.panels.answers import Answers
from chatbot_tui.ui.panels.deck import PanelDeck
from chatbot_tui.ui.panels.findings import Findings
from chatbot_tui.ui.panels.layer_strips import LayerStrips
from chatbot_tui.ui.panels.signals import Signals
from chatbot_tui.ui.panels.state_map import StateMap
from chatbot_tui.ui.panels.verdict import VerdictPanel

WIDE = (110, 34)
"""Columns and rows from which all panels stand together."""
SLIM = 74
"""Columns below which the footer's keys would be cut off."""
SHORT = 18
"""Rows below which the footer gives way to text."""
TINY = (50, 13)
"""Columns and rows below which only the verdict is shown."""
SAVED_SECONDS = 10
"""How long it is told where a report was written."""


class DoctorScreen(Screen[Prescription | None]):
    """Shows the examination of a session. Gives back what the person wants to try in the laboratory, or None."""

    CSS_PATH = "doctor.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="doctor-back", tooltip="Let the examination go; else go back to the chat"),
        Binding("enter", "treat(0)", "Try in lab", id="doctor-treat", tooltip="Open the laboratory with what helps", priority=True),
        *(
            Binding(str(key), f"treat({key - 1})", f"Try number {key}", id=f"doctor-treat-{key}", tooltip=tooltip, show=False)
            for key, tooltip in enumerate(("Open the laboratory with the first remedy", "Or with the second", "Or with the third"), 1)
        ),
        Binding("t", "text", "Add text", id="doctor-text", tooltip="Name text that the net learnt from, and examine again"),
        Binding("r", "again", "Again", id="doctor-again", tooltip="Examine once more"),
        Binding("s", "save", "Save", id="doctor-save", tooltip="Write the report as Markdown and JSON"),
        Binding("ctrl+l", "next_panel", "Next panel", id="doctor-next-panel", tooltip="Show the next tab", show=False, priority=True),
        Binding(
            "left",
            "turn(-1)",
            "Prompts before",
            id="doctor-left",
            tooltip="Show the prompts before, or another tab",
            show=False,
            priority=True,
        ),
        Binding(
            "right", "turn(1)", "More prompts", id="doctor-right", tooltip="Show more prompts, or another tab", show=False, priority=True
        ),
    ]

    deck = query_one(PanelDeck)
    view: var[DoctorView] = var(NOTHING)
    """What all panels show."""

    def __init__(self, session: DoctorSession) -> None:
        super().__init__()
        self.session = session

    def compose(self) -> ComposeResult:
        """Lay out the verdict above the panels."""
        yield VerdictPanel().data_bind(DoctorScreen.view)
        yield PanelDeck(titles=("findings", "signals", "layers", "states", "prompts"))
        yield Footer()

    async def on_mount(self) -> None:
        """Put the panels in, and show how the examination stands."""
        panels = (Findings, Signals, LayerStrips, StateMap, Answers)
        await self.deck.fill(*(panel().data_bind(DoctorScreen.view) for panel in panels))
        self.show_examination()
        self._focus_shown()

    def on_resize(self, event: events.Resize) -> None:
        """Arrange for the new size."""
        width, height = event.size
        wide = width >= WIDE[0] and height >= WIDE[1]
        self.set_class(wide, "-wide")
        self.set_class(width < SLIM or height < SHORT, "-slim")
        self.set_class(width < TINY[0] or height < TINY[1], "-tiny")
        self.deck.tabbed = not wide

    def show_examination(self) -> None:
        """Bring everything in line with what is known."""
        session = self.session
        request, progress = session.request, session.progress
        name = "" if request is None else Path(request.checkpoint).name
        self.view = DoctorView(
            name=session.diagnosis.checkpoint or name if session.diagnosis is not None else name,
            state=session.state,
            stage=progress.stage if progress is not None else "starting",
            share=progress.share if progress is not None else 0.0,
            diagnosis=session.diagnosis,
            problem=session.problem,
        )

    async def action_leave(self) -> None:
        """Let the examination go; else go back."""
        if self.session.state == "examining":
            await self.session.cancel()
        else:
            self.dismiss(None)

    async def action_again(self) -> None:
        """Examine the same checkpoint with the same text."""
        if self.session.request is not None:
            await self.session.examine(self.session.request, self.session.fingerprint)

    def action_text(self) -> None:
        """Ask for text, and examine with it."""
        from chatbot_tui.ui.screens.dialogs.ask import AskDialog

        request = self.session.request
        if request is None:
            return

        async def examine(answer: str | None) -> None:
            if answer is not None and (given := corpora(answer)) != request.corpora:
                await self.session.examine(replace(request, corpora=given), self.session.fingerprint)

        hint = ".txt or .jsonl files, or lab; empty for none"
        given = " ".join(map(shlex.quote, request.corpora))
        self.app.push_screen(AskDialog("Text that the net was trained on, or is to speak like", hint, given), examine)

    def action_treat(self, place: int) -> None:
        """Leave for the laboratory with what helps."""
        diagnosis = self.session.diagnosis
        if diagnosis is None:
            self.notify("There is no diagnosis yet: wait until the net has been examined.", timeout=3)
        elif place < len(diagnosis.prescription):
            self.dismiss(diagnosis.prescription[place])
        elif place == 0:
            well = diagnosis.verdict == "healthy"
            self.notify("Nothing needs to be mended." if well else "The laboratory has no recipe against this: read the findings.")

    def action_save(self) -> None:
        """Ask where to, and write the report."""
        diagnosis = self.session.diagnosis
        if diagnosis is None:
            self.notify("There is nothing to save yet: wait until the net has been examined.", timeout=3)
            return
        name = "".join("-" if character in RESERVED or not character.isprintable() else character for character in diagnosis.checkpoint)
        self._ask_where(str(paths.data_folder() / "reports" / f"{name or 'checkpoint'}-{diagnosis.verdict}"))

    def _ask_where(self, suggestion: str) -> None:
        from chatbot_tui.core.report_files import write_report
        from chatbot_tui.ui.screens.dialogs.ask import AskDialog

        def write(answer: str | None) -> None:
            diagnosis = self.session.diagnosis
            if answer is None or not answer.strip() or diagnosis is None:
                return
            try:
                written = write_report(diagnosis, Path(answer.strip()))
            except InputError as error:
                self.notify(str(error), severity="error", timeout=SAVED_SECONDS, markup=False)
                self._ask_where(answer)
                return
            self.notify(f"Written: {', '.join(map(str, written))}", timeout=SAVED_SECONDS, markup=False)

        hint = "a path; one that ends in .md or .json is written in that form alone"
        self.app.push_screen(AskDialog("Save the report as Markdown and JSON", hint, suggestion), write)

    # Looks

    def action_next_panel(self) -> None:
        """Show the next tab."""
        self.deck.next_panel()
        self.call_after_refresh(self._focus_shown)

    def action_turn(self, by: int) -> None:
        """Show other prompts; another tab where no prompts are shown."""
        if not self.deck.tabbed or self.deck.shown == "prompts":
            self.query_one(Answers).turn(by)
        elif isinstance(self.focused, Tabs):
            self.focused.action_next_tab() if by > 0 else self.focused.action_previous_tab()

    def _focus_shown(self) -> None:
        """Give the arrow keys to what is shown."""
        shown = self.deck.shown if self.deck.tabbed else "signals"
        if shown == "signals":
            self.query_one(OptionList).focus()
        elif shown == "findings":
            self.query_one(Findings).focus()


def corpora(answer: str) -> tuple[str, ...]:
    """Return the paths in a line; one with spaces needs quotes unless it is the only one and there."""
    line = answer.strip()
    whole = Path(line).expanduser()
    try:
        parts = [line] if line and whole.exists() else shlex.split(line)
    except (OSError, ValueError):
        parts = line.split()
    return tuple(str(Path(part).expanduser()) for part in parts)
