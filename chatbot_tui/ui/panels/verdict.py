"""The verdict in one plain sentence above everything else, or how far the examination is; all that a tiny terminal shows."""

from __future__ import annotations

from rich.cells import cell_len

from chatbot_tui.ui.panels.doctor_panel import DoctorPanel
from chatbot_tui.ui.panels.doctor_words import VERDICT_SIGNS, colour, degree, headline, paragraph, plain_sentence, recipe_line
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.bar import bar
from chatbot_tui.ui.widgets.glyphs import clip
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line

IDLE = "Nothing has been examined yet: r examines the checkpoint that the chat has loaded."
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
            return [head, *paragraph(view.problem, width)][:height]
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
        if diagnosis.causes:
            cause = diagnosis.causes[0]
            lines += paragraph(f"{headline(cause)} ({cause.confidence:.0%})", width, indent=7, first="cause")
        else:
            lines += paragraph(f"{diagnosis.decoding}.", width, MUTED)
        for prescription in diagnosis.prescription[:1]:
            lines += paragraph(f"{recipe_line(prescription)} (enter)", width, BLUE, indent=7, first="try")
        if diagnosis.causes:
            lines += paragraph(f"{diagnosis.decoding}.", width, MUTED)
        return lines[:height]


def examining(name: str, stage: str, share: float, width: int) -> list[Line]:
    """Return how far an examination is, in two lines."""
    figure = f" {share:>4.0%} "
    room = max(4, min(40, width - len(figure)))
    return [
        [(clip(f"examining {name} …", width), "bold")],
        [(bar(share, room), BLUE), (figure, "bold"), (clip(stage, max(0, width - room - len(figure))), MUTED)],
        *paragraph("The chat goes on meanwhile: f10 goes there, esc lets the examination go.", width, MUTED),
    ]
