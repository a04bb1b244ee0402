"""Every signal as a gauge between healthy and collapsed nets, with what it is and why it matters for the one that is highlighted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.getters import query_one
from textual.reactive import reactive
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatbot_tui.ui.doctor_view import NOTHING, DoctorView
from chatbot_tui.ui.panels.headed import heading
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.gauge import COLOURS, LEGEND, SIGNS, Stretch, gauge, scale_over, standing
from chatbot_tui.ui.widgets.glyphs import fit
from chatbot_tui.ui.widgets.lines import MUTED, Line, join
from chatbot_tui.ui.widgets.numbers import quantity

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import Evidence, Range, SignalReading

_NAME = 36
"""Cells of a title where there is room."""
_FIGURE = 8
_UNIT = 6
_PLACES = 8
"""Tensors or layers that a signal's explanation lists."""
GROUPS = ("the evidence", "unlike healthy nets", "the rest", "not measured")
EMPTY = "Each signal appears here once the net has been examined."


class Signals(Vertical):
    """A list of gauges over the explanation of one."""

    view: reactive[DoctorView] = reactive(NOTHING)
    """The examination to show."""

    options = query_one(OptionList)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[SignalReading | str] = []

    def compose(self) -> ComposeResult:
        """Lay out list and explanation."""
        options = OptionList(markup=False, compact=True)
        options.tooltip = "Up and down go through the signals; below stands what each means"
        yield options
        yield Static(EMPTY, id="meaning", markup=False)

    def on_mount(self) -> None:
        """Show what there is."""
        self.watch_view()

    def on_resize(self) -> None:
        """Draw the gauges for the new width."""
        self.border_title = heading("signals", LEGEND, self.size.width)
        self._draw(self.options.highlighted)

    def watch_view(self) -> None:
        """List the signals, and go to the one that was highlighted before."""
        if not self.is_mounted:
            return
        before = self._highlighted
        self._rows = list(grouped(self.view))
        names = [row if isinstance(row, str) else row.signal for row in self._rows]
        first = 1 if self._rows else None
        self._draw(names.index(before.signal) if before is not None and before.signal in names else first)

    def _draw(self, highlighted: int | None) -> None:
        # Padding on both sides, and a scrollbar beside the list.
        width = max(10, self.size.width - 3)
        evidence = self.view.evidence()
        self.options.set_options(
            Option(Content.styled(row, f"bold {MUTED}"), disabled=True)
            if isinstance(row, str)
            else Option(join([gauge_row(row, evidence.get(row.signal), width)]))
            for row in self._rows
        )
        self.options.highlighted = highlighted
        self._explain()

    @property
    def _highlighted(self) -> SignalReading | None:
        place = self.options.highlighted
        row = self._rows[place] if place is not None and place < len(self._rows) else None
        return None if isinstance(row, str) else row

    @on(OptionList.OptionHighlighted)
    def _explain(self) -> None:
        reading = self._highlighted
        text: Content | str = EMPTY
        if reading is not None:
            text = explanation(reading, self.view.evidence().get(reading.signal))
        self.query_one("#meaning", Static).update(text)


def grouped(view: DoctorView) -> Iterator[SignalReading | str]:
    """Yield the signals under headings: evidence, what is unlike healthy nets, the rest, and what could not be measured."""
    evidence = view.evidence()
    groups: dict[str, list[SignalReading]] = {name: [] for name in GROUPS}
    for reading in view.diagnosis.signals if view.diagnosis is not None else ():
        where = standing(reading.value, ends(reading.healthy), ends(reading.collapsed))
        unlike = where in ("collapsed", "between", "unusual")
        unmeasured = reading.value is None
        place = 0 if reading.signal in evidence else 3 if unmeasured else 1 if unlike else 2
        groups[GROUPS[place]].append(reading)
    for name, readings in groups.items():
        if readings:
            yield name
            yield from readings


def ends(span: Range | None) -> Stretch | None:
    """Return a range as a pair."""
    return None if span is None else (span.low, span.high)


def gauge_row(reading: SignalReading, evidence: Evidence | None, width: int) -> Line:
    """Return a signal in exactly `width` cells: a sign for where it lies, its name, its gauge, its value and unit."""
    healthy, collapsed = ends(reading.healthy), ends(reading.collapsed)
    limit = None if evidence is None else evidence.threshold
    scale = scale_over(
        reading.value,
        healthy,
        collapsed,
        [] if limit is None else [limit],
        logarithmic=reading.logarithmic,
        share=reading.unit.startswith("share"),
    )
    where = standing(reading.value, healthy, collapsed)
    value = "-" if reading.value is None else quantity(reading.value)
    name = min(_NAME, max(14, width // 2))
    room = width - 2 - name - 1 - _FIGURE - 1 - _UNIT
    return [
        (f"{SIGNS[where]} ", f"bold {COLOURS[where]}".strip()),
        (fit(printable(reading.title), name) + " ", ""),
        *gauge(reading.value, room, scale, healthy, collapsed, limit),
        (value.rjust(_FIGURE) + " ", "bold"),
        (fit(reading.unit.split(" ")[0], _UNIT), MUTED),
    ]


def explanation(reading: SignalReading, evidence: Evidence | None) -> Content:
    """Return what a signal is, what it says here, and why it matters."""
    value = "not measured" if reading.value is None else f"{quantity(reading.value)} {reading.unit}".rstrip()
    parts: list[tuple[str, str] | str] = [(printable(reading.title), "bold"), f"  {value}"]
    if reading.where:
        parts.append((f"  {printable(reading.where)}", MUTED))
    if reading.estimated:
        parts.append(("  word frequencies estimated", MUTED))
    parts.append("\n")
    if evidence is not None:
        parts += [(f"{printable(evidence.meaning)}\n", "bold")]
    spans = [
        f"{name} {quantity(span[0])} to {quantity(span[1])}"
        for name, span in (("healthy", ends(reading.healthy)), ("collapsed", ends(reading.collapsed)))
        if span is not None
    ]
    if evidence is not None:
        spans.append(f"threshold {quantity(evidence.threshold)}")
    if spans:
        parts.append((" · ".join(spans) + "\n", MUTED))
    if reading.matters:
        parts += [("why this matters: ", MUTED), f"{printable(reading.matters)}\n"]
    if reading.definition:
        parts += [("definition: ", MUTED), f"{printable(reading.definition)}\n"]
    if len(reading.places) > 1:
        listed = [f"{printable(place)} {quantity(value)}" for place, value in list(reading.places.items())[:_PLACES]]
        more = len(reading.places) - len(listed)
        parts.append(("  ".join(listed) + (f"  and {more} more" if more else ""), MUTED))
    return Content.assemble(*parts)
