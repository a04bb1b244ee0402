"""What a person prefers, kept in a TOML file that survives mistakes: theirs, ours and the disk's."""

import contextlib
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from chatbot_tui.core import paths
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import MAX_TOKENS
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.core.strict_json import clean, read_bounded

MAX_BYTES = 1 << 20
MAX_SEED = (1 << 63) - 1
MAX_TOKENS_PER_SECOND = 10_000.0
MAX_REPLY_TOKENS = 1_000_000
FLAT_OUT = "max"
"""How the file writes `tokens_per_second = None`, for which TOML has no word."""


@dataclass(frozen=True)
class Settings:
    """Everything that is remembered from one start to the next."""

    theme: str = "chatbot-dark"
    checkpoint: str = "smalltalk"
    """Name, folder or file of the checkpoint that speaks at the start."""
    sampling: SamplingSettings | None = None
    """None: what the checkpoint's card recommends."""
    seed: int = 0
    tokens_per_second: float | None = 20.0
    """None: as fast as the machine can."""
    max_tokens: int = MAX_TOKENS
    min_tokens: int = 0
    pinned: tuple[str, ...] = ("the",)
    """Words whose probability is watched."""
    shade: bool = True
    """Whether the transcript shades each token by its probability."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Keys by the id of the action that they trigger."""


def load_settings(path: Path) -> tuple[Settings, str | None]:
    """Read settings; whatever cannot be used is left out, the rest is kept.

    Returns:
        The settings, and one line that says what was left out; None where all is well or there is no file yet.
    """
    try:
        if not path.exists():
            return Settings(), None
        document = read_document(path)
    except (InputError, OSError, ValueError) as error:
        return Settings(), f"settings not read: {error}"
    settings, problems = Settings(), []
    for key, value in document.items():
        if key not in READERS:
            problems.append(f"no setting is called {clean(key)!r}")
            continue
        try:
            settings = replace(settings, **{key: READERS[key](value, problems)})
        except (InputError, ValueError) as error:
            problems.append(f"{key}: {error}")
    return settings, f"{path}: left out: {'; '.join(problems)}" if problems else None


def save_settings(settings: Settings, path: Path) -> None:
    """Write settings whole or not at all. Entries of the file that this version does not know stay in it.

    A file that cannot be parsed is never overwritten, for it may be a slip of the keyboard in a carefully made file.

    Raises:
        InputError: the file there is unreadable, read-only or not TOML, or the folder cannot be written.
    """
    # Imported where it is used, here and below: the first paint waits for no more than it needs.
    import tomli_w

    try:
        # A settings file is often a link into a folder of dotfiles: the link is to stay.
        path = path.resolve()
        document: dict[str, Any] = {}
        if path.exists():
            document = {key: value for key, value in read_document(path).items() if key not in READERS}
            if not path.stat().st_mode & stat.S_IWUSR:
                raise InputError(f"cannot save settings: {path} is read-only; make it writable to keep changes")
        paths.ensure(path.parent)
        write_whole(path, tomli_w.dumps(document | to_document(settings)).encode("utf-8", "replace"))
    except (OSError, RuntimeError) as error:
        raise InputError(f"cannot save settings to {path}: {getattr(error, 'strerror', None) or error}; nothing was changed") from None
    except ValueError as error:
        raise InputError(f"cannot save settings to {str(path)!r}: {error}; nothing was changed") from None


def read_document(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file of bounded size. Raises InputError."""
    import tomllib

    try:
        return tomllib.loads(read_bounded(path, MAX_BYTES).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise InputError(f"{path} is not valid TOML ({reason}): mend it or remove it; until then it is left untouched") from None


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` in the place of a file, so that a reader, or a crash, meets either the old bytes or the new. Raises OSError."""
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def to_document(settings: Settings) -> dict[str, Any]:
    """Return the settings as TOML holds them."""
    document = {entry.name: getattr(settings, entry.name) for entry in fields(settings)}
    document["pinned"] = [clean(word) for word in settings.pinned]
    document["keymap"] = {clean(key): clean(value) for key, value in settings.keymap.items()}
    document["theme"], document["checkpoint"] = clean(settings.theme), clean(settings.checkpoint)
    if settings.tokens_per_second is None:
        document["tokens_per_second"] = FLAT_OUT
    if settings.sampling is None:
        del document["sampling"]
    else:
        document["sampling"] = settings.sampling.active()
    return document


Problems = list[str]
Reader = Callable[[object, Problems], Any]


def a_name(value: object, _problems: Problems) -> str:
    """Return a text that is not empty. Raises InputError."""
    if not isinstance(value, str) or not value.strip():
        raise InputError("it must be a text in quotes")
    return value


def a_whole_number(minimum: int, maximum: int) -> Reader:
    """Return a reader of whole numbers within bounds."""

    def read(value: object, _problems: Problems) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise InputError(f"it must be a whole number from {minimum} to {maximum}")
        return value

    return read


def a_speed(value: object, _problems: Problems) -> float | None:
    """Return tokens a second, or None for the word that means as fast as possible. Raises InputError."""
    if value == FLAT_OUT:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MAX_TOKENS_PER_SECOND:
        raise InputError(f'it must be a number above 0 and at most {MAX_TOKENS_PER_SECOND:g}, or "{FLAT_OUT}"')
    return float(value)


def a_flag(value: object, _problems: Problems) -> bool:
    """Return a truth value. Raises InputError."""
    if not isinstance(value, bool):
        raise InputError("it must be true or false")
    return value


def words(value: object, problems: Problems) -> tuple[str, ...]:
    """Return the texts of a list, each once; what is not a text is left out. Raises InputError where it is no list."""
    if not isinstance(value, list):
        raise InputError("it must be a list of texts")
    good = [word for word in value if isinstance(word, str) and word.strip()]
    if len(good) < len(value):
        problems.append(f"pinned: {len(value) - len(good)} that are not words")
    return tuple(dict.fromkeys(good))


def a_keymap(value: object, problems: Problems) -> dict[str, str]:
    """Return keys by action; what is not a text is left out. Raises InputError where it is no table."""
    if not isinstance(value, dict):
        raise InputError("it must be a table of action = keys")
    good = {action: keys for action, keys in value.items() if isinstance(keys, str) and keys.strip()}
    problems.extend(f"keymap: {clean(action)!r} is not a text" for action in value.keys() - good.keys())
    return good


def a_strategy(value: object, problems: Problems) -> SamplingSettings:
    """Return sampling options; those that are unknown or out of range are left out. Raises InputError where it is no table."""
    if not isinstance(value, dict):
        raise InputError("it must be a table of option = value")
    settings = SamplingSettings()
    for option, wanted in value.items():
        try:
            settings = settings.changed(**{option: wanted})
        except (InputError, ValueError) as error:
            problems.append(f"sampling: {clean(str(error))}")
    return settings


READERS: Mapping[str, Reader] = {
    "theme": a_name,
    "checkpoint": a_name,
    "sampling": a_strategy,
    "seed": a_whole_number(0, MAX_SEED),
    "tokens_per_second": a_speed,
    "max_tokens": a_whole_number(1, MAX_REPLY_TOKENS),
    "min_tokens": a_whole_number(0, MAX_REPLY_TOKENS),
    "pinned": words,
    "shade": a_flag,
    "keymap": a_keymap,
}
"""How each entry of the file becomes a field of Settings."""
