"""Which tokens of a vocabulary are no words: padding, unknown, end and start, told by their names."""

from collections.abc import Sequence
from dataclasses import dataclass

PADDING = frozenset({"pad", "padding", "blank", "null"})
UNKNOWN = frozenset({"unk", "unknown", "oov"})
END = frozenset({"eot", "eos", "end", "eou", "/s", "endoftext", "end_of_turn", "eol", "sep"})
START = frozenset({"bos", "sos", "start", "go", "s", "cls"})

DECORATION = "<>[]{}()|_*#$ "


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

    def name(self, token: int) -> str | None:
        """Return what kind of token this is: padding, unknown, end or start; None for a word."""
        kinds = {self.padding: "padding", self.unknown: "unknown", self.end: "end", self.start: "start"}
        return kinds.get(token)


def find_specials(texts: Sequence[str], end: int | None = None, unknown: int | None = None) -> Specials:
    """Tell the special tokens by their texts; what the tokenizer knows of itself, `end` and `unknown`, goes first.

    A name counts only where it is dressed up, as <pad> or [UNK], or in capitals among words without: "end" and "pad" are words too.
    """
    has_capitals = sum(text != text.lower() for text in texts) > 0.02 * len(texts)
    found: dict[str, int] = {}
    for token, text in enumerate(texts):
        plain = text.strip()
        bare = plain.strip(DECORATION)
        dressed = bare != plain or (plain.isupper() and not has_capitals)
        kind = "padding" if plain == "_" else kind_of(bare.lower()) if dressed else None
        if kind is not None:
            found.setdefault(kind, token)
    return Specials(
        found.get("padding"),
        found.get("unknown") if unknown is None else unknown,
        found.get("end") if end is None else end,
        found.get("start"),
    )


def kind_of(name: str) -> str | None:
    """Return the kind of special token that a bare, lower-cased name stands for; None for a word."""
    kinds = {"padding": PADDING, "unknown": UNKNOWN, "end": END, "start": START}
    return next((kind for kind, names in kinds.items() if name in names), None)
