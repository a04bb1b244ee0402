"""The collapse panel: a running verdict in words, the numbers behind it, and who is to blame."""

import math
from textwrap import wrap

from rich.cells import cell_len

from chatbot_tui.core.frames import CollapseReading, StepFrame, Verdict
from chatbot_tui.core.judgement import INPUT_BLIND, NEARLY_BLIND
from chatbot_tui.ui.panels.headed import waiting
from chatbot_tui.ui.panels.inspector import Inspector
from chatbot_tui.ui.widgets.glyphs import clip, visible
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import quantity

COLLAPSED = INPUT_BLIND
"""Prompt sensitivity, in nats, up to which a net counts as deaf to its input."""
HEALTHY = NEARLY_BLIND
"""Prompt sensitivity, in nats, from which a net counts as hearing its input."""
_SIGNS: dict[Verdict, str] = {"healthy": "✓", "looping": "↻", "collapsed": "✗"}
_STYLES: dict[Verdict, str] = {"healthy": BLUE, "looping": ORANGE, "collapsed": ORANGE}
_TIMELINE: dict[Verdict, str] = {"healthy": "·", "looping": "↻", "collapsed": "✗"}
_GAUGE = (0.001, 3.0)
"""Ends of the gauge of prompt sensitivity, in nats; it is logarithmic."""


def advice(frame: StepFrame) -> str:
    """Return in one plain sentence what the verdict means and what can be done."""
    reading = frame.collapse
    if reading.verdict == "collapsed" and reading.prompt_sensitivity > COLLAPSED:
        return "The net's first choice is one word, whatever you type: no sampler cures this."
    if reading.verdict == "collapsed":
        return "The net ignores what you type: no sampler cures this."
    if reading.verdict == "looping":
        if reading.blame == "model":
            return "The net itself prefers to repeat: a sampler only hides it."
        if frame.u is None:
            return "Greedy decoding loops; the net itself still has other ideas: try temperature."
        return "This strategy loops; the net itself still has other ideas: try a higher temperature."
    if reading.prompt_sensitivity >= HEALTHY:
        return "What you type matters, and nothing repeats."
    if reading.prompt_sensitivity > COLLAPSED:
        return "What you type matters a little, and nothing repeats."
    return "Nothing repeats so far, but the net hardly hears what you type."


def verdict_line(reading: CollapseReading, width: int) -> Line:
    """Return the verdict, since when, what repeats and how often, and the orbit; the last of these go first where room is short."""
    style = f"bold {_STYLES[reading.verdict]}"
    since = f" since token {reading.onset_step}" if reading.onset_step is not None else ""
    line: Line = [(f"{_SIGNS[reading.verdict]} {reading.verdict.upper()}", style), (since, "bold")]
    room = width - 2 - len(reading.verdict) - len(since)
    facts = []
    if reading.repeats > 1:
        times = f" × {reading.repeats}"
        facts.append(f"“{clip(visible(reading.unit.strip() or reading.unit), max(4, min(24, room - len(times) - 4)))}”{times}")
    if reading.period is not None:
        facts.append("fixed point" if reading.period == 1 else f"period {reading.period}")
    for place, fact in enumerate(facts):
        joint = "  " if place == 0 else " · "
        if cell_len(fact) + len(joint) <= room:
            line.append((joint + fact, ""))
            room -= cell_len(fact) + len(joint)
    return line


def gauge_line(sensitivity: float, width: int) -> Line:
    """Return a logarithmic scale of prompt sensitivity with both thresholds and the net's place on it."""
    low, high = (math.log(end) for end in _GAUGE)

    def column(value: float) -> int:
        share = (math.log(max(value, _GAUGE[0])) - low) / (high - low)
        return round(min(max(share, 0.0), 1.0) * (width - 1))

    deaf, hears, here = column(COLLAPSED), column(HEALTHY), column(sensitivity)
    cells = ["─"] * width
    for first, last, label, limit in (
        (0, deaf, "collapsed", ""),
        (deaf, hears, "between", short(COLLAPSED)),
        (hears, width, "healthy", short(HEALTHY)),
    ):
        cells[first + 1 : first + 1 + len(limit)] = limit
        start, end = first + 1 + len(limit), last - len(label)
        # In the middle, or beside the net's place where that would cut the label in two.
        middle, left, right = start + (end - start) // 2, start + 1, end - 1
        free = (at for at in (middle, left, right) if start < at < end and not at - 1 <= here <= at + len(label))
        at = next(free, 0)
        if at:
            cells[at : at + len(label)] = label
    cells[deaf] = cells[hears] = "┼"
    cells[here] = "●"
    text = "".join(cells)
    return [(text[:here], MUTED), ("●", f"bold {ORANGE if sensitivity <= COLLAPSED else BLUE}"), (text[here + 1 :], MUTED)]


class CollapsePanel(Inspector):
    """Say whether the reply has collapsed, since when, why, and what that means."""

    NAME = "collapse"

    def note(self) -> str:
        """Return who is to blame."""
        frame = self.cursor.frame
        return f"blame: the {frame.collapse.blame}" if frame and frame.collapse.blame else ""

    def lines(self, width: int, height: int) -> list[Line]:
        """Return verdict, meaning, numbers beside their thresholds, a gauge and the verdicts so far, most important first."""
        frame = self.cursor.frame
        if frame is None:
            return waiting("A verdict appears here once the net has answered.", width, height)
        meaning: list[Line] = [[(text, "")] for text in wrap(advice(frame), width)]
        numbers = _numbers(frame.collapse, width)
        lines = [verdict_line(frame.collapse, width)]
        short = height < 1 + len(meaning) + len(numbers)
        lines += meaning[:1] + numbers if short and len(meaning) == 1 else meaning + numbers
        if height >= len(lines) + 1:
            lines.append(gauge_line(frame.collapse.prompt_sensitivity, width))
        if height >= len(lines) + 1:
            lines.append(self._timeline(width))
        return lines[:height]

    def _timeline(self, width: int) -> Line:
        """Return a sign for the verdict after each token, the newest on the right."""
        label = "so far  "
        past = [frame.collapse.verdict for frame in self.cursor.history[-(width - len(label)) :]]
        line: Line = [(label, MUTED)]
        for verdict in past:
            line.append((_TIMELINE[verdict], MUTED if verdict == "healthy" else ORANGE))
        return line


def _numbers(reading: CollapseReading, width: int) -> list[Line]:
    """Return the two measurements beside their thresholds, in shorter words where room is short."""
    known = reading.kl_unigram is not None
    names = ("prompt sensitivity", "KL to unigram") if width >= 48 else ("sensitivity", "KL unigram")
    values = (quantity(reading.prompt_sensitivity), quantity(reading.kl_unigram) if reading.kl_unigram is not None else "no counts")
    low, high = short(COLLAPSED), short(HEALTHY)
    limits = (
        _longest(width - len(names[0]) - 8, f"collapsed ≤{low}, healthy ≥{high}", f"≤{low} bad, ≥{high} good", f"collapsed ≤{low}"),
        _longest(width - len(names[0]) - 8, "near 0: mere word frequencies", "near 0 is bad") if known else "",
    )
    rows = zip(names, values, limits, strict=True)
    return [[(name.ljust(len(names[0]) + 1), MUTED), (value.ljust(7), "bold"), (limit, MUTED)] for name, value, limit in rows]


def short(limit: float) -> str:
    """Return a threshold with at most two digits that count: .024, .3."""
    return f"{limit:.2g}".removeprefix("0")


def _longest(width: int, *texts: str) -> str:
    """Return the first of `texts`, longest first, that fits; the empty text if none does."""
    return next((text for text in texts if len(text) <= width), "")
