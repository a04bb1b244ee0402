"""One turn as the transcript keeps it: plain text, where its tokens start, how likely each was, and its rows."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatbot_tui.core.ports import Speaker
from chatbot_tui.ui.panels.wrapping import Row, printable, wrap

if TYPE_CHECKING:
    from chatbot_tui.core.frames import TokenScore

END_MARK = "∎"
"""Drawn for an end token, whose own text is empty."""
FARTHEST = 100
"""Characters that may lie between two tokens that the net read, such as words that it left out."""


def _integers() -> array[int]:
    return array("I")


def _floats() -> array[float]:
    return array("f")


@dataclass(slots=True)
class Entry:
    """A turn on screen. Rows are ranges of `text`; they follow from `text` and the width alone."""

    speaker: Speaker
    text: str = ""
    """As displayed: printable, the same length as what was said (plus an end mark)."""
    starts: array[int] = field(default_factory=_integers)
    """Character at which each token starts, ascending."""
    shades: array[float] = field(default_factory=_floats)
    """Probability that the net gave to each token."""
    note: str = ""
    """One line about the turn, drawn under it."""
    rows: list[Row] = field(default_factory=list)
    note_rows: list[Row] = field(default_factory=list)
    width: int = 0
    """Cells available when the rows were made; 0: not yet."""

    @property
    def height(self) -> int:
        """Rows on screen, the blank one below included."""
        return len(self.rows) + len(self.note_rows) + 1

    def fit(self, width: int) -> None:
        """Wrap to `width` cells."""
        self.width = width
        self.rows = wrap(self.text, width)
        self.note_rows = wrap(self.note, width) if self.note else []

    def extend(self, tokens: Iterable[tuple[str, float]]) -> None:
        """Append tokens, each with its text and probability; only the last row is wrapped again."""
        parts = [self.text]
        position = len(self.text)
        for text, probability in tokens:
            shown = printable(text) or END_MARK
            self.starts.append(position)
            self.shades.append(probability)
            parts.append(shown)
            position += len(shown)
        self.text = "".join(parts)
        if self.width:
            start = self.rows.pop()[0] if self.rows else 0
            self.rows += wrap(self.text, self.width, start)

    def score(self, scores: Iterable[TokenScore]) -> None:
        """Lay the net's reading of a person's words over them; a token that is not found in the text is passed over.

        The shade is e to the power of minus the surprisal, so 1 for what could not be scored.
        """
        self.starts, self.shades = _integers(), _floats()
        lowered = self.text.lower() if len(self.text.lower()) == len(self.text) else self.text
        position = 0
        for token in scores:
            word = printable(token.text).lower()
            found = lowered.find(word, position, position + len(word) + 1)
            if found == -1:
                word = word.strip()
                found = lowered.find(word, position, position + len(word) + FARTHEST)
            if not word or found == -1:
                continue
            self.starts.append(found)
            self.shades.append(1.0 if token.surprisal is None else 2.718281828459045**-token.surprisal)
            position = found + len(word)

    def retell(self, tokens: Iterable[tuple[str, float]]) -> None:
        """Replace the text by its tokens, once the net has told again what they were."""
        self.text, self.starts, self.shades, self.rows = "", _integers(), _floats(), []
        self.extend(tokens)
        if self.width:
            self.rows = wrap(self.text, self.width)

    def span(self, token: int) -> Row:
        """Return where a token starts and ends in the text."""
        end = self.starts[token + 1] if token + 1 < len(self.starts) else len(self.text)
        return self.starts[token], end

    def token_at(self, character: int) -> int:
        """Return the token that covers a character; -1 before the first."""
        return bisect_right(self.starts, character) - 1

    def row_of(self, token: int) -> int:
        """Return the row on which a token ends."""
        _, end = self.span(token)
        for number, (_, row_end) in enumerate(self.rows):
            if end <= row_end:
                return number
        return max(0, len(self.rows) - 1)
