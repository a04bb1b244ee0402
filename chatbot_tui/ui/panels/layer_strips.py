"""The layers one below the other: how much of what was read each hands on, and how many of its gates are stuck."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatbot_tui.ui.panels.doctor_panel import WAITS, DoctorPanel
from chatbot_tui.ui.panels.headed import waiting
from chatbot_tui.ui.widgets.bar import bar
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import quantity

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import LayerReading

FADED = 0.05
"""Variance across prompts up to which a layer is marked, where the report says nothing else."""
STUCK = 0.5
"""Share of shut input or forget gates from which they are marked."""
_GATES = "ifo"
_LABEL = 9


class LayerStrips(DoctorPanel):
    """Show each layer's variance across prompts, its directions, and its gates."""

    NAME = "layers"

    def note(self) -> str:
        """Return what the signs mean."""
        return "gates i f o: share shut below .1 ▕ open above .9" if self.view.diagnosis is not None else ""

    def lines(self, width: int, height: int) -> list[Line]:
        """Return two lines a layer, one where there is no room for both."""
        diagnosis = self.view.diagnosis
        if diagnosis is None:
            return waiting(f"What each layer does {WAITS}", width, height)
        if not diagnosis.layers:
            return waiting("No layer could be measured.", width, height)
        rows: list[Line] = []
        faded = self.view.collapsed_up_to("state_variance", FADED)
        both = height >= 2 * len(diagnosis.layers)
        for layer in diagnosis.layers:
            rows.append(variance_line(layer, width, faded))
            if both:
                rows.append(gates_line(layer, width))
        return rows[:height]


def variance_line(layer: LayerReading, width: int, faded: float = FADED) -> Line:
    """Return how far a layer's states after different prompts lie apart, and in how many directions."""
    low = layer.variance <= faded
    directions = "-" if layer.directions is None else quantity(layer.directions)
    tail = f"  {directions} of {layer.units:,} directions  |h| {quantity(layer.h_norm)}"
    figure = f" {quantity(layer.variance):>6} "
    label = f"h{layer.layer + 1} varies"
    if width < _LABEL + 1 + len(figure) + 8 + len(tail):
        tail = f"  {directions}/{layer.units}"
    room = max(4, width - _LABEL - 1 - len(figure) - 1 - len(tail))
    return [
        (label.ljust(_LABEL) + " ", MUTED),
        (bar(layer.variance, room), ORANGE if low else BLUE),
        (figure, f"bold {ORANGE}" if low else "bold"),
        ("!" if low else " ", f"bold {ORANGE}"),
        (tail, MUTED),
    ]


def gates_line(layer: LayerReading, width: int) -> Line:
    """Return for each kind of gate the share that is shut and the share that is open, as bars that meet."""
    line: Line = [("   gates".ljust(_LABEL) + " ", MUTED)]
    room = max(2, (width - _LABEL - 1 - len(_GATES) * 14) // (2 * len(_GATES)))
    for name, shut, wide in zip(_GATES, layer.shut, layer.open, strict=True):
        stuck = name != "o" and shut >= STUCK
        line += [
            (f"{name} ", "bold"),
            (f"{shut:>4.0%}", f"bold {ORANGE}" if stuck else MUTED),
            ("!" if stuck else " ", f"bold {ORANGE}"),
            (blocks(shut, room)[::-1], ORANGE),
            ("▕", MUTED),
            (bar(wide, room), BLUE),
            (f"{wide:>4.0%}  ", MUTED),
        ]
    return line


def blocks(share: float, width: int) -> str:
    """Return a bar in whole cells, so that it can be turned round; any share above 0 shows."""
    full = min(width, max(1, round(share * width))) if share > 0 else 0
    return ("█" * full).ljust(width)
