"""The inside panel: what the layers hold while the net learns, and whether its answers depend on what it reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from chatbot_tui.core.judgement import INPUT_BLIND
from chatbot_tui.ui.panels.headed import waiting
from chatbot_tui.ui.panels.lab_panel import SECOND, SECOND_SIGN, LabPanel
from chatbot_tui.ui.widgets.bar import sparkline
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import quantity

if TYPE_CHECKING:
    from chatbot_tui.core.frames import TrainFrame

_LABEL = 20
_VALUE = 8
_UNIT = 6
DEAF = INPUT_BLIND
"""Prompt sensitivity, in nats, up to which a net counts as deaf to its input."""


class InsidePanel(LabPanel):
    """Show each signal as a name, a value with its unit, and its course over the run."""

    NAME = "inside"

    def note(self) -> str:
        """Return the size of the steps that training takes."""
        frame = self.view.frame
        if frame is None:
            return ""
        return f"learning rate {quantity(frame.learning_rate)} · gradient {quantity(frame.gradient_norm)}"

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the signals, those of the whole net first, then each layer's."""
        frame = self.view.frame
        if frame is None:
            return waiting("What the layers hold appears here.", width, height)
        rows = [
            self._row("prompt sensitivity", lambda frame: frame.prompt_sensitivity, "nats", width, lambda value: value <= DEAF),
            self._row("KL to unigram", lambda frame: frame.kl_unigram, "nats", width),
        ]
        layers = len(frame.state)
        wishes: list[Callable[[int], Line]] = [
            lambda layer: self._row(f"h{layer + 1} across prompts", lambda frame: _at(frame.state_variance, layer), "", width),
            lambda layer: self._row(
                f"h{layer + 1} norm", lambda frame: frame.state[layer].h_norm if layer < len(frame.state) else 0.0, "", width
            ),
            lambda layer: self._row(
                f"gates {layer + 1} saturated",
                lambda frame: 100 * frame.state[layer].saturated if layer < len(frame.state) else 0.0,
                "%",
                width,
            ),
        ]
        # With little room the figure that tells most is shown of every layer first.
        rows += [wish(layer) for wish in wishes for layer in range(layers)]
        return rows[:height]

    def _row(
        self, name: str, figure: Callable[[TrainFrame], float], unit: str, width: int, wrong: Callable[[float], bool] = lambda _value: False
    ) -> Line:
        """Return a signal of the first run with its course, and its value in the second."""
        values = [figure(frame) for frame in self.view.history()]
        marked = wrong(values[-1])
        line: Line = [
            (name.ljust(_LABEL), MUTED),
            (quantity(values[-1]).rjust(_VALUE) + " ", f"bold {ORANGE}" if marked else "bold"),
            (unit.ljust(_UNIT - 1), MUTED),
            ("!" if marked else " ", f"bold {ORANGE}"),
            (" ", ""),
        ]
        others = [f"{SECOND_SIGN} {quantity(figure(frame)):>6}" for frame in self.view.frames[1:] if frame is not None]
        room = width - _LABEL - _VALUE - 2 - _UNIT - sum(len(other) + 1 for other in others)
        if room < 0:
            return line
        line.append((sparkline(spread(values, room), room), BLUE))
        return [*line, *((" " + other, SECOND) for other in others)]


def _at(values: Sequence[float], place: int) -> float:
    return values[place] if place < len(values) else 0.0


def spread(values: Sequence[float], width: int) -> list[float]:
    """Return at most `width` of the values, evenly over all of them, the newest last: a course from the beginning, not only its end."""
    if width <= 0 or len(values) <= width:
        return list(values)
    return [values[(place + 1) * len(values) // width - 1] for place in range(width)]
