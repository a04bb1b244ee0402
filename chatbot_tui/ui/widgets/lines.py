"""A pane of exact lines: what a subclass writes for a width and a height is what stands on the screen."""

from collections.abc import Sequence
from typing import TypeAlias

from textual.content import Content, Span
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

    def lines(self, width: int, height: int) -> list[Line]:
        """Return at most `height` lines of at most `width` cells."""
        raise NotImplementedError

    def render(self) -> Content:
        """Draw the lines for the present size."""
        width, height = self.content_size
        return join(self.lines(width, height)) if width > 0 and height > 0 else Content("")
