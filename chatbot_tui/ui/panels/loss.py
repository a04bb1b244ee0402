"""The loss panel: how the loss falls from level to level, through which phases, and what was done to the net on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatbot_tui.ui.lab_view import LabView
from chatbot_tui.ui.panels.headed import waiting
from chatbot_tui.ui.panels.lab_panel import PHASES, SECOND, SECOND_SIGN, LabPanel
from chatbot_tui.ui.training_log import TrainingLog, first_difference, judged
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import quantity
from chatbot_tui.ui.widgets.plot import Curve, Frame, Level, Place, band, label_rows, plot

if TYPE_CHECKING:
    from chatbot_tui.core.frames import TrainFrame

_GUTTER = 13
"""Cells of the labels on the left: a name and a value."""
_NARROW = 60
"""Cells below which a label is only a value."""
_HEADROOM = 1.25
"""How far above ln V the panel reaches at most, as a share of it: what explodes further runs along the upper edge."""


class LossPanel(LabPanel):
    """Draw the losses against those of simple models, with a band of phases below."""

    NAME = "loss"

    def note(self) -> str:
        """Return what each curve is, with its value at the step that is shown."""
        first, *others = self.view.frames or (None,)
        if first is None:
            return "nats a token"
        parts = [f"▀ held-out {quantity(judged(first))}"] if first.valid_loss is not None else []
        parts.append(f"{'·' if parts else '▀'} training {quantity(first.loss)}")
        parts += [f"{SECOND_SIGN} second {quantity(judged(other))}" for other in others if other is not None]
        return "  ".join([*parts, "nats"])

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the plot, a band of phases a run, and the steps."""
        view = self.view
        if view.frame is None:
            told = "The loss before the first step comes soon." if view.runs else "Choose a recipe and start it: its loss is drawn here."
            return waiting(told, width, height)
        gutter = _GUTTER if width >= _NARROW else 5
        bands = len(view.runs) if height >= 6 else 0
        frame = _frame(view, width - gutter - 1, height - bands - (1 if height >= 4 else 0))
        levels = _levels(view.frame)
        labels = label_rows(frame, levels)
        rows = [
            [(_label(labels.get(number), gutter) + " ", labels[number].style if number in labels else ""), *line]
            for number, line in enumerate(plot(frame, _curves(view), levels, _places(view)))
        ]
        for run, sign in list(zip(view.runs, ("phase", SECOND_SIGN), strict=False))[:bands]:
            rows.append([(sign.rjust(gutter) + " ", MUTED), *_phases(run, frame)])
        return [*rows, [(" " * (gutter + 1), ""), *_axis(view, frame)]][:height]


def _frame(view: LabView, width: int, height: int) -> Frame:
    """Return the part of the plane that holds all curves and levels."""
    losses = [value for run in view.runs for frame in run.frames for value in (frame.loss, judged(frame))]
    levels = [level.value for level in _levels(view.frame)]
    ceiling = max(levels) * _HEADROOM if levels else float("inf")
    low, high = min(losses + levels), max(levels + [min(loss, ceiling) for loss in losses])
    slack = 0.03 * (high - low)
    last = max(run.step for run in view.runs)
    return Frame((0, max(last, 1)), (low - slack, high + slack), max(width, 0), max(height, 0))


def _levels(frame: TrainFrame | None) -> list[Level]:
    if frame is None or frame.yardsticks is None:
        return []
    yardsticks = frame.yardsticks
    return [Level(yardsticks.uniform, "ln V"), Level(yardsticks.unigram, "unigram"), Level(yardsticks.bigram, "bigram")]


def _label(level: Level | None, width: int) -> str:
    if level is None:
        return " " * width
    value = quantity(level.value)
    return f"{level.label} {value:>4}".rjust(width) if width >= _GUTTER else value.rjust(width)


def _curves(view: LabView) -> list[Curve]:
    """Return held-out and training loss of the first run, and what the second is judged by."""
    first = view.runs[0].frames
    curves = [Curve([(frame.step, judged(frame)) for frame in first], f"bold {BLUE}")]
    curves += [Curve([(frame.step, judged(frame)) for frame in run.frames], SECOND, SECOND_SIGN) for run in view.runs[1:]]
    if any(frame.valid_loss is not None for frame in first):
        # The first report has learnt from nothing yet.
        curves.append(Curve([(frame.step, frame.loss) for frame in first], MUTED, "·"))
    return curves


def _places(view: LabView) -> list[Place]:
    """Return where the person looks, where something was done, and where two runs part."""
    from chatbot_tui.core.lab import INTERVENTIONS

    places = [] if view.live or view.frame is None else [Place(view.frame.step, "▼", "bold")]
    keys = {entry.name: str(number) for number, entry in enumerate(INTERVENTIONS, 1)}
    places += [Place(done.step, keys.get(done.name, "k"), ORANGE) for done in view.runs[0].interventions]
    parted = first_difference(*view.runs) if len(view.runs) == 2 else None
    return places if parted is None else [*places, Place(parted, "≠", MUTED)]


def _phases(run: TrainingLog, frame: Frame) -> Line:
    return band([(first, last, phase, *PHASES[phase]) for phase, first, last in run.phases()], frame)


def _axis(view: LabView, frame: Frame) -> Line:
    """Return the first, the last and the shown step below the columns that they stand at."""
    last = int(frame.x[1])
    ending = f"{last:,} steps"
    shown = view.frame
    text = "0".ljust(frame.width - len(ending)) + ending if len(ending) + 2 <= frame.width else ending[: frame.width]
    if view.live or shown is None:
        return [(text, MUTED)]
    here = f"step {shown.step:,}"
    start = min(max(frame.column(shown.step) - len(here) // 2, 0), max(frame.width - len(here), 0))
    if start + len(here) >= frame.width - len(ending):
        text = "0".ljust(frame.width)
    return [(text[:start], MUTED), (here, "bold"), (text[start + len(here) :], MUTED)]
