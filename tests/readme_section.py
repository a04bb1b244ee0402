"""A part of the README that a program writes, between two marks."""

from tests.readme_tree import README


def section(begin: str, end: str) -> str:
    """Return what stands between two marks."""
    text = README.read_text(encoding="utf-8")
    return text[text.index(begin) + len(begin) : text.index(end)]


def replace_section(begin: str, end: str, words: str) -> None:
    """Put other words between two marks."""
    text = README.read_text(encoding="utf-8")
    README.write_text(text[: text.index(begin) + len(begin)] + words + text[text.index(end) :], encoding="utf-8")
