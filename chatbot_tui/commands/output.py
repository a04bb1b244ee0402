"""How commands speak: records on standard output, remarks on standard error."""

import math
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from chatbot_tui.core.strict_json import clean, dump

NARROWEST = 20
"""Cells that the last column of a table gets on any terminal."""


def write_json(record: Mapping[str, Any]) -> None:
    """Write one record as a line of strict JSON, at once."""
    write(dump(record) + "\n")


def write(text: str) -> None:
    """Write text to standard output, at once. On a terminal, characters that would steer it are shown, not obeyed."""
    sys.stdout.write(encodable(visible(text) if sys.stdout.isatty() else text, sys.stdout))
    sys.stdout.flush()


def warn(text: str) -> None:
    """Write one line to standard error."""
    print(f"chatbot-tui: {encodable(one_line(text), sys.stderr)}", file=sys.stderr, flush=True)  # noqa: T201 (this is the one way out)


def one_line(text: str) -> str:
    """Return a text in one line, without characters that would steer a terminal."""
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    """Return a text in which control characters other than line ends and tabs are replaced by their escapes."""
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) == "Cc" and character not in "\n\t" else character
        for character in text
    )


def encodable(text: str, stream: TextIO) -> str:
    """Return a text with question marks for what the stream's encoding lacks."""
    encoding = stream.encoding or "utf-8"
    return clean(text).encode(encoding, "replace").decode(encoding)


def number(value: float | None) -> float | None:
    """Return a figure as strict JSON can hold it: unknown ones, and those that are no finite number, are null."""
    return value if value is not None and math.isfinite(value) else None


def columns(rows: Sequence[Sequence[str]], width: int) -> str:
    """Return a line for each row, columns aligned, the last one cut where a terminal of `width` cells ends."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    lines = []
    for *cells, last in rows:
        start = "".join(cell.ljust(room) + "  " for cell, room in zip(cells, widths, strict=True))
        room = max(NARROWEST, width - len(start))
        lines.append((start + (last if len(last) <= room else last[: room - 1] + "…")).rstrip() + "\n")
    return "".join(lines)
