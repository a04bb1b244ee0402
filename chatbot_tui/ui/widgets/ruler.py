"""A ruler from 0 to 1 cut into labelled stretches, with a pointer on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from chatbot_tui.ui.widgets.glyphs import clip
from chatbot_tui.ui.widgets.lines import Line


@dataclass(frozen=True, slots=True)
class Stretch:
    """One labelled part of the ruler."""

    label: str
    start: float
    """Where it begins, 0 to 1."""
    end: float
    marked: bool = False
    """Whether the pointer stands in it."""


def cell_of(position: float, width: int) -> int:
    """Return the column of a position between 0 and 1 on a ruler of `width` cells; monotone, 0 is the first and 1 the last."""
    return round(min(max(position, 0.0), 1.0) * (width - 1))


def ruler(stretches: Sequence[Stretch], width: int, style: str = "", marked_style: str = "", pointer: float | None = None) -> Line:
    """Return the ruler in exactly `width` cells: ├──the──┼──a──┤, with ▼ at `pointer` where one is given.

    Labels stand only where they fit between the bounds of their stretch; the marked stretch is drawn last and keeps its bounds.
    """
    if width < 2:
        return [(" " * max(width, 0), "")]
    cells = ["─"] * width
    styles = [style] * width
    for stretch in stretches:
        for edge in (stretch.start, stretch.end):
            cells[cell_of(edge, width)] = "┼"
    cells[0], cells[-1] = "├", "┤"
    for stretch in stretches:
        first, last = cell_of(stretch.start, width), cell_of(stretch.end, width)
        if stretch.marked:
            styles[first : last + 1] = [marked_style] * (last + 1 - first)
            cells[first + 1 : last] = ["━"] * (last - first - 1)
        room = last - first - 1
        label = clip(stretch.label, room) if room >= 3 or cell_len(stretch.label) <= room else ""
        if label:
            _write(cells, label, first + 1 + (room - cell_len(label)) // 2)
    if pointer is not None:
        _point(cells, cell_of(pointer, width))
    return _runs(cells, styles)


def _write(cells: list[str], label: str, start: int) -> None:
    """Put a label into the cells; the cells that a wide character covers become empty."""
    at = start
    for character in label:
        size = cell_len(character)
        if size == 0:
            cells[at - 1] += character
            continue
        cells[at] = character
        for covered in range(at + 1, at + size):
            cells[covered] = ""
        at += size


def _point(cells: list[str], column: int) -> None:
    """Put the pointer at a column, and blank what remains of a wide character that stood there."""
    if cells[column] == "":
        cells[column - 1] = " "
    elif column + 1 < len(cells) and cells[column + 1] == "":
        cells[column + 1] = " "
    cells[column] = "▼"


def _runs(cells: Sequence[str], styles: Sequence[str]) -> Line:
    """Join neighbours of one style."""
    line: Line = []
    for text, style in zip(cells, styles, strict=True):
        if line and line[-1][1] == style:
            line[-1] = (line[-1][0] + text, style)
        else:
            line.append((text, style))
    return line
