"""Points around a middle, in true proportion: a heap looks like a heap however small it is."""

from collections import Counter
from collections.abc import Sequence

from chatbot_tui.ui.widgets.lines import MUTED, Line

LEAST = 0.5
"""Half the height of a picture, at least: points closer together than that are one heap, and shall look like one."""


def cloud(points: Sequence[tuple[float, float]], width: int, height: int, style: str = "") -> list[Line]:
    """Return `height` lines of exactly `width` cells: • where one point lies, their number where several do, + from ten on.

    Steps to the side and up are equally long on the screen, taking a cell to be twice as high as wide; the axes cross at (0, 0).
    """
    if width <= 0 or height <= 0:
        return []
    reach = half_height(points, width, height)
    row_size = 2 * reach / height
    places: Counter[tuple[int, int]] = Counter()
    for x, y in points:
        column = min(max(width // 2 + round(x / (row_size / 2)), 0), width - 1)
        row = min(max(height // 2 - round(y / row_size), 0), height - 1)
        places[row, column] += 1
    lines: list[Line] = []
    for row in range(height):
        line: Line = []
        for column in range(width):
            count = places[row, column]
            line.append((sign(count), f"bold {style}".strip()) if count else (axis(row, column, width, height), MUTED))
        lines.append(line)
    return lines


def half_height(points: Sequence[tuple[float, float]], width: int, height: int) -> float:
    """Return how far the upper edge lies from the middle, so that every point is inside; at least LEAST."""
    furthest_x = max((abs(x) for x, _ in points), default=0.0)
    furthest_y = max((abs(y) for _, y in points), default=0.0)
    return max(LEAST, 1.05 * furthest_y, 1.05 * furthest_x * 2 * height / width)


def sign(count: int) -> str:
    """Return what stands for so many points in one cell."""
    return "•" if count == 1 else str(count) if count <= 9 else "+"


def axis(row: int, column: int, width: int, height: int) -> str:
    """Return the cross of the axes."""
    across, down = row == height // 2, column == width // 2
    return "┼" if across and down else "╌" if across else "╎" if down else " "
