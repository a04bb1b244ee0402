"""Names for new checkpoints: made from a file's, and unlike all that there are."""

import os
from pathlib import Path

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import MAX_NAME_LENGTH, RESERVED, check_name, list_checkpoints, shown
from chatbot_tui.core.paths import checkpoints_folder


def suggested_name(path: Path) -> str:
    """Return a checkpoint's name made from a file's: what no system allows in a name is left out."""
    stem = "".join(character if character.isprintable() and character not in RESERVED else "-" for character in path.stem)
    return stem.lstrip(".-").rstrip(". ").encode("utf-8", "replace")[:MAX_NAME_LENGTH].decode("utf-8", "ignore") or "imported"


def free_name(name: str, advice: str = "choose another name") -> str:
    """Return the name if a new checkpoint can bear it. Raises InputError, with `advice` where it is taken."""
    check_name(name)
    if is_taken(name):
        raise InputError(f"there is already a checkpoint {shown(name)}: {advice}")
    return name


def is_taken(name: str) -> bool:
    """Return whether a checkpoint bears a name, or one that differs in capitals only."""
    taken = {entry.name.casefold() for entry in list_checkpoints()}
    return name.casefold() in taken or os.path.lexists(checkpoints_folder() / name)


def untaken(name: str) -> str:
    """Return the name, with the first number behind it that makes it a new one."""
    number, candidate = 1, name
    while is_taken(candidate):
        number += 1
        ending = f"-{number}"
        candidate = name.encode("utf-8", "replace")[: MAX_NAME_LENGTH - len(ending)].decode("utf-8", "ignore") + ending
    return candidate
