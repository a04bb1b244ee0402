"""A value on a bar with a healthy and a collapsed stretch, told apart by their signs where there is no colour."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line

Standing: TypeAlias = Literal["healthy", "collapsed", "either", "between", "unusual", "unknown"]
"""Where a value lies: in one stretch, in both, between them, outside; unknown without a value or a stretch."""

SIGNS: dict[Standing, str] = {"healthy": "✓", "collapsed": "✗", "either": "≈", "between": "~", "unusual": "!", "unknown": " "}
COLOURS: dict[Standing, str] = {"healthy": BLUE, "collapsed": ORANGE, "either": "", "between": ORANGE, "unusual": ORANGE, "unknown": ""}
_MARKERS: dict[Standing, str] = {"healthy": "●", "collapsed": "✗", "either": "●", "between": "◆", "unusual": "◆", "unknown": "●"}
HEALTHY, COLLAPSED, LIMIT = "━", "░", "┃"
LEGEND = f"{HEALTHY} healthy {COLLAPSED} collapsed {LIMIT} threshold"

Stretch: TypeAlias = tuple[float, float]
_DECADE = 10.0


@dataclass(frozen=True, slots=True)
class Scale:
    """What the two ends of a bar mean."""

    low: float
    high: float
    logarithmic: bool = False

    def cell(self, value: float, width: int) -> int:
        """Return the cell, 0 to width - 1, on which a value falls; what lies beyond an end falls on it."""
        if self.logarithmic:
            low, high = math.log(self.low), math.log(self.high)
            at = math.log(value) if value > 0 else -math.inf
        else:
            low, high, at = self.low, self.high, value
        share = min(max((at - low) / (high - low), 0.0), 1.0)
        return round(share * (width - 1))


def scale_over(
    value: float | None,
    healthy: Stretch | None,
    collapsed: Stretch | None,
    limits: Iterable[float] = (),
    *,
    logarithmic: bool = False,
    share: bool = False,
) -> Scale | None:
    """Return a scale on which everything has room; None where there is nothing to measure against.

    A share runs from 0 to 1. On a logarithmic scale the outer end of the collapsed stretch may be as good as zero: one decade of it is
    shown, and three of a value beyond the rest.
    """
    marks = [*(healthy or ()), *limits]
    if not marks and collapsed is None:
        return None
    known = value if value is not None and math.isfinite(value) else None
    if not logarithmic:
        ends = [*marks, *(collapsed or ()), *([0.0, 1.0] if share else []), *([known] if known is not None else [])]
        low, high = min(ends), max(ends)
        return Scale(low, high if high > low else low + 1.0)
    if collapsed is not None:
        below = healthy is None or collapsed[0] < healthy[0]
        inner = collapsed[1] if below else collapsed[0]
        marks += [inner, max(collapsed[0], inner / _DECADE) if below else min(collapsed[1], inner * _DECADE)]
    positive = [mark for mark in marks if mark > 0]
    if not positive:
        return None
    low, high = min(positive), max(positive)
    if known is not None and known > 0:
        low, high = min(low, max(known, low / _DECADE**3)), max(high, min(known, high * _DECADE**3))
    return Scale(low, high if high > low else low * _DECADE, logarithmic=True)


def standing(value: float | None, healthy: Stretch | None, collapsed: Stretch | None) -> Standing:
    """Return where a value lies. The collapsed stretch reaches as far as the scale does, away from the healthy one."""
    if value is None or not math.isfinite(value) or (healthy is None and collapsed is None):
        return "unknown"
    well = healthy is not None and healthy[0] <= value <= healthy[1]
    ill = False
    if collapsed is not None:
        ill = collapsed[0] <= value <= collapsed[1]
        if healthy is not None and collapsed[1] < healthy[0]:
            ill = value <= collapsed[1]
        elif healthy is not None and collapsed[0] > healthy[1]:
            ill = value >= collapsed[0]
    if well or ill:
        return "either" if well and ill else "healthy" if well else "collapsed"
    if healthy is None:
        return "unknown"
    if collapsed is not None and min(healthy[1], collapsed[1]) < value < max(healthy[0], collapsed[0]):
        return "between"
    return "unusual"


def gauge(
    value: float | None, width: int, scale: Scale | None, healthy: Stretch | None, collapsed: Stretch | None, limit: float | None = None
) -> Line:
    """Return a bar of exactly `width` cells: ━ where healthy nets lie, ░ where collapsed ones do, ┃ at the limit, and the value's sign.

    The sign is ● in the healthy stretch, ✗ in the collapsed one and ◆ in neither; ◀ and ▶ point to a value beyond an end.
    """
    if width <= 0:
        return []
    if scale is None:
        return [(" " * width, "")]
    cells = [("─", f"{MUTED}")] * width
    for stretch, sign, colour in ((healthy, HEALTHY, BLUE), (collapsed, COLLAPSED, ORANGE)):
        if stretch is not None:
            first, last = scale.cell(stretch[0], width), scale.cell(stretch[1], width)
            cells[first : last + 1] = [(sign, colour)] * (last + 1 - first)
    if limit is not None:
        cells[scale.cell(limit, width)] = (LIMIT, "bold")
    if value is not None and math.isfinite(value):
        where = standing(value, healthy, collapsed)
        beyond = "◀" if value < scale.low else "▶" if value > scale.high else ""
        cells[scale.cell(value, width)] = (beyond or _MARKERS[where], f"bold {COLOURS[where] or '$foreground'}")
    return cells
