"""Turns any text into rows that fit a terminal: safe characters, known widths, breaks at spaces."""

import unicodedata
from functools import lru_cache

from rich.cells import cell_len

Row = tuple[int, int]
"""Where a row starts and ends in the displayed text, in characters; the break's own space or newline is left out."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@lru_cache(maxsize=4096)
def _safe(character: str) -> str:
    """Return one character that a terminal only ever draws."""
    code = ord(character)
    if character == "\n" or 0x20 <= code < 0x7F:
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character != "\N{ZERO WIDTH JOINER}":
        return REPLACEMENT
    return character


def printable(text: str) -> str:
    """Return `text` with every control, direction and surrogate character replaced by a visible one.

    The length in characters stays the same, so that positions in one are positions in the other. Newlines stay.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(map(_safe, text))


def wrap(text: str, width: int, start: int = 0) -> list[Row]:
    """Return the rows of `text` from character `start` on, each at most `width` cells wide (`width` at least 2).

    A row breaks at its last space, or inside a word that is too long. Spaces at a break are swallowed; leading spaces of the text too.
    """
    rows: list[Row] = []
    narrow = text.isascii()
    length = len(text)
    while start < length and text[start] == " " and not text[:start].strip(" "):
        start += 1
    while start < length:
        limit = _fitting(text, start, width, narrow)
        newline = text.find("\n", start, limit + 1)
        if newline != -1:
            rows.append((start, newline))
            start = newline + 1
            if start == length:
                rows.append((start, start))
            continue
        if limit == length:
            rows.append((start, length))
            break
        space = text.rfind(" ", start, limit + 1)
        end = space if space > start else limit
        rows.append((start, end))
        start = end
        while start < length and text[start] == " ":
            start += 1
    return rows or [(start, start)]


def _fitting(text: str, start: int, width: int, narrow: bool) -> int:
    """Return the end of the longest stretch from `start` that is at most `width` cells wide, and at least one character long."""
    length = len(text)
    end = min(length, start + width)
    if narrow:
        return end
    newline = text.find("\n", start, end)
    if newline != -1:
        end = newline
    end = min(length, max(end, start + 1))
    used = cell_len(text[start:end])
    while end > start + 1 and used > width:
        end -= max(1, (used - width) // 2)
        used = cell_len(text[start:end])
    while end < length and text[end] != "\n" and cell_len(text[start : end + 1]) <= width:
        end += 1
    return end
