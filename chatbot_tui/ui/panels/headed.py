"""A panel with its name and a note on its upper edge, as every pane of the playground has them."""

from textwrap import wrap

from rich.cells import cell_len
from textual.content import Content

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


class Headed(Lines):
    """Lines under a heading, which is stretched over every new width."""

    NAME = ""
    """Name on the upper edge; empty for no heading."""

    def note(self) -> str:
        """Return what stands on the right of the upper edge; empty for nothing."""
        return ""

    def on_resize(self) -> None:
        """Stretch the heading over the new width."""
        self.head()

    def head(self) -> None:
        """Bring the heading up to date."""
        if self.NAME:
            self.border_title = heading(self.NAME, self.note(), self.size.width)


def waiting(text: str, width: int, height: int) -> list[Line]:
    """Return what stands in a panel with nothing to show yet, in as many of `height` rows as it needs."""
    return [[(clip(row, width), MUTED)] for row in wrap(text, max(1, width))[:height]]
