"""A pane of exact lines: what a subclass writes for a width and a height is what stands on the screen."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Self, TypeAlias

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.content import Content, Span
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

Piece: TypeAlias = tuple[str, str]
"""Text and its style (theme variables allowed, empty for none). The text is never read as markup."""
Line: TypeAlias = list[Piece]

MUTED = "$foreground 60%"
"""Secondary text: labels, units, what does not hold at the moment."""
BLUE = "$text-primary"
"""What the model says, and what is well."""
ORANGE = "$text-warning"
"""What the sampler does, and what is wrong."""


def join(lines: Sequence[Line]) -> Content:
    """Return lines of pieces as one Content, a line a row."""
    text: list[str] = []
    spans: list[Span] = []
    at = 0
    for number, line in enumerate(lines):
        if number:
            text.append("\n")
            at += 1
        for piece, style in line:
            if style and piece:
                spans.append(Span(at, at + len(piece), style))
            text.append(piece)
            at += len(piece)
    return Content("".join(text), spans=spans)


class Lines(Widget):
    """A widget that draws itself as lines which it fits to its own size; text can be selected and copied."""

    DEFAULT_CSS = """
    Lines { text-wrap: nowrap; text-overflow: clip; }
    """

    _drawn: list[Strip] | None = None
    """The lines as they were drawn last; None: to be drawn."""
    _ground: Style | None = None
    """The style below every line."""
    _inks: dict[tuple[str, int, int], RichStyle]
    """Style of a piece by name and place: a selection needs to know where each piece began."""

    def lines(self, width: int, height: int) -> list[Line]:
        """Return at most `height` lines of at most `width` cells."""
        raise NotImplementedError

    def render(self) -> Content:
        """Draw the lines for the present size."""
        width, height = self.content_size
        return join(self.lines(width, height)) if width > 0 and height > 0 else Content("")

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Draw the lines anew."""
        self._drawn = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_line(self, y: int) -> Strip:
        """Draw a line: at once, since these are redrawn with every token and `render` takes twice as long."""
        if self.text_selection is not None:
            return super().render_line(y)
        width, height = self.content_size
        if self._drawn is None or self._ground != self.visual_style:
            if self._ground != self.visual_style:
                self._ground, self._inks = self.visual_style, {}
            self._drawn = [self._strip(line, number, width) for number, line in enumerate(self.lines(width, height))]
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(width, self._ink("", 0, y))

    def _strip(self, line: Line, y: int, width: int) -> Strip:
        segments: list[Segment] = []
        x = 0
        # Neighbours of one style are one segment: whatever comes later takes its time for each.
        for style, pieces in groupby(line, key=itemgetter(1)):
            text = "".join(piece for piece, _ in pieces)
            segments.append(Segment(text, self._ink(style, x, y)))
            x += len(text)
        return Strip(segments).adjust_cell_length(width, self._ink("", 0, y))

    def _ink(self, style: str, x: int, y: int) -> RichStyle:
        key = (style, x, y)
        if key not in self._inks:
            ground = self.visual_style
            self._inks[key] = (ground + Style.parse(style) if style else ground).rich_style_with_offset(x, y)
        return self._inks[key]
