"""The tables and lists inside a recipe: how much of each corpus it reads, and what can be put on it to mend what it shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.steps import MAX_STEPS
from chatbot_tui.model.config import require_number

MAX_STEP = 10**9
"""No run is longer."""

MOST_PASSES = 16
"""An epoch reads no corpus more often."""


@dataclass(frozen=True)
class CorpusShare:
    """How much of a corpus an epoch sees, or how often it sees it, and on which terms its text is given."""

    name: str
    """Beginning of the corpus's name."""
    share: float = 1.0
    licence: str = "unknown"


@dataclass(frozen=True)
class Fix:
    """Settings that are recommended against what a recipe shows."""

    name: str
    """Unique within its recipe."""
    set: Mapping[str, Any]
    """The recipe's keys and their new values."""
    why: str
    """What it is meant to do, in one sentence."""


def read_list(name: str, value: Any) -> Sequence[Any]:
    """Return a value that must be a list. Raises InputError."""
    if not isinstance(value, list | tuple):
        raise InputError(f"{name} is {value!r}: it must be a list in brackets")
    return value


def check_steps(steps: Sequence[Any]) -> None:
    """Raise InputError unless `steps` are whole numbers from 0 on, ascending, and as many as a checkpoint lists."""
    whole = all(isinstance(step, int) and not isinstance(step, bool) and 0 <= step < MAX_STEP for step in steps)
    if not whole or len(steps) > MAX_STEPS or any(one >= other for one, other in pairwise(steps)):
        raise InputError(f"keep_steps is {list(steps)!r:.60}: it must be whole numbers in ascending order, such as [0, 60, 600]")


def read_share(entry: Any) -> CorpusShare:
    """Build one entry of a recipe's `corpora`. Raises InputError."""
    if isinstance(entry, CorpusShare):
        return entry
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str) or set(entry) - {"name", "share", "licence"}:
        raise InputError("each entry of corpora has a name, and may have a share and a licence")
    share = CorpusShare(**entry)
    require_number("share", share.share, 0, MOST_PASSES)
    if not isinstance(share.licence, str):
        raise InputError(f"licence is {share.licence!r}: it must be text, in quotes")
    return share


def read_fix(entry: Any) -> Fix:
    """Build one entry of a recipe's `fixes`. Raises InputError."""
    if isinstance(entry, Fix):
        return entry
    texts = isinstance(entry, Mapping) and all(isinstance(entry.get(key), str) for key in ("name", "why"))
    if not texts or set(entry) != {"name", "set", "why"} or not isinstance(entry["set"], Mapping) or not entry["set"]:
        raise InputError(
            "each entry of fixes has a name, the settings to set, and a sentence why: such as {name = ..., set = {...}, why = ...}"
        )
    return Fix(**entry)
