"""One sentence for a net that is not in the library yet, and what it makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from chatbot_tui.ui.panels.inspector import heading
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.glyphs import visible
from chatbot_tui.ui.widgets.lines import MUTED, ORANGE

if TYPE_CHECKING:
    from chatbot_tui.ui.import_session import Tried

ENDS = {"length": " … (cut here)", "end": " ∎", "cancelled": " … (stopped)"}
"""What stands behind a reply, by how it ended."""


class Tryout(VerticalScroll):
    """A line to fill in over the answer; enter asks again, with other dice."""

    can_focus = False

    def compose(self) -> ComposeResult:
        """Lay out question and answer."""
        line = Input(placeholder="try a sentence before saving", id="sentence", compact=True)
        line.tooltip = "Enter has the net answer; again, and the dice fall otherwise"
        yield line
        yield Static(id="answer")

    def on_resize(self) -> None:
        """Stretch the heading over the new width."""
        self.border_title = heading("try it", "enter asks", self.size.width)

    def show(self, tried: Tried | None, *, speaks: bool) -> None:
        """Show what came of the sentence; `speaks` says whether there is a net to ask."""
        self.query_one("#answer", Static).update(words(tried, speaks=speaks))


def words(tried: Tried | None, *, speaks: bool) -> Content:
    """Return what the net read, which words it does not know, and what it said."""
    if tried is None:
        return Content.assemble(("A sentence shows whether vocabulary and net belong together." if speaks else "", MUTED))
    parts: list[tuple[str, str]] = []
    if tried.problem:
        return Content.assemble(("! ", f"bold {ORANGE}"), printable(tried.problem))
    if tried.read:
        parts += [("read  ", MUTED), (f"{'·'.join(visible(text.strip() or text) for text in tried.read)}\n", "")]
    if tried.unknown:
        parts += [("      not in its vocabulary: ", ORANGE), (f"{printable(', '.join(tried.unknown))}\n", "")]
    end = "" if tried.finished is None else ENDS.get(tried.finished.finish_reason, "")
    parts += [("bot   ", MUTED), (printable(tried.reply).strip() or ("…" if tried.finished is None else "(nothing)"), "bold"), (end, MUTED)]
    return Content.assemble(*parts)
