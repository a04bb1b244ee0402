"""The verdict in one plain sentence above everything else, or how far the examination is; all that a tiny terminal shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len

from chatbot_tui.ui.panels.doctor_panel import DoctorPanel
from chatbot_tui.ui.panels.doctor_words import VERDICT_SIGNS, colour, degree, headline, paragraph, plain_sentence, recipe_line
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.bar import bar
from chatbot_tui.ui.widgets.glyphs import clip
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import Diagnosis

IDLE = "Nothing has been examined yet: r examines the checkpoint that the chat has loaded."
FAILED = "The chat goes on as before: r examines again, esc goes back."
CANCELLED = "The examination was let go: r examines again."


class VerdictPanel(DoctorPanel):
    """Say what the net has, in as many lines as there are."""

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the verdict and its sentence, then the likeliest cause, what helps, and what decoding does, as far as there is room."""
        view = self.view
        name = printable(view.name).replace("\n", " ")
        if view.state == "examining":
            return examining(name, view.stage, view.share, width)[:height]
        if view.state == "failed":
            head: Line = [(" ! NOT EXAMINED ", f"bold reverse {ORANGE}"), (clip(f"  {name}", max(0, width - 16)), "bold")]
            return [head, *paragraph(view.problem, width), *paragraph(FAILED, width, MUTED)][:height]
        if view.diagnosis is None:
            return [
                [(clip(f"doctor  {name}".rstrip(), width), "bold")],
                *paragraph(CANCELLED if view.state == "cancelled" else IDLE, width, MUTED),
            ][:height]
        return self._verdict(name, width, height)

    def _verdict(self, name: str, width: int, height: int) -> list[Line]:
        diagnosis = self.view.diagnosis
        if diagnosis is None:
            return []
        badge = f" {VERDICT_SIGNS[diagnosis.verdict]} {diagnosis.verdict.upper()} "
        line: Line = [(badge, f"bold reverse {colour(diagnosis)}")]
        room = width - cell_len(badge) - 2
        line.append(("  " + clip(name, max(0, room)), "bold"))
        room -= cell_len(name)
        facts = (
            f"{degree(diagnosis.confidence)}, {diagnosis.confidence:.0%}",
            (diagnosis.text and f"with text: {diagnosis.text}") or "without text",
            f"{diagnosis.seconds:.1f} s",
        )
        for fact in facts:
            if len(fact) + 3 <= room:
                line.append((f" · {fact}", MUTED))
                room -= len(fact) + 3
        lines: list[Line] = [line, *paragraph(plain_sentence(diagnosis), width, "bold")]
        for block in blocks(diagnosis, width):
            # A sentence that is cut off says something else.
            if len(lines) + len(block) <= height:
                lines += block
        return lines[:height]


def blocks(diagnosis: Diagnosis, width: int) -> Iterator[list[Line]]:
    """Yield what stands below the verdict, most important first: the likeliest cause, what helps, what decoding does."""
    for cause in diagnosis.causes[:1]:
        sure = "" if cause.cause == "unknown" else f" ({cause.confidence:.0%})"
        yield list(paragraph(f"{headline(cause)}{sure}", width, indent=7, first="cause"))
    for prescription in diagnosis.prescription[:1]:
        yield list(paragraph(f"{recipe_line(prescription)} (enter)", width, BLUE, indent=7, first="try"))
    yield list(paragraph(f"{diagnosis.decoding}.", width, MUTED))


def examining(name: str, stage: str, share: float, width: int) -> list[Line]:
    """Return how far an examination is, in two lines."""
    figure = f" {share:.0%} "
    room = max(4, min(40, width - len(figure) - 1))
    done = bar(share, room).rstrip()
    line: Line = [(done, BLUE), ("─" * (room - len(done)), MUTED), (figure, "bold")]
    beside = room + len(figure) + cell_len(stage) <= width
    return [
        [(clip(f"examining {name} …", width), "bold")],
        [*line, (stage, MUTED)] if beside else line,
        *([] if beside else paragraph(stage, width, MUTED)),
        *paragraph("The chat goes on meanwhile: f10 goes there, esc lets the examination go.", width, MUTED),
    ]
