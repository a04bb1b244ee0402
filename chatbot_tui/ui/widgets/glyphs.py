"""Text of unknown content made safe and visible in columns: one cell grid, no control characters, no markup."""

import unicodedata

from rich.cells import cell_len, set_cell_size

_NAMED = {" ": "␣", "\n": "⏎", "\t": "⇥", "\x7f": "␡"}
_HIDDEN = frozenset({"\ufe0e", "\ufe0f", *map(chr, range(0x1F3FB, 0x1F400))})
"""Variation selectors and skin tones: terminals disagree on how wide they make the character before them."""


def visible(text: str) -> str:
    """Return `text` with spaces, newlines, control and format characters replaced by signs; "∅" for the empty text."""
    if text.isascii() and text.isprintable() and " " not in text and text:
        return text
    signs: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if character in _NAMED:
            signs.append(_NAMED[character])
        elif character < " ":
            signs.append(chr(0x2400 + ord(character)))
        elif character in _HIDDEN:
            continue
        elif category in {"Mn", "Me", "Mc"} and (not signs or signs[-1] == "␣"):
            signs.append("◌" + character)
        elif category[0] in "CZ":
            signs.append("�")
        else:
            signs.append(character)
    return "".join(signs) or "∅"


def fit(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells: padded, or cut with an ellipsis at the end."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(set_cell_size(text, width - 1) + "…", width) if width > 0 else ""


def clip(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, cut with an ellipsis at the end."""
    return text if cell_len(text) <= width else fit(text, width)
