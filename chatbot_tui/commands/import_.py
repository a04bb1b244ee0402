"""Make a net that another program saved a checkpoint of one's own, and say what was recognised."""

import shlex
from pathlib import Path
from typing import Any

from chatbot_tui.commands.output import one_line, warn, write, write_json
from chatbot_tui.core.checkpoint_names import free_name, suggested_name
from chatbot_tui.core.imports import ImportChoices, Recognition
from chatbot_tui.core.library import shown
from chatbot_tui.model.importers.load import keep, path_of, read_net


def import_file(*, file: str, vocabulary: str | None, name: str | None, choices: ImportChoices, as_json: bool) -> None:
    """Read a foreign file, keep it among one's own checkpoints, and write what was recognised.

    Args:
        file: Path of the weights.
        vocabulary: Path of the tokens; None: those in the file itself, else text is space-separated ids.
        name: Of the new checkpoint; None: made from the file's.
        choices: What was set by hand.
        as_json: Whether to write one record instead of a table.

    Raises:
        InputError: the file or its vocabulary is refused, or the name is taken.
    """
    path = path_of(file)
    name = free_name(suggested_name(path) if name is None else name.strip(), "give this one another name with --name")
    foreign = read_net(path, None if vocabulary is None else path_of(vocabulary), choices)
    folder = keep(foreign, name)
    for warning in foreign.recognition.warnings:
        warn(warning)
    if as_json:
        write_json(as_record(name, folder, foreign.recognition))
    else:
        write(as_table(name, foreign.recognition))


def as_record(name: str, folder: Path, recognition: Recognition) -> dict[str, Any]:
    """Return the record of an import."""
    rows = recognition.recognised
    return {
        "name": name,
        "path": str(folder),
        "recognised": [{"tensor": row.tensor, "shape": list(row.shape), "role": row.role, "becomes": row.becomes} for row in rows],
        "ignored": list(recognition.ignored),
        "warnings": list(recognition.warnings),
        "layout": recognition.layout,
        "architecture": dict(recognition.architecture),
        "vocabulary": recognition.vocabulary,
        "end_token": recognition.end_token,
        "unknown_token": recognition.unknown_token,
        "pad_token": recognition.pad_token,
        "file": recognition.file,
        "sha256": recognition.sha256,
    }


def shortened(text: str, length: int = 200) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= length else text[: length - 1] + "…"


def as_table(name: str, recognition: Recognition) -> str:
    """Return what each tensor was taken for, a line each, and what to do next."""
    rows = [(row.tensor, " x ".join(f"{side:,}" for side in row.shape), row.role) for row in recognition.recognised]
    names, shapes = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    lines = [f"{one_line(tensor).ljust(names)}  {shape.rjust(shapes)}  {role}" for tensor, shape, role in rows]
    tokens = (("end", recognition.end_token), ("unknown", recognition.unknown_token), ("padding", recognition.pad_token))
    specials = ", ".join(f"{kind}: {'none' if token is None else shown(token)}" for kind, token in tokens)
    lines.append("")
    lines.append(f"layout      {recognition.layout}")
    lines.append(f"vocabulary  {one_line(recognition.vocabulary)}")
    lines.append(f"tokens      {specials}")
    if recognition.ignored:
        lines.append(f"left out    {one_line(shortened(', '.join(recognition.ignored)))}")
    lines.append(f'\nImported as {name}. Try it: chatbot-tui say "hello" --checkpoint {shlex.quote(name)}')
    return "\n".join(lines) + "\n"
