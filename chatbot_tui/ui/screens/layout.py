"""Decides, from the size of the terminal alone, how the playground is laid out."""

from dataclasses import dataclass
from typing import Literal

WIDE = (120, 32)
"""Columns and rows from which all panels fit beside the chat."""
SIDE = 76
"""Columns from which the chat and one panel fit side by side."""
STACKED = (60, 20)
"""Columns and rows from which one panel fits under the chat."""
SHORT = 14
"""Rows below which the footer gives way to text."""
SLIM = 74
"""Columns below which the footer's keys would be cut off."""


@dataclass(frozen=True)
class Layout:
    """How the playground is laid out."""

    name: Literal["wide", "side", "stacked", "narrow"]
    """All panels beside the chat; one beside it; one under it; none, but a line of status."""
    short: bool
    """Whether every row counts."""
    slim: bool
    """Whether there is room for a few keys only."""


def layout_for(columns: int, rows: int) -> Layout:
    """Return the layout for a terminal of this size."""
    short, slim = rows < SHORT, columns < SLIM
    if columns >= WIDE[0] and rows >= WIDE[1]:
        return Layout("wide", short, slim)
    if columns >= SIDE:
        return Layout("side", short, slim)
    if columns >= STACKED[0] and rows >= STACKED[1]:
        return Layout("stacked", short, slim)
    return Layout("narrow", short, slim)
