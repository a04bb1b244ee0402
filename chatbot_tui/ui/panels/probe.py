"""The probe panel: what the net would say next to one prompt, and its greedy reply written anew with every report."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from chatbot_tui.ui.panels.headed import waiting
from chatbot_tui.ui.panels.lab_panel import SECOND, SECOND_SIGN, LabPanel
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.bar import bar
from chatbot_tui.ui.widgets.glyphs import clip, fit, visible
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import probability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatbot_tui.core.frames import TrainFrame

_TOKENS = 6
"""Rows of the distribution where the height is shared with replies."""
_MOVED = 0.005
"""Change of a probability since the report before that is worth a sign."""
_GAP = 3


class ProbePanel(LabPanel):
    """Show the likeliest next tokens of each run as bars, and the replies so far, newest first."""

    NAME = "probe"

    def note(self) -> str:
        """Return the prompt."""
        return f"“{visible_text(self.view.probe)}”" if self.view.probe else ""

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the distributions side by side, and the replies below."""
        frames = [frame for frame in self.view.frames if frame is not None]
        if not frames:
            return waiting("What the net would say to the probe prompt appears here.", width, height)
        several = len(frames) > 1
        rows = max(1, min(10, max(_TOKENS, height // 2)))
        column = (width - _GAP * (len(frames) - 1)) // len(frames)
        tables = [
            bars(frame, before(self.view.history(run)), column, rows, BLUE if run == 0 else SECOND) for run, frame in enumerate(frames)
        ]
        lines = [joined(cells) for cells in zip(*tables, strict=True)][: max(1, height - (2 if several else 1))]
        for run, frame in enumerate(frames):
            if len(lines) < height:
                lines.append(reply_line(frame, width, SECOND_SIGN if run else "", newest=True))
        earlier = [run[-1] for run in grouped(self.view.history())][:-1]
        for frame in reversed(earlier):
            if len(lines) >= height:
                break
            lines.append(reply_line(frame, width, "", newest=False))
        return lines


def visible_text(text: str) -> str:
    """Return text in one line, safe to draw."""
    return printable(text).replace("\n", "⏎")


def before(history: Sequence[TrainFrame]) -> TrainFrame | None:
    """Return the report before the newest."""
    return history[-2] if len(history) > 1 else None


def grouped(history: Sequence[TrainFrame]) -> list[list[TrainFrame]]:
    """Return runs of reports with the same reply."""
    return [list(run) for _, run in groupby(history, key=lambda frame: frame.sample)]


def bars(frame: TrainFrame, previous: TrainFrame | None, width: int, rows: int, style: str) -> list[Line]:
    """Return `rows` lines of exactly `width` cells: token, bar, probability, and whether it rose or fell since the report before."""
    old = {candidate.token: candidate.p_model for candidate in previous.probe_top} if previous is not None else {}
    name = max(6, min(14, width // 4))
    room = max(0, width - name - 10)
    lines: list[Line] = []
    for candidate in frame.probe_top[:rows]:
        change = candidate.p_model - old.get(candidate.token, 0.0) if old else 0.0
        sign, colour = ("▲", BLUE) if change > _MOVED else ("▼", ORANGE) if change < -_MOVED else (" ", "")
        cells: Line = [
            (fit(visible(candidate.text), name) + " ", "bold"),
            (bar(candidate.p_model, room), style),
            (probability(candidate.p_model).rjust(7) + " ", ""),
            (sign, colour),
        ]
        lines.append(cells)
    return lines + [[(" " * width, "")] for _ in range(rows - len(lines))]


def joined(cells: Sequence[Line]) -> Line:
    """Put lines beside each other, each but the first after the sign of the second run."""
    line: Line = list(cells[0])
    for cell in cells[1:]:
        line += [(SECOND_SIGN.center(_GAP), SECOND), *cell]
    return line


def reply_line(frame: TrainFrame, width: int, sign: str, *, newest: bool) -> Line:
    """Return a reply with its step."""
    label = f"{frame.step:>7,} {sign or '›'} "
    reply = visible_text(frame.sample.strip()) or "(silence)"
    return [(label, MUTED), (clip(reply, max(0, width - len(label))), ("bold" if newest else MUTED))]
