"""Recognises what a terminal pastes when a file is dragged onto it: a path, quoted, escaped or as a URL, perhaps with a blank behind."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

MAX_CHARACTERS = 4_096 * 3
"""Of the longest path, each byte of it escaped as %XX."""
WHOLE_PATH = re.compile(r"[/~]|[A-Za-z]:[/\\]|\\\\|\.{1,2}[/\\]")
"""How a path begins that says where it leads; a mere word stays a word even where a file has its name."""


def dropped_path(text: str) -> Path | None:
    """Return the file, or the folder, whose path the text is and nothing else; None for any other text."""
    if len(text) > MAX_CHARACTERS:
        return None
    line = text.strip()
    if not line or "\n" in line or "\r" in line or "\0" in line:
        return None
    for candidate in spellings(line):
        if WHOLE_PATH.match(candidate) is None:
            continue
        try:
            path = Path(candidate).expanduser()
            if path.is_file() or path.is_dir():
                return path
        except (OSError, RuntimeError, ValueError):
            continue
    return None


def spellings(line: str) -> Iterator[str]:
    """Yield the paths that a line may mean, the plainest reading first."""
    yield line
    if line.lower().startswith("file:"):
        from urllib.parse import unquote, urlsplit

        try:
            url = urlsplit(line)
        except ValueError:
            return
        path = unquote(url.path, errors="surrogateescape")
        # A drive stands behind a slash of its own: file:///C:/nets/a.pt.
        yield path[1:] if re.match(r"/[A-Za-z]:", path) else path
        return
    if line[0] == line[-1] and line[0] in "'\"" and len(line) > 2:
        yield line[1:-1]
    try:
        words = shlex.split(line)
    except ValueError:
        return
    if len(words) == 1:
        yield words[0]
