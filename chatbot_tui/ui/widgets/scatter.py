"""A path of points drawn in quadrant blocks: two by two dots a cell, in signs that every terminal font has."""

from collections.abc import Sequence

from chatbot_tui.ui.widgets.lines import Line

DOTS = ((1, 4), (2, 8))
"""Bits of a quadrant by column and row."""
QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""The block for each sum of bits."""


def scatter(
    points: Sequence[tuple[float, float]], width: int, height: int, style: str = "", recent_style: str = "", now_style: str = ""
) -> list[Line]:
    """Return `height` lines of exactly `width` cells with every point as a dot and the last one as ●.

    Both axes use their own range, with a margin of half a dot; points that coincide are one dot in the middle. The last eight points
    before the current one are drawn in `recent_style`.
    """
    if width <= 0 or height <= 0:
        return []
    if not points:
        return [[(" " * width, "")] for _ in range(height)]
    columns = _scaled([x for x, _ in points], width * 2)
    rows = [height * 2 - 1 - row for row in _scaled([y for _, y in points], height * 2)]
    bits: dict[tuple[int, int], int] = {}
    styles: dict[tuple[int, int], str] = {}
    for age, (column, row) in enumerate(zip(columns, rows, strict=True)):
        cell = (row // 2, column // 2)
        bits[cell] = bits.get(cell, 0) | DOTS[column % 2][row % 2]
        styles[cell] = recent_style if age >= len(points) - 9 else style
    now = (rows[-1] // 2, columns[-1] // 2)
    lines: list[Line] = []
    for y in range(height):
        line: Line = []
        for x in range(width):
            sign, sign_style = (QUADRANTS[bits[y, x]], styles[y, x]) if (y, x) in bits else (" ", "")
            if (y, x) == now:
                sign, sign_style = "●", now_style
            if line and line[-1][1] == sign_style:
                line[-1] = (line[-1][0] + sign, sign_style)
            else:
                line.append((sign, sign_style))
        lines.append(line)
    return lines


def _scaled(values: Sequence[float], size: int) -> list[int]:
    """Map values onto 0 .. size - 1; values that do not differ land in the middle."""
    low, high = min(values), max(values)
    span = high - low
    if span <= 1e-6 * max(abs(low), abs(high), 1e-12):
        return [size // 2] * len(values)
    return [min(size - 1, int((value - low) / span * size)) for value in values]
