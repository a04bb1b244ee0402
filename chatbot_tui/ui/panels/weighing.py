"""The re-ranking panel: the replies that were drawn, what each is worth here and anywhere, and which of them is said."""

from dataclasses import dataclass
from textwrap import wrap

from chatbot_tui.core.frames import ReplyCandidate, Weighing
from chatbot_tui.ui.cursor import Cursor
from chatbot_tui.ui.panels.inspector import Inspector
from chatbot_tui.ui.widgets.glyphs import clip, visible
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import quantity

NUMBER = 7
"""Cells of a figure."""
ALL_FIGURES = 44
"""Width from which on all three figures stand before the text."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A reply among the candidates, however often it was drawn."""

    candidate: ReplyCandidate
    times: int
    said: bool


def ranked(weighing: Weighing) -> list[Ranked]:
    """Return the different replies, best first; of equal ones the one that was drawn earlier."""
    first: dict[tuple[str, bool], int] = {}
    times: dict[tuple[str, bool], int] = {}
    for place, candidate in enumerate(weighing.candidates):
        key = candidate.text, candidate.finished
        # The one that is said stands for all that say the same.
        if key not in first or place == weighing.chosen:
            first[key] = place
        times[key] = times.get(key, 0) + 1
    places = sorted(first.items(), key=lambda item: (item[1] != weighing.chosen, -weighing.candidates[item[1]].score, item[1]))
    return [Ranked(weighing.candidates[place], times[key], place == weighing.chosen) for key, place in places]


def formula(weight: float) -> str:
    """Return how a score is computed."""
    if weight == 0:
        return "here"
    return "here - alone" if weight == 1 else f"here - {quantity(weight)} x alone"


def title_line(weighing: Weighing, width: int) -> Line:
    """Return the names of the columns, their unit, and as much about the score as there is room for."""
    names = ["score", "here", "alone"] if width >= ALL_FIGURES else ["score"]
    row = "  " + "".join(name.rjust(NUMBER) for name in names)
    meaning = formula(weighing.pmi_weight)
    notes = [f", ln p in nats: score = {meaning}", f", nats: score = {meaning}", f", nats: {meaning}"] if len(names) > 1 else []
    note = next((note for note in notes if len(row + note) <= width), ", nats")
    return [(clip(row + note, width), MUTED)]


def meaning_lines(weighing: Weighing, width: int) -> list[Line]:
    """Return what the figures mean, below an empty line."""
    text = f"score = {formula(weighing.pmi_weight)}; here is ln p of the reply after what was said, alone is ln p after nothing."
    if weighing.pmi_weight:
        text += " A reply that suits everything is likely alone too: it scores low."
    return [[], *([(row, MUTED)] for row in wrap(text, max(width, 1)))]


def reply_line(entry: Ranked, width: int) -> Line:
    """Return one reply's row; the one that is said carries >."""
    candidate = entry.candidate
    line: Line = [("> " if entry.said else "  ", f"bold {ORANGE}"), (quantity(candidate.score).rjust(NUMBER), "bold" if entry.said else "")]
    if width >= ALL_FIGURES:
        line += [(quantity(candidate.log_p).rjust(NUMBER), BLUE), (quantity(candidate.log_p_alone).rjust(NUMBER), MUTED)]
    room = width - sum(len(text) for text, _ in line) - 2
    times = f" ×{entry.times}" if entry.times > 1 and room > 8 else ""
    # Lines in a reply stand side by side here; what else cannot be seen is made visible.
    words = " ".join(visible(word) for word in candidate.text.split()) or visible("")
    said = clip(words + ("" if candidate.finished else " …"), max(room - len(times), 0))
    return [*line, ("  ", ""), (said, "bold" if entry.said else ""), (times, MUTED)]


class Departure:
    """Where a reply left its candidate. Remembers how far it has looked: a long reply is not read again for every token."""

    def __init__(self) -> None:
        self._weighing: Weighing | None = None
        self._read = 0
        self._left: int | None = None

    def before(self, cursor: Cursor) -> int | None:
        """Return the first step, up to the cursor's, that other settings drew than the candidates; None where none did, or none is told."""
        frame = cursor.frame
        if frame is None or frame.weighing is None:
            return None
        first = cursor.frames[0]
        if first.step or first.sampling is None:
            return None
        if frame.weighing is not self._weighing:
            self._weighing, self._read, self._left = frame.weighing, 0, None
        while self._left is None and self._read <= cursor.index:
            settings = cursor.frames[self._read].sampling
            if settings is not None and settings != first.sampling:
                self._left = self._read
            self._read += 1
        return self._left if self._left is not None and self._left <= frame.step else None


class WeighingPanel(Inspector):
    """Show the candidates of the reply under the cursor, best first."""

    NAME = "re-ranking"
    OCCASIONAL = True

    def __init__(self) -> None:
        super().__init__()
        self._departure = Departure()

    def note(self) -> str:
        """Return how many were drawn, which of them is said, and where other settings took the reply from there."""
        weighing = self._weighing
        if weighing is None:
            return ""
        number = f"number {weighing.chosen + 1} of {len(weighing.candidates)}"
        left = self._departure.before(self.cursor)
        return f"{number} drawn" if left is None else f"{number}, until step {left}"

    @property
    def idle(self) -> bool:
        """Whether there is nothing to show."""
        return self._weighing is None

    @property
    def _weighing(self) -> Weighing | None:
        return None if self.cursor.frame is None else self.cursor.frame.weighing

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the replies that fit and how many do not; where there is room for all, also what their figures mean."""
        weighing = self._weighing
        if weighing is None:
            return [[(row, MUTED)] for row in wrap("alt+r chooses each reply among several by mutual information.", max(width, 1))][:height]
        entries = ranked(weighing)
        lines = [title_line(weighing, width)] if height > 2 else []
        room = height - len(lines)
        shown = entries if len(entries) <= room else entries[: max(room - 1, 1)]
        lines += [reply_line(entry, width) for entry in shown]
        hidden = len(entries) - len(shown)
        if hidden:
            return lines + ([[(clip(f"  … {hidden} more", width), MUTED)]] if room > 1 else [])
        meaning = meaning_lines(weighing, width)
        return lines + meaning if len(lines) + len(meaning) <= height else lines
