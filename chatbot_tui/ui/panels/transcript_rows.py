"""Draws the rows of the transcript, and keeps what it drew: most rows only move up when words come."""

from collections.abc import Sequence
from itertools import pairwise

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from chatbot_tui.ui.panels.entry import Entry
from chatbot_tui.ui.panels.shading import Shading
from chatbot_tui.ui.panels.wrapping import wrap

GUTTERS = {2: {"you": "› ", "bot": "· "}, 5: {"you": "you  ", "bot": "bot  "}}
"""What stands before a turn, by the cells there are for it."""
KEPT = 500
"""Rows that are kept as drawn; more than any screen has, and whoever scrolls through a long evening has more drawn than it is worth."""
Span = tuple[int, int]


class TranscriptRows:
    """Draws for one widget, whose styles it takes. Whoever changes a row that was drawn says so with `forget`."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._shading = Shading(widget)
        self._base = Style()
        self._width = 0
        self._drawn: dict[int, Strip] = {}

    def forget(self, first: int = 0) -> None:
        """Draw rows from `first` on afresh."""
        if first <= 0 or len(self._drawn) > KEPT:
            self._drawn.clear()
        for y in [y for y in self._drawn if y >= first]:
            del self._drawn[y]

    def restyle(self) -> None:
        """Take the widget's colours again, after a change of theme."""
        self._shading = Shading(self._widget)
        self.forget()

    def begin(self, width: int) -> None:
        """Note the widget's own style and width, once for all rows that are drawn together."""
        base = self._widget.rich_style
        if base != self._base or width != self._width:
            self._base, self._width = base, width
            self.forget()

    def draw(self, entry: Entry, row: int, y: int, gutter: int, chosen: int, marked: Span, shade: bool) -> Strip:
        """Return one row.

        Args:
            entry: the turn.
            row: which of its rows.
            y: where the row stands in the whole conversation.
            gutter: cells before the text.
            chosen: the token with the cursor; -1 for none.
            marked: the cells of the text that the mouse has selected.
            shade: whether tokens are shaded by their probability.
        """
        strip = self._drawn.get(y) if marked == (0, 0) else None
        if strip is None:
            strip = self._draw(entry, row, gutter, chosen, marked, shade)
            if marked == (0, 0):
                self._drawn[y] = strip
        return strip

    def blank(self) -> Strip:
        """Return a row below the last turn."""
        return Strip.blank(self._width, self._base)

    def greet(self, paragraphs: Sequence[tuple[str, str]], row: int) -> Strip:
        """Return a row of what stands where nothing has been said yet: words beside their keys, in as many rows as they need."""
        column = max((cell_len(key) for key, _ in paragraphs), default=0) + 2
        for key, words in paragraphs:
            indent = column if key else 0
            rows = wrap(words, max(2, self._width - indent))
            if row < len(rows):
                start, end = rows[row]
                name = Segment((key if row == 0 else "").ljust(indent), self._base + self._named("bot"))
                return Strip([name, Segment(words[start:end], self._base + self._note)]).adjust_cell_length(self._width, self._base)
            row -= len(rows)
        return self.blank()

    def _draw(self, entry: Entry, row: int, gutter: int, chosen: int, marked: Span, shade: bool) -> Strip:
        base = self._base
        if row >= len(entry.rows) + len(entry.note_rows):
            return self.blank()
        text = GUTTERS[gutter][entry.speaker] if row == 0 else " " * gutter
        segments = [Segment(text, base + self._named(entry.speaker))]
        if row < len(entry.rows):
            segments += self._tokens(entry, row, chosen, marked, shade)
        else:
            start, end = entry.note_rows[row - len(entry.rows)]
            segments.append(Segment(entry.note[start:end], base + self._note))
        return Strip(segments).adjust_cell_length(self._width, base)

    def _tokens(self, entry: Entry, row: int, chosen: int, marked: Span, shade: bool) -> list[Segment]:
        start, end = entry.rows[row]
        segments: list[Segment] = []
        position, token = start, entry.token_at(start)
        while position < end:
            next_start = entry.starts[token + 1] if token + 1 < len(entry.starts) else end
            stop = min(end, next_start)
            style = self._base
            if token >= 0:
                if shade:
                    style += self._shading.style(entry.speaker, entry.shades[token])
                if token == chosen:
                    style += self._named("cursor")
            for a, b, selected in _cut(position, stop, start + marked[0], start + marked[1]):
                piece = style + self._selection if selected else style
                if style.underline and token != chosen and entry.text[a] == " ":
                    # A line under the space before a word would seem to belong to the word before it.
                    segments.append(Segment(" ", self._base))
                    a += 1
                segments.append(Segment(entry.text[a:b], piece))
            position, token = stop, token + 1
        return segments

    def _named(self, name: str) -> Style:
        return self._widget.get_component_rich_style(f"transcript--{name}", partial=True)

    @property
    def _note(self) -> Style:
        # A rich style has no opacity: what shines through is mixed in here.
        styles = self._widget.get_component_styles("transcript--note")
        return styles.text_style + Style(color=(self._widget.background_colors[1] + styles.color).rich_color)

    @property
    def _selection(self) -> Style:
        screen: Screen[object] = self._widget.screen
        return screen.get_component_rich_style("screen--selection")


def placed(strip: Strip, y: int, length: int) -> Strip:
    """Return a row that also says which of its `length` characters stand where, as the screen asks where a selection begins and ends.

    Rows are not drawn so: each of their styles would be one of its own, and Textual keeps the last sixteen thousand that it has drawn.
    """
    segments: list[Segment] = []
    position = 0
    for number, segment in enumerate(strip):
        style = segment.style or Style()
        if number == 0 or position < length:
            style += Style(meta={"offset": (position, y)})
        position += len(segment.text) if number else 0
        segments.append(Segment(segment.text, style))
    return Strip(segments, strip.cell_length)


def _cut(start: int, end: int, mark_start: int, mark_end: int) -> list[tuple[int, int, bool]]:
    """Cut a stretch of text at the borders of the selection: (start, end, whether selected)."""
    edges = sorted({start, end, min(max(mark_start, start), end), min(max(mark_end, start), end)})
    return [(a, b, mark_start <= a and b <= mark_end) for a, b in pairwise(edges)]
