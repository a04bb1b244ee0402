"""What can be set of a foreign net by hand, and what else is known of its file."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from chatbot_tui.ui.panels.headed import heading
from chatbot_tui.ui.panels.import_words import Row
from chatbot_tui.ui.panels.wrapping import wrap
from chatbot_tui.ui.widgets.glyphs import clip
from chatbot_tui.ui.widgets.lines import MUTED, ORANGE, Line, join

LABEL = 13
"""Cells of the names before the values."""


class ImportSettings(OptionList):
    """A line a setting; enter changes the highlighted one."""

    def __init__(self) -> None:
        super().__init__(id="settings", markup=False, compact=True)
        self.tooltip = "Enter changes the setting"
        self._rows: tuple[Row, ...] = ()

    def show(self, rows: Sequence[Row]) -> None:
        """Show the settings as they are."""
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self._draw()

    @property
    def chosen(self) -> str:
        """What the highlighted line sets; empty for nothing."""
        place = self.highlighted
        return self._rows[place].key if place is not None and place < len(self._rows) else ""

    def on_resize(self) -> None:
        """Draw the lines for the new width."""
        self.border_title = heading("settings", "enter changes", self.size.width)
        self._draw()

    def _draw(self) -> None:
        place = self.highlighted
        # Padding on both sides, a scrollbar, and the mark of what was set by hand.
        room = max(self.size.width - 4 - LABEL, 8)
        self.set_options([Option(self._line(row, room), disabled=not row.key) for row in self._rows])
        if self._rows:
            self.highlighted = min(place or 0, len(self._rows) - 1)

    def _line(self, row: Row, room: int) -> Content:
        sign = ("*" if row.by_hand else " ", f"bold {ORANGE}")
        if row.key:
            return join([[sign, (row.label.ljust(LABEL), MUTED), (clip(row.value, room), "")]])
        # What cannot be set is there to be read: all of it.
        rows = wrap(row.value, room)
        lines: list[Line] = [[(" ", ""), (row.label.ljust(LABEL), MUTED), (row.value[slice(*rows[0])], "")]]
        lines += [[(" " * (LABEL + 1), ""), (row.value[start:end], "")] for start, end in rows[1:]]
        return join(lines)
