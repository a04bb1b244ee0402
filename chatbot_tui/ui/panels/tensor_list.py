"""Every tensor of a foreign file: its name, its shape, and what it was taken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from chatbot_tui.ui.panels.headed import heading
from chatbot_tui.ui.panels.import_words import shape_words
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.glyphs import clip, fit
from chatbot_tui.ui.widgets.lines import MUTED, ORANGE, join

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatbot_tui.core.imports import FileReading, FileTensor

MAX_ROWS = 400
"""Tensors that are listed; a net that can be read has fewer."""
MAX_SHAPE = 17
"""Cells of the longest usual shape: 100,000 × 1,000."""
NARROW = 60
"""Cells below which shapes and roles are written closer."""
MIN_ROLE = 14
LEFT_OUT = "left out"
UNTOLD = "? what is it"


class TensorList(OptionList):
    """A line a tensor; the highlighted one can be given another part."""

    def __init__(self) -> None:
        super().__init__(id="tensors", markup=False, compact=True)
        self.tooltip = "Enter gives the tensor another part, or leaves it out"
        self._reading: FileReading | None = None
        self._by_hand: Mapping[str, str | None] = {}

    def show(self, reading: FileReading | None, by_hand: Mapping[str, str | None]) -> None:
        """List the tensors of a file; those in `by_hand` were given their part by the person."""
        if reading is self._reading and by_hand == self._by_hand:
            return
        self._reading, self._by_hand = reading, by_hand
        self._draw()

    @property
    def chosen(self) -> FileTensor | None:
        """The highlighted tensor."""
        place = self.highlighted
        tensors = self._reading.tensors if self._reading is not None else ()
        return tensors[place] if place is not None and place < len(tensors) else None

    def point_at_unknown(self) -> bool:
        """Highlight the first tensor of which nobody knows what it is; return whether there is one among others that are known."""
        roles = [role for _, _, role in self._rows()]
        if UNTOLD not in roles or not self._reading or not self._reading.recognised:
            return False
        self.highlighted = roles.index(UNTOLD)
        return True

    def on_resize(self) -> None:
        """Draw the columns for the new width."""
        self._draw()

    def _draw(self) -> None:
        place = self.highlighted
        rows = self._rows()
        if self.size.width < NARROW:
            rows = [(name, shape.replace(" × ", "×"), role.removeprefix("layer ")) for name, shape, role in rows]
        known = sum(1 for _, _, role in rows if role not in (LEFT_OUT, UNTOLD))
        self.border_title = heading("tensors", f"{known:,} of {len(rows):,} play a part" if rows else "", self.size.width)
        # Padding on both sides, a scrollbar, and the mark of what was set by hand.
        room = self.size.width - 5
        shapes = min(max((cell_len(shape) for _, shape, _ in rows), default=0), MAX_SHAPE)
        names = min(max((cell_len(name) for name, _, _ in rows), default=0), max(room - shapes - 4 - MIN_ROLE, 8))
        options = []
        for name, shape, role in rows[:MAX_ROWS]:
            sign = "*" if name in self._by_hand else " "
            style = MUTED if role == LEFT_OUT else ORANGE if role == UNTOLD else ""
            line = [(sign, f"bold {ORANGE}"), (fit(printable(name), names), style), ("  ", "")]
            line += [(fit(shape, shapes), MUTED), ("  ", ""), (clip(role, max(room - names - shapes - 4, 4)), style)]
            options.append(Option(join([line])))
        if len(rows) > MAX_ROWS:
            options.append(Option(Content(f" … {len(rows) - MAX_ROWS:,} more"), disabled=True))
        self.set_options(options)
        if options:
            self.highlighted = min(place or 0, len(options) - 1)

    def _rows(self) -> list[tuple[str, str, str]]:
        """Return name, shape and role of each tensor."""
        reading = self._reading
        if reading is None:
            return []
        roles = {row.tensor: row.role for row in reading.recognised}
        ignored = set(reading.aside if reading.recognition is None else reading.recognition.ignored)
        ignored |= {name for name, place in self._by_hand.items() if place is None}
        rest = LEFT_OUT if reading.recognition is not None else UNTOLD
        return [
            (tensor.name, shape_words(tensor.shape), roles.get(tensor.name, LEFT_OUT if tensor.name in ignored else rest))
            for tensor in reading.tensors
        ]
