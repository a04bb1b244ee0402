"""What the net would say next to several prompts, side by side: the same columns everywhere are what collapse looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.reactive import reactive

from chatbot_tui.ui.panels.doctor_panel import WAITS, DoctorPanel
from chatbot_tui.ui.panels.doctor_words import paragraph
from chatbot_tui.ui.panels.headed import waiting
from chatbot_tui.ui.widgets.bar import bar
from chatbot_tui.ui.widgets.glyphs import fit, visible
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import probability, quantity

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import PromptAnswer

_COLUMN = 22
"""Least width of a column."""
_MOST = 5
_GAP = 2
_SPOKEN = 3
"""Lines of the prompt and of each of the two replies, at most."""


class Answers(DoctorPanel):
    """Show some prompts with the likeliest next tokens, a greedy reply and a sampled one."""

    NAME = "prompts"

    first: reactive[int] = reactive(0)
    """Place of the prompt on the left."""

    def note(self) -> str:
        """Return which prompts are shown."""
        answers = self.view.diagnosis.answers if self.view.diagnosis is not None else ()
        if not answers:
            return ""
        last = min(len(answers), self.first + columns(self.size.width))
        return f"{self.first + 1}-{last} of {len(answers)} · left and right show others"

    def watch_view(self) -> None:
        """Begin with the first prompt."""
        self.first = 0
        super().watch_view()

    def watch_first(self) -> None:
        """Bring the heading up to date."""
        self.head()

    def turn(self, pages: int) -> None:
        """Show the prompts of another page."""
        answers = self.view.diagnosis.answers if self.view.diagnosis is not None else ()
        shown = columns(self.size.width)
        self.first = min(max(self.first + pages * shown, 0), max(len(answers) - shown, 0))

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the columns beside each other."""
        diagnosis = self.view.diagnosis
        if diagnosis is None:
            return waiting(f"What the net would say to many prompts {WAITS}", width, height)
        if not diagnosis.answers:
            return waiting("It could not be asked anything.", width, height)
        shown = diagnosis.answers[self.first : self.first + columns(width)]
        each = (width - _GAP * (len(shown) - 1)) // len(shown)
        tall = min(height, 40)
        sheets = [column(answer, each, tall) for answer in shown]
        rows: list[Line] = []
        for cells in zip(*sheets, strict=True):
            line: Line = list(cells[0])
            for cell in cells[1:]:
                line += [(" " * _GAP, ""), *cell]
            rows.append(line)
        return rows


def columns(width: int) -> int:
    """Return how many prompts stand side by side."""
    return max(1, min(_MOST, (width + _GAP) // (_COLUMN + _GAP)))


def column(answer: PromptAnswer, width: int, height: int) -> list[Line]:
    """Return one prompt's column: exactly `height` lines of exactly `width` cells."""
    spoken = min(_SPOKEN, max(1, (height - 5) // 4))
    prompt = list(padded(f"“{answer.prompt.strip()}”", width, "bold", spoken))
    replies = [
        *padded(
            f"{'↻' if answer.greedy_loops else '›'} {answer.greedy.strip() or '(silence)'}", width, reply_style(answer.greedy_loops), spoken
        ),
        *padded(f"{'↻' if answer.sampled_loops else '~'} {answer.sampled.strip() or '(silence)'}", width, MUTED, spoken),
    ]
    name = max(6, min(14, width // 3))
    room = max(0, width - name - 8)
    tokens: list[Line] = []
    for share in answer.top:
        cells: Line = [(fit(visible(share.text), name) + " ", ""), (bar(share.p, room), BLUE), (probability(share.p).rjust(7), "bold")]
        tokens.append(cells if room else [(fit(visible(share.text), width), "")])
    doubt: Line = [(fit(f"entropy {quantity(answer.entropy)} nats", width), MUTED)]
    table = [*tokens[: max(1, height - len(prompt) - len(replies) - 1)], doubt]
    lines = [*prompt, *table, *replies]
    blank: Line = [(" " * width, "")]
    return (lines + [blank] * height)[:height]


def reply_style(loops: bool) -> str:
    """Return how a greedy reply is coloured; its sign says the same."""
    return ORANGE if loops else ""


def padded(text: str, width: int, style: str, most: int) -> Iterator[Line]:
    """Yield a text in exactly `most` lines of exactly `width` cells, cut with an ellipsis."""
    lines = ["".join(piece for piece, _ in line) for line in paragraph(text.replace("\n", "⏎"), width, style)]
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    for number in range(most):
        yield [(fit(lines[number] if number < len(lines) else "", width), style)]
