"""List the checkpoints that can be loaded by name."""

import shutil
from collections.abc import Mapping
from typing import Any

from chatbot_tui.commands.output import columns, one_line, write, write_json
from chatbot_tui.core import paths
from chatbot_tui.core.library import CheckpointEntry, list_checkpoints


def checkpoints(*, as_json: bool) -> None:
    """Write the shipped checkpoints and one's own, as records or as a table."""
    entries = list_checkpoints()
    if as_json:
        for entry in entries:
            write_json(entry_to_json(entry))
    elif entries:
        write(table(entries, shutil.get_terminal_size((100, 24)).columns))
    else:
        write(f"No checkpoints yet. `chatbot-tui train` makes one; yours live in {paths.checkpoints_folder()}\n")


def entry_to_json(entry: CheckpointEntry) -> dict[str, Any]:
    """Return one checkpoint's record."""
    return {
        "name": entry.name,
        "path": str(entry.path),
        "source": entry.source,
        "architecture": dict(entry.architecture),
        "parameters": entry.parameters,
        "teaches": entry.teaches,
        "metrics": dict(entry.metrics),
        "problem": entry.problem,
        "steps": list(entry.steps),
    }


def table(entries: list[CheckpointEntry], width: int) -> str:
    """Return a line for each checkpoint, columns aligned, the last one cut where the terminal ends."""
    rows = [("name", "from", "parameters", "network", "teaches")]
    rows += [(one_line(entry.name), entry.source, size(entry), shape(entry.architecture), remark(entry)) for entry in entries]
    return columns(rows, width)


def size(entry: CheckpointEntry) -> str:
    """Return the number of parameters in millions; empty for a broken checkpoint."""
    return "" if entry.problem else f"{entry.parameters / 1e6:.2f} M"


def shape(architecture: Mapping[str, Any]) -> str:
    """Return layers times units; empty where the configuration does not say."""
    layers, units = architecture.get("num_layers", 1), architecture.get("hidden_dim")
    return f"{layers} x {units}" if isinstance(layers, int) and isinstance(units, int) else ""


def remark(entry: CheckpointEntry) -> str:
    """Return what the checkpoint teaches, or what is wrong with it."""
    return one_line(f"broken: {entry.problem}" if entry.problem else entry.teaches)
