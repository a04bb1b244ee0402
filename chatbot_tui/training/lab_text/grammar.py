"""The grammar that the small talk is written in: templates with slots, and what a scene remembers of them.

    {pet}        drawn from the list `pet` once, and remembered: the same wherever the scene says {pet} again
    {pet2}       another entry of that list, different from {pet}
    {pet.eats}   a field of the remembered entry; {pet} alone is its field `name`
    <good>       drawn anew each time
    (hello|hi)   one of the texts; an empty one is allowed

An entry of a list is itself a template. A list is ordered by how common its entries are: entry r of a list (from 0) is drawn
with a probability proportional to 1 / (r + FLATTENING), a softened form of Zipf's law.
"""

import random
import re
from bisect import bisect
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

FLATTENING = 6.0
"""The larger, the more alike are the chances of common and rare entries."""

MARK = re.compile(r"\{([a-z_]+)(\d*)(?:\.([a-z]+))?\}|<([a-z_]+)>|([(|)])")
NAME = "name"
"""The field of an entry that its slot stands for."""


@dataclass(frozen=True)
class Slot:
    """A place for an entry of `source`; with a `key` it is remembered under that, without one drawn anew."""

    source: str
    key: str | None
    field: str = NAME


@dataclass(frozen=True)
class Choice:
    """A place for one of several texts, equally likely."""

    options: tuple["Template", ...]


Template: TypeAlias = tuple[str | Slot | Choice, ...]
"""A text cut at its marks."""

Entry: TypeAlias = Mapping[str, Template]
"""The fields of an entry of a list."""


@dataclass(frozen=True)
class Words:
    """A list of entries, the most common first."""

    entries: tuple[Entry, ...]
    chances: tuple[float, ...]
    """Running sums of the entries' weights."""


def parse(text: str) -> Template:
    """Cut a template at its marks. Raises ValueError where a bracket has no partner."""
    # Groups that are open, each with its options so far; the outermost has one option.
    groups: list[list[list[str | Slot | Choice]]] = [[[]]]
    end = 0
    for mark in MARK.finditer(text):
        groups[-1][-1].append(text[end : mark.start()])
        end = mark.end()
        source, number, field, fresh, bracket = mark.groups()
        if bracket == "(":
            groups.append([[]])
        elif bracket and len(groups) == 1:
            raise ValueError(f"{bracket} outside of brackets in {text!r}")
        elif bracket == "|":
            groups[-1].append([])
        elif bracket == ")":
            options = groups.pop()
            groups[-1][-1].append(Choice(tuple(tuple(part for part in option if part) for option in options)))
        elif fresh:
            groups[-1][-1].append(Slot(fresh, None))
        else:
            groups[-1][-1].append(Slot(source, source + number, field or NAME))
    if len(groups) > 1 or any(character in text[end:] for character in "{}<>"):
        raise ValueError(f"a bracket is left open in {text!r}")
    groups[0][0].append(text[end:])
    return tuple(part for part in groups[0][0] if part)


def parse_list(entries: Sequence[str | Mapping[str, str]]) -> Words:
    """Parse the entries of a list: texts, or tables of fields of which one is the name. Raises ValueError."""
    tables = [{NAME: entry} if isinstance(entry, str) else entry for entry in entries]
    if not tables or any(NAME not in table for table in tables):
        raise ValueError("a list has entries, and each entry a name")
    weights = (1 / (rank + FLATTENING) for rank in range(len(tables)))
    return Words(tuple({field: parse(text) for field, text in table.items()} for table in tables), tuple(accumulate(weights)))


def slots(template: Template) -> Iterator[Slot]:
    """Yield the slots of a template, those inside of choices too."""
    for part in template:
        if isinstance(part, Slot):
            yield part
        elif isinstance(part, Choice):
            for option in part.options:
                yield from slots(option)


def pick(length: int, rng: random.Random) -> int:
    """Return an index below `length`; of the generator only `random` is used, whose sequence Python promises to keep."""
    return int(rng.random() * length)


class Scene:
    """What the slots of one scene stand for: filled in as its templates are told; `barred` entries of a list are left alone."""

    def __init__(self, lists: Mapping[str, Words], rng: random.Random, barred: Mapping[str, Collection[int]] | None = None) -> None:
        self._lists = lists
        self._rng = rng
        self._barred = barred or {}
        self._drawn: dict[str, int] = {}
        self._texts: dict[tuple[str, str], str] = {}

    def name(self, key: str, text: str) -> None:
        """Let a slot stand for a text that comes from outside, such as a speaker's name."""
        self._texts[key, NAME] = text

    def tell(self, template: Template) -> str:
        """Fill in a template."""
        pieces = []
        for part in template:
            if isinstance(part, str):
                pieces.append(part)
            elif isinstance(part, Choice):
                pieces.append(self.tell(part.options[pick(len(part.options), self._rng)]))
            elif part.key is None:
                words = self._lists[part.source]
                pieces.append(self.tell(words.entries[self._draw(words)][NAME]))
            else:
                pieces.append(self._recall(part.source, part.key, part.field))
        return "".join(pieces)

    def _recall(self, source: str, key: str, field: str) -> str:
        known = self._texts.get((key, field))
        if known is not None:
            return known
        words = self._lists[source]
        if key not in self._drawn:
            others = {self._drawn[other] for other in (source, f"{source}2", f"{source}3") if other in self._drawn}
            others.update(self._barred.get(source, ()))
            index = self._draw(words)
            while index in others:
                index = self._draw(words)
            self._drawn[key] = index
        text = self.tell(words.entries[self._drawn[key]][field])
        self._texts[key, field] = text
        return text

    def _draw(self, words: Words) -> int:
        return bisect(words.chances, self._rng.random() * words.chances[-1])
