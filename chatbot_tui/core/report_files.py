"""Writes a diagnosis to disk beside nothing that stands there already."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from chatbot_tui.core.diagnosis import Diagnosis
from chatbot_tui.core.diagnosis_report import to_json, to_markdown
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.paths import ensure


def write_report(diagnosis: Diagnosis, where: Path) -> tuple[Path, ...]:
    """Write a diagnosis as Markdown to a path that ends in .md, as JSON to one that ends in .json, to any other as both with these ends.

    Returns:
        The files that were written.

    Raises:
        InputError: one of them is there already, or the disk refuses.
    """
    if not where.name or "\0" in str(where):
        raise InputError("this is no name for a file: choose another name")
    files = tuple(rendered(diagnosis, Path(os.path.expanduser(where))))  # noqa: PTH111 (pathlib raises where there is no home)
    for path, _ in files:
        if os.path.lexists(path):
            raise InputError(f"there is already a file {path}: choose another name")
    for path, text in files:
        ensure(path.parent)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise InputError(f"cannot write {path}: {error.strerror or error}; choose another place") from None
    return tuple(path for path, _ in files)


def rendered(diagnosis: Diagnosis, where: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file to write, with its text."""
    ending = where.suffix.lower()
    if ending == ".json":
        yield where, as_json(diagnosis)
    elif ending == ".md":
        yield where, to_markdown(diagnosis)
    else:
        yield where.with_name(f"{where.name}.md"), to_markdown(diagnosis)
        yield where.with_name(f"{where.name}.json"), as_json(diagnosis)


def as_json(diagnosis: Diagnosis) -> str:
    """Return the record of a diagnosis as strict JSON."""
    return json.dumps(to_json(diagnosis), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
