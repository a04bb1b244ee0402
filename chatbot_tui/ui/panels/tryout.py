"""One sentence for a net that is not in the library yet, and what it makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from chatbot_tui.core.dropped import dropped_path
from chatbot_tui.ui.panels.headed import heading
from chatbot_tui.ui.panels.import_words import HINT_ON_IDS
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.glyphs import visible
from chatbot_tui.ui.widgets.lines import MUTED, ORANGE

if TYPE_CHECKING:
    from chatbot_tui.ui.import_session import Tried

ENDS = {"length": " … (cut here)", "end": " ∎", "cancelled": " … (stopped)"}
"""What stands behind a reply, by how it ended."""


class SentenceInput(Input):
    """A line for a sentence; a file that is dragged onto it is for the screen."""

    def _on_paste(self, event: events.Paste) -> None:
        if dropped_path(event.text) is not None:
            # Else the line would take the text.
            event.prevent_default()


class Tryout(VerticalScroll):
    """A line to fill in over the answer; enter asks again, with other dice."""

    can_focus = False

    def compose(self) -> ComposeResult:
        """Lay out question and answer."""
        line = SentenceInput(placeholder="try a sentence before saving", id="sentence", compact=True)
        line.tooltip = "Enter has the net answer; again, and the dice fall otherwise"
        yield line
        yield Static(id="answer")

    def on_resize(self) -> None:
        """Stretch the heading over the new width."""
        self.border_title = heading("try it", "enter asks", self.size.width)

    def show(self, tried: Tried | None, hint: str) -> None:
        """Show what came of the sentence; before that, and where the net could not read it, `hint` says what to ask."""
        self.query_one("#answer", Static).update(words(tried, hint))


def words(tried: Tried | None, hint: str) -> Content:
    """Return what the net read, which words it does not know, and what it said."""
    if tried is None:
        return Content.assemble((hint, MUTED))
    parts: list[tuple[str, str]] = []
    if tried.problem and hint == HINT_ON_IDS:
        return Content.assemble(("! ", f"bold {ORANGE}"), hint)
    if tried.problem:
        return Content.assemble(("! ", f"bold {ORANGE}"), printable(tried.problem))
    if tried.read:
        parts += [("read  ", MUTED), (f"{'·'.join(visible(text.strip() or text) for text in tried.read)}\n", "")]
    if tried.unknown:
        parts += [("      not in its vocabulary: ", ORANGE), (f"{printable(', '.join(tried.unknown))}\n", "")]
    end = "" if tried.finished is None else ENDS.get(tried.finished.finish_reason, "")
    parts += [("bot   ", MUTED), (printable(tried.reply).strip() or ("…" if tried.finished is None else "(nothing)"), "bold"), (end, MUTED)]
    return Content.assemble(*parts)
