"""The findings: the causes by confidence, what to do, the evidence in plain words, and why it matters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.reactive import reactive

from chatbot_tui.ui.doctor_view import NOTHING, DoctorView
from chatbot_tui.ui.panels.doctor_panel import WAITS, DoctorPanel
from chatbot_tui.ui.panels.doctor_words import degree, headline, paragraph, recipe_line
from chatbot_tui.ui.panels.headed import heading
from chatbot_tui.ui.widgets.bar import bar
from chatbot_tui.ui.widgets.gauge import SIGNS, standing
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import quantity

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import CauseFound, Diagnosis, Evidence

BASIS = ("prompt_sensitivity", "greedy_distinct", "greedy_loops", "sampled_loops", "context_gain", "overconfidence")
"""Signals that the verdict rests on before all others."""
_SIDES = {"above": "≥", "below": "≤"}
_CONFIDENCE = 10
"""Cells of the bar beside a cause."""


class Findings(VerticalScroll, can_focus=True):
    """Holds the findings, which may be longer than the screen."""

    view: reactive[DoctorView] = reactive(NOTHING)
    """The examination to show."""

    def compose(self) -> ComposeResult:
        """Put the text in."""
        yield FindingsText().data_bind(Findings.view)

    def watch_view(self) -> None:
        """Begin at the top, under a heading."""
        self.scroll_home(animate=False)
        self.on_resize()

    def on_resize(self) -> None:
        """Stretch the heading over the new width."""
        diagnosis = self.view.diagnosis
        note = "" if diagnosis is None or not diagnosis.prescription else "enter tries it"
        self.border_title = heading("findings", note, self.size.width)


class FindingsText(DoctorPanel):
    """The findings as text."""

    def lines(self, width: int, height: int) -> list[Line]:
        """Return everything, what is most use first."""
        diagnosis = self.view.diagnosis
        if diagnosis is None:
            return list(paragraph(f"What the net has, and what helps, {WAITS}", width, MUTED))
        lines: list[Line] = []
        for number, cause in enumerate(diagnosis.causes):
            lines += self._cause(cause, width, explained=number == 0)
            if number == 0:
                lines += what_to_do(diagnosis, width)
                lines += self._evidence(cause, width)
        if diagnosis.verdict == "healthy" and not diagnosis.causes:
            lines += [*paragraph("Nothing is wrong with this net.", width, "bold"), []]
        lines += self._basis(width)
        lines += further(diagnosis, width)
        return lines[:height]

    def _cause(self, cause: CauseFound, width: int, *, explained: bool) -> Iterator[Line]:
        """Yield a cause's name, how likely it is, and what it does."""
        yield from paragraph(headline(cause), width, "bold")
        if cause.cause != "unknown":
            yield [(bar(cause.confidence, _CONFIDENCE), ORANGE), (f" {cause.confidence:.0%} ", "bold"), (degree(cause.confidence), MUTED)]
        if cause.explanation:
            yield from paragraph(cause.explanation, width)
        if not explained:
            yield from self._evidence(cause, width)
        yield []

    def _evidence(self, cause: CauseFound, width: int) -> Iterator[Line]:
        """Yield each number that speaks for a cause beside its threshold, what it says, and why it matters."""
        if not cause.evidence:
            return
        yield [("the evidence", f"bold {MUTED}")]
        for entry in cause.evidence:
            reading = self.view.reading(entry.signal)
            title = reading.title if reading is not None else entry.signal.replace("_", " ")
            yield from paragraph(f"{title} {measured(entry)}", width, "bold", indent=2, first="▸")
            if entry.where:
                yield from paragraph(entry.where, width, MUTED, indent=2)
            yield from paragraph(entry.meaning, width, indent=2)
            if reading is not None and reading.matters:
                yield from paragraph(f"why this matters: {reading.matters}", width, f"italic {MUTED}", indent=2)
        yield []

    def _basis(self, width: int) -> Iterator[Line]:
        """Yield the signals that the verdict rests on, each with where it lies."""
        readings = [reading for name in BASIS if (reading := self.view.reading(name)) is not None and reading.value is not None]
        if not readings:
            return
        yield [("what the verdict rests on", f"bold {MUTED}")]
        for reading in readings:
            healthy = None if reading.healthy is None else (reading.healthy.low, reading.healthy.high)
            collapsed = None if reading.collapsed is None else (reading.collapsed.low, reading.collapsed.high)
            where = standing(reading.value, healthy, collapsed)
            unit = "" if reading.unit.startswith("share") else f" {reading.unit}".rstrip()
            value = quantity(reading.value or 0.0) + unit
            ends = "" if healthy is None else f" (healthy {quantity(healthy[0])} to {quantity(healthy[1])})"
            yield from paragraph(f"{reading.title} {value}{ends}", width, indent=2, first=SIGNS[where])
            if reading is readings[0] and reading.matters:
                yield from paragraph(f"why this matters: {reading.matters}", width, f"italic {MUTED}", indent=2)
        yield []


def what_to_do(diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    """Yield the prescriptions with the keys that open them."""
    if not diagnosis.prescription:
        return
    yield [("what to do", f"bold {MUTED}")]
    for number, entry in enumerate(diagnosis.prescription):
        yield from paragraph(recipe_line(entry), width, f"bold {BLUE}", indent=2, first=str(number + 1))
        yield from paragraph(entry.why, width, indent=2)
    keys = "enter opens the laboratory with it" if len(diagnosis.prescription) == 1 else "enter or a number opens the laboratory with it"
    yield from paragraph(keys, width, MUTED, indent=2)
    yield []


def further(diagnosis: Diagnosis, width: int) -> Iterator[Line]:
    """Yield what decoding does, and what else there is to know."""
    yield [("what else there is to know", f"bold {MUTED}")]
    yield from paragraph(f"Decoding: {diagnosis.decoding}.", width, indent=2, first="·")
    for remark in diagnosis.remarks:
        yield from paragraph(remark, width, indent=2, first="·")
    if not diagnosis.text:
        yield from paragraph("t gives it text, and examines again.", width, MUTED, indent=2)


def measured(entry: Evidence) -> str:
    """Return a value beside its threshold."""
    return f"{quantity(entry.value)} ({_SIDES[entry.side]} {quantity(entry.threshold)})"
