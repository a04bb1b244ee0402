"""What the panels that look into a token have in common: the cursor they follow, and a heading on their upper edge."""

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from chatbot_tui.ui.cursor import EMPTY, Cursor
from chatbot_tui.ui.widgets.glyphs import clip
from chatbot_tui.ui.widgets.lines import MUTED, Line, Lines

RULE = "$foreground 30%"
"""Colour of the upper edge; the stylesheets of the panels use the same."""


def heading(name: str, note: str, width: int) -> Content:
    """Return a title for an upper edge of `width` cells: name on the left, note on the right, the edge between them.

    A note that is too long loses whole words, so that no number is cut in two, and a sum whole terms, so that no name lacks its number.
    """
    room = width - len(name) - 6
    if cell_len(note) > room:
        words = note.split(" ")
        while words and cell_len(" ".join(words)) + 2 > room:
            words.pop()
        while "+" in words and words[-1] != "+":
            words.pop()
        note = " ".join([*words, "…"]) if words else ""
    rule = width - len(name) - 2 - (cell_len(note) + 3 if note else 0)
    parts: list[tuple[str, str]] = [(f" {name} ", "bold $foreground"), ("─" * max(rule, 0), RULE)]
    if note:
        parts += [(f" {note} ", MUTED), ("─", RULE)]
    return Content.assemble(*parts)


class Inspector(Lines):
    """A panel that shows one token's frame and redraws whenever the cursor moves."""

    NAME = ""
    """Name on the upper edge."""
    OCCASIONAL = False
    """Whether it is idle as a rule; when it is not, others make room for it."""

    cursor: reactive[Cursor] = reactive(EMPTY)
    """The token to show, with those before it."""
    _idled: bool | None = None
    """What `idle` was when it was last told."""

    class Roused(Message):
        """A panel has something to show, or has nothing more."""

    @property
    def idle(self) -> bool:
        """Whether the panel may give its room to others."""
        return False

    def note(self) -> str:
        """Return what stands on the right of the upper edge; empty for nothing."""
        return ""

    def watch_cursor(self) -> None:
        """Bring the heading up to date."""
        self._head()
        if self.idle != self._idled:
            self._idled = self.idle
            self.post_message(self.Roused())

    def on_resize(self) -> None:
        """Stretch the heading over the new width."""
        self._head()

    def _head(self) -> None:
        self.border_title = heading(self.NAME, self.note(), self.size.width)


def waiting(text: str, width: int) -> list[Line]:
    """Return the line that stands in a panel with nothing to show yet."""
    return [[(clip(text, width), MUTED)]]
