"""Curves over a number line: one in quadrant blocks, others in signs of their own, with labelled levels and marked places."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from chatbot_tui.ui.widgets.lines import MUTED, Line
from chatbot_tui.ui.widgets.scatter import DOTS, QUADRANTS

LEVEL = "┄"
PLACE = "┊"


@dataclass(frozen=True, slots=True)
class Curve:
    """Points joined by a line of dots, or a sign a point."""

    points: Sequence[tuple[float, float]]
    style: str = ""
    sign: str = ""
    """What stands at each point; empty: a line of dots, four a cell."""


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line at a value."""

    value: float
    label: str
    style: str = MUTED


@dataclass(frozen=True, slots=True)
class Place:
    """A vertical line at a number, with a sign on top."""

    at: float
    sign: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What part of the plane is shown, and on how many cells."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: int
    height: int

    def column(self, x: float, dots: int = 1) -> int:
        """Return the column of `x`, counted from the left, `dots` a cell; what lies outside falls on the edge."""
        return _scaled(x, self.x, self.width * dots)

    def row(self, y: float, dots: int = 1) -> int:
        """Return the row of `y`, counted from the top, `dots` a cell; what lies outside falls on the edge."""
        return self.height * dots - 1 - _scaled(y, self.y, self.height * dots)


def _scaled(value: float, ends: tuple[float, float], cells: int) -> int:
    low, high = ends
    if not high > low:
        return 0
    # A NaN falls on no cell: the lowest stands for it.
    share = (value - low) / (high - low) if value == value else 0.0
    return round(min(max(share, 0.0), 1.0) * (cells - 1))


def plot(frame: Frame, curves: Sequence[Curve], levels: Sequence[Level] = (), places: Sequence[Place] = ()) -> list[Line]:
    """Return `height` lines of exactly `width` cells: from the top signs of places, curves (the first above all), places, levels."""
    cells: list[list[tuple[str, str]]] = [[(" ", "")] * frame.width for _ in range(frame.height)]
    if not frame.width or not frame.height:
        return [[] for _ in cells]
    for level in levels:
        cells[frame.row(level.value)] = [(LEVEL, level.style)] * frame.width
    for place in reversed(places):
        column = frame.column(place.at)
        for line in cells:
            line[column] = (PLACE, place.style)
    for curve in reversed(curves):
        for row, column, sign in _signs(frame, curve) if curve.sign else _line(frame, curve.points):
            cells[row][column] = (sign, curve.style)
    for place in reversed(places):
        cells[0][frame.column(place.at)] = (place.sign, place.style)
    return [[("".join(sign for sign, _ in run), style) for style, run in groupby(line, key=lambda cell: cell[1])] for line in cells]


def _signs(frame: Frame, curve: Curve) -> Iterator[tuple[int, int, str]]:
    for x, y in curve.points:
        yield frame.row(y), frame.column(x), curve.sign


def _line(frame: Frame, points: Sequence[tuple[float, float]]) -> Iterator[tuple[int, int, str]]:
    """Yield (row, column, sign) for a line through the points."""
    dots = [(frame.column(x, 2), frame.row(y, 2)) for x, y in points]
    bits: dict[tuple[int, int], int] = {}
    for x, y in [*dots[:1], *(dot for start, end in pairwise(dots) for dot in _between(start, end))]:
        cell = (y // 2, x // 2)
        bits[cell] = bits.get(cell, 0) | DOTS[x % 2][y % 2]
    for (row, column), sum_of_bits in bits.items():
        yield row, column, QUADRANTS[sum_of_bits]


def _between(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the dots of a straight line after its start."""
    (x1, y1), (x2, y2) = start, end
    steps = max(abs(x2 - x1), abs(y2 - y1), 1)
    for step in range(1, steps + 1):
        yield x1 + round((x2 - x1) * step / steps), y1 + round((y2 - y1) * step / steps)


def label_rows(frame: Frame, levels: Sequence[Level]) -> dict[int, Level]:
    """Return which row bears the label of each level: its own, or where two share one, the nearest free row below or above."""
    rows: dict[int, Level] = {}
    for level in levels:
        wanted = frame.row(level.value)
        free = [row for row in range(frame.height) if row not in rows]
        if free:
            rows[min(free, key=lambda row: (abs(row - wanted), -row))] = level
    return rows


def band(stretches: Sequence[tuple[float, float, str, str, str]], frame: Frame) -> Line:
    """Return a row of stretches (from, to, name, fill sign, style) in exactly `width` cells, a later one beginning where it is due.

    A name stands in its stretch where it fits with a blank on either side.
    """
    line: Line = []
    firsts = [frame.column(start) for start, *_ in stretches]
    for place, (_, end, name, sign, style) in enumerate(stretches):
        last = firsts[place + 1] if place + 1 < len(stretches) else frame.column(end) + 1
        room = last - firsts[place]
        if room <= 0:
            continue
        text = f" {name} " if name and len(name) + 4 <= room else ""
        line.append((text.center(room, sign) if text else sign * room, style))
    used = sum(len(text) for text, _ in line)
    return [*line, (" " * (frame.width - used), "")] if used < frame.width else line
