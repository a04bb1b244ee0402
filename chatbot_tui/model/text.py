"""Text before it becomes tokens: one normal form for training, evaluation and chat."""

import unicodedata

STRAIGHT = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"'}
)


def normalise(text: str) -> str:
    """Return `text` in NFC with straight quotes and single spaces; casing and punctuation are kept, lone surrogates replaced."""
    encodable = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(unicodedata.normalize("NFC", encodable).translate(STRAIGHT).split())
