"""Text files of tokens, one a line: what stands beside the tokens is understood, and what cannot be a list of words is refused."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import parse
from chatbot_tui.model.config import MAX_DIMENSION

Row: TypeAlias = tuple[str, str]
"""A token and the number beside it."""

NUMBER = re.compile(r"[0-9]{1,15}")
SEPARATORS = "\t ,"


def from_lines(path: Path, text: str, size: int) -> list[str]:
    """Return the tokens of a text file, one a line, perhaps with a count or an id before or behind it, or as JSON texts.

    Raises:
        InputError: it has too many lines or empty ones, or what stands in most of them cannot be a token.
    """
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MAX_DIMENSION:
        raise InputError(f"{path} has {len(lines):,} lines: a vocabulary of at most {MAX_DIMENSION:,} tokens is read")
    if "\r" in text:
        lines = [line.removesuffix("\r") for line in lines]
    if "" in lines:
        raise InputError(f"{path}, line {lines.index('') + 1} is empty: write one token a line, or the whole as a JSON list")
    if not size <= len(lines) <= size + 1:
        # Whatever stands in them, their number is what is wrong.
        return lines
    for tokens in (numbered(lines, size), quoted(lines)):
        if tokens is not None:
            return tokens
    # Text is cut at white space, so that none of these would ever be found.
    if sum(any(map(str.isspace, line.strip())) for line in lines) * 2 > len(lines):
        raise InputError(f"{path} holds more than a token a line: write one token a line, perhaps with its id behind a tab, or a JSON list")
    return lines


def numbered(lines: Sequence[str], size: int) -> list[str] | None:
    """Return the tokens where each has a number beside it, in the order of those that are ids; None where they have none."""
    for rows in columns(lines, size):
        numbers = [int(number) for _, number in rows]
        # Counts do not put tokens in order: the file does.
        if sorted(numbers) == list(range(len(numbers))):
            rows = sorted(rows, key=lambda row: int(row[1]))
        return [token for token, _ in rows]
    return None


def columns(lines: Sequence[str], size: int) -> Iterator[list[Row]]:
    """Yield every way to read all lines as a token and a number; one line more than the net has tokens may be a heading."""
    for separator in SEPARATORS:
        if not all(separator in line for line in lines):
            continue
        behind = [line.rsplit(separator, 1) for line in lines]
        before = [line.split(separator, 1)[::-1] for line in lines]
        for pairs in (behind, before):
            rows = [(unquoted(token) if separator == "," else token, number) for token, number in pairs]
            body = rows[1:] if len(rows) == size + 1 and NUMBER.fullmatch(rows[0][1]) is None else rows
            if body and all(token and NUMBER.fullmatch(number) for token, number in body):
                yield body


def unquoted(token: str) -> str:
    """Return a cell of a CSV file without its quotation marks."""
    inside = len(token) > 2 and token[0] == token[-1] == '"'
    return token[1:-1].replace('""', '"') if inside else token


def quoted(lines: Sequence[str]) -> list[str] | None:
    """Return the tokens where every line is a JSON text; None where one is not."""
    if not all(line[0] == line[-1] == '"' and len(line) > 1 for line in lines):
        return None
    try:
        tokens = parse(f"[{','.join(lines)}]".encode())
    except (ValueError, UnicodeEncodeError):
        return None
    return list(tokens) if len(tokens) == len(lines) and all(isinstance(token, str) for token in tokens) else None
