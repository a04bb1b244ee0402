"""The hidden-state panel: what the LSTM holds, how much a token moved it, and where it travels."""

from itertools import pairwise

from chatbot_tui.core.frames import StepFrame
from chatbot_tui.ui.panels.headed import waiting
from chatbot_tui.ui.panels.inspector import Inspector
from chatbot_tui.ui.panels.layers import FULL, compact_line, compact_title, layer_lines, layer_title
from chatbot_tui.ui.widgets.glyphs import clip
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.scatter import scatter

_MAP = 8
"""Cells that the map needs at least."""
_TRAIL = 64
"""Tokens whose h the map still shows."""


def journey(frame: StepFrame, moved: bool) -> str:
    """Return in words where h travels."""
    period = frame.collapse.period
    if period is None:
        return "wandering" if moved else "setting out"
    return "fixed point" if period == 1 else f"cycle of {period}"


class HiddenStatePanel(Inspector):
    """Show norms, changes, gates and saturation of every layer, and a map of the last layer's h."""

    NAME = "hidden state"

    def note(self) -> str:
        """Return in words where h travels."""
        frame = self.cursor.frame
        return journey(frame, len(self.cursor.history) > 1) if frame else ""

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the layers' table with the map beside it, or below it where the panel is narrow and high."""
        frame = self.cursor.frame
        if frame is None:
            return waiting("What the net remembers, and how each word changes that, appears here.", width, height)
        layers = len(frame.state)
        if width >= FULL + 2 + _MAP and height >= 4:
            table = width - max(_MAP, min(width // 3, width - FULL - 2)) - 2
            return _beside(self._table(frame, table, height), self._map(width - table - 2, height), table)
        spare = height - (1 + layers)
        if spare >= 4:
            room = 1 + 2 * layers if height - (1 + 2 * layers) >= 4 else 1 + layers
            return self._table(frame, width, room) + self._map(min(width, 5 * (height - room)), height - room)
        return self._table(frame, width, height)

    def _table(self, frame: StepFrame, width: int, height: int) -> list[Line]:
        """Return two rows a layer where they fit, else one; layers without a row are counted."""
        history, layers = self.cursor.history, len(frame.state)
        if height > 2 * layers:
            rows = [line for layer in range(layers) for line in layer_lines(history, layer, width)]
            return [layer_title(width), *rows]
        title = [compact_title(width)] if height > 1 else []
        room = height - len(title)
        if layers <= room:
            return title + [compact_line(history, layer, width) for layer in range(layers)]
        first = [compact_line(history, layer, width) for layer in range(max(0, room - 2))]
        hidden: list[Line] = [[(clip(f"… {layers - len(first) - 1} more layers", width), MUTED)]] if room > 1 else []
        return [*title, *first, *hidden, compact_line(history, layers - 1, width)]

    def _map(self, width: int, height: int) -> list[Line]:
        """Return the path of h with a caption."""
        points = [frame.h_position for frame in self.cursor.history[-_TRAIL:]]
        steps = [abs(x2 - x1) + abs(y2 - y1) for (x1, y1), (x2, y2) in pairwise(points[-2:])]
        where = "● stands still" if steps and steps[0] < 1e-6 else "● now"
        caption: Line = [("path of h" if width >= len("path of h") else "path", MUTED)]
        if width >= len("path of h  ") + len(where):
            caption += [("  ", ""), (where, ORANGE)]
        return [caption, *scatter(points, width, height - 1, MUTED, BLUE, f"bold {ORANGE}")]


def _beside(left: list[Line], right: list[Line], width: int) -> list[Line]:
    """Put two blocks next to each other, the left one filled up to `width` cells."""
    rows: list[Line] = []
    for place in range(max(len(left), len(right))):
        first = left[place] if place < len(left) else []
        used = sum(len(text) for text, _ in first)
        rows.append([*first, (" " * (width - used + 2), ""), *(right[place] if place < len(right) else [])])
    return rows
