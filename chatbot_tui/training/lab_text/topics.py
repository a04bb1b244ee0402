"""What the small talk is about: scenes on everyday topics, read from the files that come with the program."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.paths import assets
from chatbot_tui.training.lab_text.grammar import Template, Words, parse, parse_list, slots

COMMON = "common"
"""The file with the words that every topic shares, and with how conversations begin and end."""
SPEAKERS = ("me", "you")
"""Slots for the names of the one who speaks and the one who listens."""


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
    prompts: tuple[Template, ...]
    """How to give the other the word."""
    goodbyes: tuple[Template, ...]
    wishes: tuple[Template, ...]
    replies: tuple[Template, ...]
    """The last word."""


@lru_cache(maxsize=1)
def load_talk() -> Talk:
    """Read the topics that come with the program. Raises InputError when a file is missing or damaged."""
    return read_talk(assets() / "lab_text")


def read_talk(folder: Path) -> Talk:
    """Read and parse the topics of a folder. Raises InputError when a file is missing or damaged."""
    try:
        files = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))}
        return build_talk(files)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        place = "/".join(folder.parts[-2:])
        reason = " ".join(str(error).split())
        raise InputError(f"the built-in text in {place} is damaged ({reason}): install chatbot-tui again") from None


def build_talk(files: Mapping[str, Mapping[str, Any]]) -> Talk:
    """Parse the topics' files. Raises ValueError, LookupError, TypeError or AttributeError where one is malformed."""
    lists: dict[str, Words] = {}
    for name, file in files.items():
        for title, entries in file["lists"].items():
            if title in lists:
                raise ValueError(f"the list {title} of {name} has been given already")
            lists[title] = parse_list(entries)
    talk = files[COMMON]["talk"]
    topics = {name: tuple(build_script(scene) for scene in file["scenes"]) for name, file in files.items() if name != COMMON}
    greetings = tuple(Script(parse_turns(turns)) for turns in talk["greetings"])
    if not topics or not greetings:
        raise ValueError("a topic and a greeting are needed")
    parsed = Talk(
        lists,
        topics,
        greetings,
        parse_all(talk["links"]),
        parse_all(talk["starts"]),
        parse_all(talk["prompts"]),
        parse_all(talk["goodbyes"]),
        parse_all(talk["wishes"]),
        parse_all(talk["replies"]),
    )
    check_slots(parsed)
    return parsed


def templates(talk: Talk) -> Iterator[Template]:
    """Yield every template there is, those of the lists too."""
    for words in talk.lists.values():
        for entry in words.entries:
            yield from entry.values()
    for script in (*talk.greetings, *(script for scripts in talk.topics.values() for script in scripts)):
        for turn in (*script.turns, *script.later, (script.farewell,)):
            for group in turn:
                yield from group
    for group in (talk.links, talk.starts, talk.prompts, talk.goodbyes, talk.wishes, talk.replies):
        yield from group


def check_slots(talk: Talk) -> None:
    """Raise LookupError where a slot has no list, or its list not the field."""
    for template in templates(talk):
        for slot in slots(template):
            if slot.key not in SPEAKERS and any(slot.field not in entry for entry in talk.lists[slot.source].entries):
                raise LookupError(f"{slot.source} has no {slot.field}")


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
    """Parse a list of templates. Raises ValueError where it is empty."""
    if isinstance(texts, str) or not texts:
        raise ValueError(f"{texts!r} is no list of texts")
    return tuple(parse(text) for text in texts)
