"""What the small talk is about: scenes on everyday topics, read from the files that come with the program."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.paths import assets
from chatbot_tui.training.lab_text.grammar import Template, Words, parse, parse_list

COMMON = "common"
"""The file with the words that every topic shares, and with how conversations begin and end."""


Turn: TypeAlias = tuple[tuple[Template, ...], ...]
"""What may be said in a turn: one group of templates whatever stood before, or a group for each template of the turn before."""


@dataclass(frozen=True)
class Script:
    """A scene between two speakers."""

    turns: tuple[Turn, ...]
    later: tuple[Turn, ...] = ()
    """A question and its answer that come back to the scene when others have passed."""
    farewell: tuple[Template, ...] = ()
    """What may be said about it in parting."""
    asker: int = 0
    """Who comes back to it, in `later` and `farewell`: 0 who opened the scene, 1 the other."""


@dataclass(frozen=True)
class Talk:
    """Everything that conversations are made of."""

    lists: Mapping[str, Words]
    topics: Mapping[str, tuple[Script, ...]]
    greetings: tuple[Script, ...]
    links: tuple[Template, ...]
    """How to pass to another topic; most are empty."""
    starts: tuple[Template, ...]
    """How an answer may begin; half are empty."""
    goodbyes: tuple[Template, ...]
    wishes: tuple[Template, ...]
    replies: tuple[Template, ...]
    """The last word."""


@lru_cache(maxsize=1)
def load_talk() -> Talk:
    """Read and parse all topics. Raises InputError when a file is missing or damaged."""
    folder = assets() / "lab_text"
    try:
        files = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))}
        return build_talk(files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"the built-in text in {relative(folder)} is damaged ({error}): install chatbot-tui again") from None


def build_talk(files: Mapping[str, Mapping[str, Any]]) -> Talk:
    """Parse the topics' files. Raises ValueError, KeyError or TypeError where one is malformed."""
    lists: dict[str, Words] = {}
    for name, file in files.items():
        for title, entries in file["lists"].items():
            if title in lists:
                raise ValueError(f"the list {title} of {name} has been given already")
            lists[title] = parse_list(entries)
    talk = files[COMMON]["talk"]
    topics = {name: tuple(build_script(scene) for scene in file["scenes"]) for name, file in files.items() if name != COMMON}
    return Talk(
        lists,
        topics,
        tuple(Script(parse_turns(turns)) for turns in talk["greetings"]),
        parse_all(talk["links"]),
        parse_all(talk["starts"]),
        parse_all(talk["goodbyes"]),
        parse_all(talk["wishes"]),
        parse_all(talk["replies"]),
    )


def build_script(scene: Mapping[str, Any]) -> Script:
    """Parse one scene of a topic's file."""
    return Script(parse_turns(scene["turns"]), parse_turns(scene["later"]), parse_all(scene["farewell"]), int(scene["asker"]))


def parse_turns(turns: Sequence[Sequence[Any]]) -> tuple[Turn, ...]:
    """Parse the turns of a scene. Raises ValueError where the answers do not match what they answer."""
    parsed: list[Turn] = []
    asked = 1
    for ways in turns:
        turn = tuple(parse_all(group) for group in ways) if isinstance(ways[0], list) else (parse_all(ways),)
        if len(turn) not in (1, asked):
            raise ValueError(f"{len(turn)} groups of answers to {asked} texts")
        asked = sum(map(len, turn))
        parsed.append(turn)
    return tuple(parsed)


def parse_all(texts: Sequence[str]) -> tuple[Template, ...]:
    """Parse a list of templates."""
    return tuple(parse(text) for text in texts)


def relative(folder: Path) -> str:
    """Return the last two parts of a path: enough to find it, and the same on every machine."""
    return "/".join(folder.parts[-2:])
