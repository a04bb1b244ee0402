"""The comparison as Markdown: a row for each that was measured, best word perplexity first."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import parse, read_bounded

MAX_BYTES = 16 << 20
UNKNOWN = "-"

Row = Mapping[str, Any]


def read_results(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file that `measure --json` wrote, one a line. Raises InputError."""
    rows = []
    for number, line in enumerate(read_bounded(path, MAX_BYTES).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = parse(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number} is not JSON ({error}): give what measure --json wrote") from None
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            raise InputError(f"{path}, line {number} is no record of measure: give what measure --json wrote")
        rows.append(row)
    if not rows:
        raise InputError(f"{path} holds no record: give what measure --json wrote")
    return rows


def figure(row: Row, *keys: str) -> float | None:
    """Return a number of a record, None where it is unknown."""
    value: Any = row
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if usable else None


def fixed(digits: int, scale: float = 1.0) -> Callable[[float], str]:
    """Return what writes a number with so many decimals."""
    return lambda value: f"{value / scale:,.{digits}f}"


def minutes(seconds: float) -> str:
    """Return seconds as minutes, whole ones from the first on."""
    return fixed(0 if seconds >= 60 else 1, 60)(seconds)


COLUMNS: Sequence[tuple[str, tuple[str, ...], Callable[[float], str]]] = (
    ("seed", ("seed",), fixed(0)),
    ("parameters (M)", ("parameters",), fixed(1, 1e6)),
    ("training (CPU min)", ("training_seconds",), minutes),
    ("tokens read (M)", ("training_tokens",), fixed(1, 1e6)),
    ("training tokens/CPU s", ("training_tokens_per_second",), fixed(0)),
    ("decoding tokens/CPU s", ("decoding_tokens_per_second",), fixed(0)),
)
REPLIES = (("greedy", "greedy"), ("default", "T .7, top-p .9"))
"""Kinds of replies, and how they were drawn: one net's own settings would not be another's."""
REPLY_COLUMNS: Sequence[tuple[str, str, Callable[[float], str]]] = (
    ("distinct-1", "distinct_1", fixed(3)),
    ("distinct-2", "distinct_2", fixed(3)),
    ("seq-rep-2", "seq_rep_2", fixed(3)),
    ("seq-rep-4", "seq_rep_4", fixed(3)),
    ("words", "mean_words", fixed(1)),
    ("ended", "ended", fixed(2)),
    ("same reply", "identical", fixed(2)),
    ("profane", "profane", fixed(0)),
)


def markdown(results: Sequence[Row]) -> str:
    """Return two tables: how well each predicts, and what it says greedily and by default."""
    rows = sorted(results, key=lambda row: figure(row, "word_perplexity") or math.inf)
    first = [["", "word perplexity", "hits@1 of 20", "hits@1 against elsewhere", *(title for title, _, _ in COLUMNS)]]
    second = [["", "replies", *(title for title, _, _ in REPLY_COLUMNS)]]
    for row in rows:
        name = escaped(row["name"])
        first.append([name, perplexity(row), *hits(row), *(written(figure(row, *keys), form) for _, keys, form in COLUMNS)])
        second += [[name, title, *(written(figure(row, kind, key), form) for _, key, form in REPLY_COLUMNS)] for kind, title in REPLIES]
    return f"{table(first, 1)}\n{table(second, 2)}"


def perplexity(row: Row) -> str:
    """Return the word perplexity, with a sign where it cannot be compared."""
    return written(figure(row, "word_perplexity"), fixed(2)) + ("" if row.get("comparable") is True else " (not comparable)")


def hits(row: Row) -> list[str]:
    """Return hits@1, and that against other dialogues instead of nothing, each with its standard error."""
    pairs = (("hits_at_1", "hits_standard_error"), ("hits_at_1_elsewhere", "hits_elsewhere_standard_error"))
    known = [(figure(row, share), figure(row, error)) for share, error in pairs]
    return [UNKNOWN if share is None or error is None else f"{share:.3f} ± {error:.3f}" for share, error in known]


def written(value: float | None, form: Callable[[float], str]) -> str:
    """Return a number as `form` writes it, or that it is unknown."""
    return UNKNOWN if value is None else form(value)


def escaped(name: str) -> str:
    """Return a name in one line in which nothing ends a cell."""
    return " ".join(name.split()).replace("|", "\\|")[:80]


def table(cells: Sequence[Sequence[str]], words: int) -> str:
    """Return rows as Markdown, the first one as heading; all columns but the first `words` are numbers and stand to the right."""
    rule = ["---"] * words + ["---:"] * (len(cells[0]) - words)
    return "".join(f"| {' | '.join(row)} |\n" for row in (cells[0], rule, *cells[1:]))
