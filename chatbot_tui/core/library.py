"""Which checkpoints there are and what they say of themselves, read without torch."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from chatbot_tui.core import paths
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.safetensors_header import count_parameters
from chatbot_tui.core.steps import SIGN, STEPS, choose_step, kept_steps
from chatbot_tui.core.strict_json import clean, read_object

Source: TypeAlias = Literal["shipped", "own"]

FORMAT_VERSION = 1
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
CARD = "card.json"

MAX_JSON_BYTES = 8 << 20
MAX_STEPS = 1 << 40
MAX_NAME_LENGTH = 100
RESERVED = set('<>:"|?*/\\')
"""Characters that a file name may not hold on one system or another."""


@dataclass(frozen=True, slots=True)
class CheckpointEntry:
    """One checkpoint folder. A broken one is an entry too, with what is wrong with it."""

    name: str
    path: Path
    source: Source
    architecture: Mapping[str, Any] = field(default_factory=dict)
    """As in config.json: vocab_size, embedding_dim, hidden_dim, num_layers and more."""
    parameters: int = 0
    """Numbers in the weights file; tied ones count once."""
    teaches: str = ""
    """What one can learn from this checkpoint, in a sentence."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    """card.json as it stands: recipe, seed, steps, corpus, sampling and more. Values are not checked."""
    problem: str | None = None
    """Why it cannot be loaded, and what to do; None as far as can be told without reading the weights."""
    bytes: int = 0
    """Size on disk."""
    steps: tuple[int, ...] = ()
    """The steps that can be named behind an @, ascending, the finished net's last if the card tells it; empty where none are kept."""
    step: int | None = None
    """The kept step that is meant; None: the finished net."""


def list_checkpoints() -> list[CheckpointEntry]:
    """Return the shipped checkpoints and then the person's own, each by name."""
    entries: list[CheckpointEntry] = []
    for folder, source in sources():
        entries += [read_entry(path, source) for path in subfolders(folder)]
    return entries


def find(name_or_path: str) -> CheckpointEntry | Path:
    """Return the checkpoint of that name, else the checkpoint folder there, else the foreign file there.

    A shipped checkpoint comes before one's own of the same name, which its path still reaches. NAME@STEP is a checkpoint at one of
    the steps that it keeps.

    Raises:
        InputError: there is none, its folder is broken, or it keeps no such step.
    """
    found = look_up(name_or_path) or look_up_step(name_or_path)
    if found is None:
        raise InputError(f"no checkpoint {shown(name_or_path)}: {advice(name_or_path.rpartition(SIGN)[0] or name_or_path)}")
    if isinstance(found, CheckpointEntry) and found.problem:
        raise InputError(f"checkpoint {shown(name_or_path)} cannot be loaded: {found.problem}")
    return found


def look_up(name_or_path: str) -> CheckpointEntry | Path | None:
    """Return what stands under a name or at a path, broken folders included; None where nothing does."""
    entry = next((entry for folder, source in sources() if (entry := named(folder, name_or_path, source))), None)
    if entry is not None or not name_or_path:
        return entry
    try:
        path = Path(name_or_path).expanduser()
        if path.is_dir():
            return read_entry(path, "own")
        return path if path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def look_up_step(name_or_path: str) -> CheckpointEntry | None:
    """Return the checkpoint before the @ at the step behind it, or as it is where it is broken; None where there is no such checkpoint.

    Raises:
        InputError: it keeps no such step.
    """
    name, sign, wanted = name_or_path.rpartition(SIGN)
    entry = look_up(name) if sign else None
    if not isinstance(entry, CheckpointEntry):
        # Only a folder keeps steps.
        return None
    if entry.problem:
        return entry
    step = choose_step(shown(entry.name), wanted, entry.steps)
    return replace(entry, step=None if step == finished_step(entry.card) else step)


def finished_step(card: Mapping[str, Any]) -> int | None:
    """Return at which step of its training a checkpoint was finished; None where its card does not say."""
    steps = card.get("steps")
    is_step = isinstance(steps, int) and not isinstance(steps, bool) and 0 <= steps <= MAX_STEPS
    return steps if is_step else None


def rename(entry: CheckpointEntry, new_name: str) -> CheckpointEntry:
    """Give one's own checkpoint another name, and return it under that name.

    Raises:
        InputError: it is not one's own, the name is taken or cannot be a folder's name, or the disk refuses.
    """
    require_own(entry, "renamed")
    new_name = new_name.strip()
    check_name(new_name)
    target = entry.path.with_name(new_name)
    taken = {other.name.casefold() for other in list_checkpoints() if other.path != entry.path}
    if new_name.casefold() in taken or (os.path.lexists(target) and new_name.casefold() != entry.name.casefold()):
        raise InputError(f"there is already a checkpoint {shown(new_name)}: choose another name")
    try:
        entry.path.rename(target)
    except OSError as error:
        raise InputError(f"cannot rename {shown(entry.name)}: {error.strerror or error}; check the folder {target.parent}") from None
    return read_entry(target, "own")


def delete(entry: CheckpointEntry) -> None:
    """Remove one's own checkpoint from the disk. Links are removed, never what they lead to.

    Raises:
        InputError: it is not one's own, or the disk refuses.
    """
    require_own(entry, "deleted")
    try:
        if entry.path.is_symlink():
            entry.path.unlink()
        else:
            import shutil

            shutil.rmtree(entry.path)
    except OSError as error:
        raise InputError(f"cannot delete {shown(entry.name)}: {error.strerror or error}; check the folder {entry.path}") from None


def check_name(name: str) -> None:
    """Raise InputError unless `name` can be a checkpoint's name on every system."""
    if not name or len(name.encode("utf-8", "replace")) > MAX_NAME_LENGTH:
        raise InputError(f"a checkpoint's name has 1 to {MAX_NAME_LENGTH} letters: choose another name")
    if name[0] in ".-" or name[-1] in ". ":
        raise InputError(f"{shown(name)} cannot be a name: it must not begin with a dot or a dash, nor end with a dot")
    if RESERVED & set(name) or not name.isprintable():
        raise InputError(f"{shown(name)} cannot be a name: use letters, digits, spaces, dots, dashes and underscores")


def require_own(entry: CheckpointEntry, done: str) -> None:
    """Raise InputError unless `entry` stands directly in the folder of one's own checkpoints."""
    if entry.source == "shipped":
        raise InputError(f"{shown(entry.name)} comes with the program and cannot be {done}: choose one of your own")
    if entry.path.parent.resolve() != paths.checkpoints_folder().resolve() or entry.path.name in ("", ".", ".."):
        raise InputError(f"{shown(entry.name)} is not in {paths.checkpoints_folder()} and cannot be {done} from here")


def sources() -> tuple[tuple[Path, Source], ...]:
    """Return the folders that hold checkpoints, in the order in which names are looked up."""
    return (paths.shipped_checkpoints(), "shipped"), (paths.checkpoints_folder(), "own")


def subfolders(folder: Path) -> list[Path]:
    """Return the visible folders in a folder by name; none where it cannot be read."""
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return []


def named(folder: Path, name: str, source: Source) -> CheckpointEntry | None:
    """Return the checkpoint called `name` in a folder, if it is there."""
    path = next((path for path in subfolders(folder) if path.name == name), None)
    return read_entry(path, source) if path else None


def read_entry(path: Path, source: Source) -> CheckpointEntry:
    """Describe a checkpoint folder, without raising: what is wrong with it stands in `problem`."""
    name, size = path.name or path.resolve().name, folder_size(path) + folder_size(path / STEPS)
    try:
        card = read_object(path / CARD, MAX_JSON_BYTES) if (path / CARD).exists() else {}
    except (InputError, OSError) as error:
        return CheckpointEntry(name, path, source, problem=one_line(error), bytes=size)
    teaches, metrics = card.get("teaches", ""), card.get("metrics", {})
    entry = CheckpointEntry(
        name,
        path,
        source,
        teaches=clean(teaches) if isinstance(teaches, str) else "",
        metrics=metrics if isinstance(metrics, dict) else {},
        card=card,
        bytes=size,
    )
    return inspect(entry)


def inspect(entry: CheckpointEntry) -> CheckpointEntry:
    """Return the entry with architecture and number of parameters, or with its problem."""
    try:
        for file in (WEIGHTS, CONFIG, TOKENIZER):
            if not (entry.path / file).is_file():
                raise InputError(f"it has no {file}: restore that file, or choose another checkpoint")
        architecture = read_architecture(entry.path / CONFIG)
        entry = replace(entry, architecture=architecture, parameters=count_parameters(entry.path / WEIGHTS))
        return replace(entry, steps=all_steps(entry))
    except (InputError, OSError) as error:
        return replace(entry, problem=one_line(error))


def all_steps(entry: CheckpointEntry) -> tuple[int, ...]:
    """Return the steps that a checkpoint keeps and the finished net's; none where it keeps no other."""
    kept, last = kept_steps(entry.path), finished_step(entry.card)
    if not kept or last is None:
        return kept
    # Weights of a step that lies behind the end are no part of this run.
    earlier = tuple(step for step in kept if step < last)
    return (*earlier, last) if earlier else ()


def read_architecture(path: Path) -> dict[str, Any]:
    """Return the architecture that config.json holds. Raises InputError."""
    values = read_object(path, MAX_JSON_BYTES)
    version, architecture = values.get("format_version"), values.get("architecture")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1 or not isinstance(architecture, dict):
        raise InputError(f"{path} lacks format_version or architecture: restore it from where it came")
    if version > FORMAT_VERSION:
        raise InputError(f"{path} was written by a newer version of this program: update it")
    return architecture


def folder_size(folder: Path) -> int:
    """Return the bytes of the files directly in a folder; links count as what they are."""
    try:
        with os.scandir(folder) as items:
            return sum(item.stat(follow_symlinks=False).st_size for item in items if item.is_file(follow_symlinks=False))
    except OSError:
        return 0


def advice(name: str) -> str:
    """Return what to type instead of a name that does not exist."""
    names = [entry.name for entry in list_checkpoints()]
    # Imported where a name was mistyped: nobody else should wait for it.
    import difflib

    close = difflib.get_close_matches(name[:MAX_NAME_LENGTH], names, n=1)
    if close:
        return f"did you mean {shown(close[0])}? `chatbot-tui checkpoints` lists all"
    if names:
        return f"use one of {', '.join(sorted(set(names))[:8])}, or the path of a checkpoint folder or file"
    return "there are none yet: train one with `chatbot-tui train`, or give the path of a checkpoint folder or file"


def shown(name: str) -> str:
    """Return a name in quotes, short enough for one line and with nothing that a terminal would obey."""
    return repr(name if len(name) <= MAX_NAME_LENGTH else name[: MAX_NAME_LENGTH - 1] + "…")


def one_line(error: Exception) -> str:
    """Return an error's message, printable and in one line."""
    return " ".join(clean(str(error)).split())
