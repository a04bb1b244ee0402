"""The earlier steps that a checkpoint folder keeps of its net: how they are named, and where their weights and reports stand."""

import os
import re
from pathlib import Path

from chatbot_tui.core.errors import InputError

STEPS = "steps"
"""Folder of the kept weights, in the checkpoint's own."""
REPORTS = "reports.json"
"""In there: a list with the training report of each step, the finished net's last."""
SIGN = "@"
"""Stands between a checkpoint's name and the step that is meant."""
MAX_STEPS = 1000
"""Kept steps that are listed at most."""
PATTERN = re.compile(r"(\d{6}|[1-9]\d{6,9})\.safetensors", re.ASCII)


def weights_name(step: int) -> str:
    """Return the name of the file that holds the weights of a step."""
    return f"{step:06d}.safetensors"


def weights_file(folder: Path, step: int) -> Path:
    """Return where a checkpoint folder keeps the weights of a step, whether they stand there or not."""
    return folder / STEPS / weights_name(step)


def kept_steps(folder: Path) -> tuple[int, ...]:
    """Return the steps whose weights a checkpoint folder keeps, ascending; other files are passed over."""
    try:
        with os.scandir(folder / STEPS) as items:
            names = [item.name for item in items if PATTERN.fullmatch(item.name) and item.is_file()]
    except OSError:
        return ()
    return tuple(sorted(int(name.partition(".")[0]) for name in names)[:MAX_STEPS])


def has_reports(folder: Path) -> bool:
    """Return whether a checkpoint folder holds the reports of its kept steps."""
    return (folder / STEPS / REPORTS).is_file()


def choose_step(name: str, wanted: str, steps: tuple[int, ...]) -> int:
    """Return the step that a person wrote behind a checkpoint's name.

    Raises:
        InputError: it is none of `steps`.
    """
    if not steps:
        raise InputError(f"checkpoint {name} keeps no earlier steps: name it without {SIGN}")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 10 and int(wanted) in steps):
        listed = ", ".join(map(str, steps[:40])) + (", ..." if len(steps) > 40 else "")
        raise InputError(f"checkpoint {name} has no step {wanted[:20]!r}: use one of {listed}")
    return int(wanted)
