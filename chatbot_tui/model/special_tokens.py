"""Which tokens of a net's vocabulary are no words: padding, unknown, end and start, told by their names."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot_tui.model.vocabulary_special import BEGIN, END, PAD, UNKNOWN, kind

BLANK = "_"
"""What some vocabularies fill up with; a token like any other unless it is among the first."""
FIRST = 4
"""Tokens at the beginning of a vocabulary, where special ones stand."""


@dataclass(frozen=True, slots=True)
class Specials:
    """Ids of the special tokens; None where the vocabulary has none."""

    padding: int | None = None
    unknown: int | None = None
    end: int | None = None
    start: int | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """All of them, ascending."""
        return tuple(sorted({token for token in (self.padding, self.unknown, self.end, self.start) if token is not None}))


def find_specials(texts: Sequence[str], end: int | None = None, unknown: int | None = None) -> Specials:
    """Tell the special tokens by their texts; what the tokenizer knows of itself, `end` and `unknown`, goes first."""
    kinds = [kind(text.strip()) if len(text) < 24 else None for text in texts]

    def first(names: Sequence[str]) -> int | None:
        return next((token for token, found in enumerate(kinds) if found in names), None)

    padding = first(PAD)
    if padding is None:
        padding = next((token for token, text in enumerate(texts[:FIRST]) if token != end and text.strip() == BLANK), None)
    return Specials(padding, first(UNKNOWN) if unknown is None else unknown, first(END) if end is None else end, first(BEGIN))
