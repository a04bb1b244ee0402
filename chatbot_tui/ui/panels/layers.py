"""The table of the hidden-state panel: one or two rows a layer."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot_tui.core.frames import Gates, LayerState, StepFrame
from chatbot_tui.ui.widgets.bar import bar, sparkline
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import hundredths, quantity

SATURATED = 0.5
"""Share of i, f and o beyond .1 or .9 from which the number is marked."""
FULL = 45
"""Cells in which a row shows everything."""
_LABEL, _NORM, _CHANGE, _SATURATED, _GATES = 2, 7, 8, 6, 20
"""Cells of the columns; in the table with two rows a layer the saturation stands under the change."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which columns a width has room for."""

    saturated: bool
    gates: bool
    spark: int
    """Cells of a sparkline."""


def _layout(width: int, norms: int) -> _Layout:
    """Lay out rows with `norms` pairs of number and sparkline; the gates go first where room is short, then the saturation."""
    room = width - _LABEL - norms * _NORM - _CHANGE
    beside = _SATURATED if norms == 2 else 2
    saturated = room >= beside
    room -= beside * saturated
    gates = room >= _GATES
    room -= _GATES * gates
    spark = min(24, room // norms - 1)
    return _Layout(saturated, gates, spark if spark >= 3 else 0)


def compact_title(width: int) -> Line:
    """Return the heading of the table with one row a layer."""
    layout = _layout(width, 2)
    text = " " * _LABEL + "".join(name.rjust(_NORM) + _course(layout) for name in ("|h|", "|c|")) + "change".rjust(_CHANGE)
    return [(text + ("sat".rjust(_SATURATED) if layout.saturated else "") + _gate_names(layout), MUTED)]


def layer_title(width: int) -> Line:
    """Return the heading of the table with two rows a layer."""
    layout = _layout(width, 1)
    change = "change".rjust(_CHANGE + (2 if layout.saturated else 0))
    return [(" " * _LABEL + "norm".rjust(_NORM) + _course(layout) + change + _gate_names(layout), MUTED)]


def compact_line(history: Sequence[StepFrame], layer: int, width: int) -> Line:
    """Return everything about one layer in one row."""
    layout = _layout(width, 2)
    state = history[-1].state[layer]
    line: Line = [(str(state.layer + 1).ljust(_LABEL), MUTED)]
    for series in _norms(history, layer, layout.spark):
        line += _norm(series, layout.spark)
    line.append((quantity(state.h_change).rjust(_CHANGE), ""))
    if layout.saturated:
        line.append(_saturation(state, "", _SATURATED))
    if layout.gates:
        line += [(hundredths(mean).rjust(5), "") for mean in _means(state.gates)]
    return line


def layer_lines(history: Sequence[StepFrame], layer: int, width: int) -> list[Line]:
    """Return one layer in two rows: h, its change and the means of the gates; c, the saturation and the gates as bars."""
    layout = _layout(width, 1)
    h, c = _norms(history, layer, layout.spark)
    state = history[-1].state[layer]
    number = state.layer + 1
    change = _CHANGE + (2 if layout.saturated else 0)
    first: Line = [(f"h{number}".ljust(_LABEL), MUTED), *_norm(h, layout.spark), (quantity(state.h_change).rjust(change), "")]
    second: Line = [(f"c{number}".ljust(_LABEL), MUTED), *_norm(c, layout.spark)]
    second.append(_saturation(state, " sat", change) if layout.saturated else (" " * change, ""))
    if layout.gates:
        first += [(hundredths(mean).rjust(5), "") for mean in _means(state.gates)]
        second += [(" " + bar(abs(mean), 4), ORANGE if mean < 0 else BLUE) for mean in _means(state.gates)]
    return [first, second]


def _course(layout: _Layout) -> str:
    """Return the heading over a sparkline."""
    return " " + "trend"[: layout.spark].ljust(layout.spark) if layout.spark else ""


def _gate_names(layout: _Layout) -> str:
    return "".join(name.rjust(5) for name in "ifgo") if layout.gates else ""


def _norms(history: Sequence[StepFrame], layer: int, width: int) -> tuple[list[float], list[float]]:
    states = [frame.state[layer] for frame in history[-max(width, 1) :]]
    return [state.h_norm for state in states], [state.c_norm for state in states]


def _norm(series: Sequence[float], width: int) -> Line:
    """Return the newest norm and the course of the last ones; a range under a tenth of the norm is drawn as a tenth, not as a storm."""
    number = (quantity(series[-1]).rjust(_NORM), "bold")
    if not width:
        return [number]
    low, high = min(series), max(series)
    slack = max(0.0, 0.1 * high - (high - low)) / 2
    return [number, (" " + sparkline(series, width, low - slack, high + slack), BLUE)]


def _saturation(state: LayerState, unit: str, width: int) -> tuple[str, str]:
    """Return the share of saturated gates; from SATURATED on it is marked by a sign and a colour."""
    marked = state.saturated >= SATURATED
    return (f"{100 * state.saturated:.0f} %{unit}{'!' if marked else ''}".rjust(width), ORANGE if marked else "")


def _means(gates: Gates) -> tuple[float, float, float, float]:
    return gates.i, gates.f, gates.g, gates.o
