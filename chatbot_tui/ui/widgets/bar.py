"""Horizontal and vertical bars in eighths of a cell."""

from collections.abc import Iterable, Sequence

_LEFT = " ▏▎▍▌▋▊▉█"
_LOWER = "▁▂▃▄▅▆▇"
"""Without the full block: lines above each other stay apart."""


def bar(share: float, width: int) -> str:
    """Return a bar of `width` cells of which `share` (0 to 1) is filled, to an eighth of a cell; any share above 0 shows."""
    if width <= 0:
        return ""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    full, part = divmod(eighths, 8)
    return ("█" * full + (_LEFT[part] if part else "")).ljust(width)


def sparkline(values: Iterable[float], width: int, low: float | None = None, high: float | None = None) -> str:
    """Return the last `width` values as columns from left to right, scaled from `low` to `high` (their own range by default).

    A series that stands still is drawn at half height, so that it does not look like nothing.
    """
    if width <= 0:
        return ""
    series: Sequence[float] = tuple(values)[-width:]
    if not series:
        return " " * width
    floor = min(series) if low is None else low
    ceiling = max(series) if high is None else high
    if ceiling - floor <= 1e-9 * max(abs(ceiling), abs(floor)):
        return (_LOWER[3] * len(series)).ljust(width)
    scale = (len(_LOWER) - 1) / (ceiling - floor)
    columns = (_LOWER[round((min(max(value, floor), ceiling) - floor) * scale)] for value in series)
    return "".join(columns).ljust(width)
