"""Small talk on demand: conversations put together from scenes, a function of the seed."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from chatbot_tui.training.lab_text.grammar import NAME, Scene, Template, pick
from chatbot_tui.training.lab_text.topics import Script, Talk, Turn, load_talk

WORDS = 300_000
"""How much there is unless said otherwise, in white-space words."""
HELD_OUT_WORDS = 30_000
"""How much is kept aside for validation."""
SHORTEST, LONGEST = 4, 12
"""Turns in a conversation."""
GREETED = 0.4
PARTED = 0.5
"""Shares of conversations with a greeting, and of those with a goodbye."""
ADDRESSED = 0.3
"""Share of questions that call the other by name."""
TAKEN_UP = 0.8
"""Chance that a speaker comes back to an earlier scene where there is one to come back to."""

Option = TypeVar("Option")

BEFORE_VOWEL = re.compile(r"\b(a) (?=[aeiouAEIOU])")
OPENING = re.compile(r"(?:^|[.?!] )[a-z]")


def lab_dialogues(seed: int = 0, words: int = WORDS) -> list[list[str]]:
    """Return conversations of 4 to 12 turns between two speakers, no two alike, with at least `words` white-space words in all.

    More words go on where fewer stopped: the dialogues for a smaller number are the first of those for a larger one.

    Raises:
        InputError: the files of the topics are missing or damaged.
    """
    talk = load_talk()
    rng = random.Random(seed)  # noqa: S311 (text, not secrets)
    dialogues: dict[tuple[str, ...], int] = {}
    total = 0
    while total < words:
        turns = tuple(Conversation(talk, rng).turns())
        if turns not in dialogues:
            dialogues[turns] = sum(turn.count(" ") + 1 for turn in turns)
            total += dialogues[turns]
    return [list(turns) for turns in dialogues]


def held_out_dialogues(seed: int = 0, words: int = WORDS, held_out: int = HELD_OUT_WORDS) -> list[list[str]]:
    """Return the conversations that would come next: none of them is among `lab_dialogues(seed, words)`.

    Raises:
        InputError: the files of the topics are missing or damaged.
    """
    return lab_dialogues(seed, words + held_out)[len(lab_dialogues(seed, words)) :]


@dataclass(frozen=True)
class Told:
    """A scene that has been played, and which of the two speakers may come back to it."""

    script: Script
    scene: Scene
    asker: int


class Conversation:
    """One conversation while it is put together: a greeting, scenes that are taken up again, a goodbye."""

    def __init__(self, talk: Talk, rng: random.Random) -> None:
        self._talk = talk
        self._rng = rng
        people = talk.lists["person"].entries
        first = pick(len(people), rng)
        second = (first + 1 + pick(len(people) - 1, rng)) % len(people)
        self._speakers = (first, second)
        self.names = tuple(self._scene().tell(people[index][NAME]) for index in self._speakers)
        self._turns: list[str] = []
        self._told: list[Told] = []
        self._unasked: list[Told] = []

    def turns(self) -> list[str]:
        """Put the conversation together."""
        # The largest of three draws: what was said is taken up again in longer conversations.
        length = max(SHORTEST + pick(LONGEST - SHORTEST + 1, self._rng) for _ in range(3))
        # A scene has to fit in beside a greeting and a goodbye.
        parted = length - 2 >= SHORTEST and self._rng.random() < PARTED
        if length - 2 * parted - 2 >= SHORTEST and self._rng.random() < GREETED:
            scene = self._scene()
            for (ways,) in self._one_of(self._talk.greetings).turns:
                self._say(scene, self._one_of(ways))
        topics = list(self._talk.topics.values())
        while (left := length - 2 * parted - len(self._turns)) > 1:
            if self._rng.random() < TAKEN_UP and self._take_up(left):
                continue
            fitting = [script for script in topics.pop(pick(len(topics), self._rng)) if len(script.turns) <= left] if topics else []
            if fitting:
                self._open(self._one_of(fitting))
            elif not topics or left < 3:
                break
        if parted:
            self._part()
        return self._turns

    def _scene(self) -> Scene:
        return Scene(self._talk.lists, self._rng, {"person": self._speakers})

    def _open(self, script: Script) -> None:
        """Play a scene."""
        told = Told(script, self._scene(), (len(self._turns) + script.asker) % 2)
        self._play(told.scene, script.turns, link=bool(self._turns))
        self._told.append(told)
        self._unasked.append(told)

    def _take_up(self, left: int) -> bool:
        """Come back to a scene other than the latest, in at most `left` turns; False where there is none to come back to."""
        # Where the other has the word, he passes it on first.
        before = [told for told in self._unasked if told is not self._told[-1] and (left > 2 or told.asker == len(self._turns) % 2)]
        if not before:
            return False
        told = self._one_of(before)
        self._unasked.remove(told)
        if told.asker != len(self._turns) % 2:
            self._say(self._scene(), self._one_of(self._talk.prompts))
        self._play(told.scene, told.script.later)
        return True

    def _part(self) -> None:
        """Say goodbye, with a word on one of the scenes where the one who leaves has something to say about it."""
        scene = self._scene()
        goodbye = self._fill(scene, self._one_of(self._talk.goodbyes))
        own = [told for told in self._told if told.asker == len(self._turns) % 2]
        told = self._one_of(own) if own else None
        wish = (
            self._fill(scene, self._one_of(self._talk.wishes))
            if told is None
            else self._fill(told.scene, self._one_of(told.script.farewell))
        )
        self._turns.append(tidy(f"{goodbye} {wish}"))
        self._say(scene, self._one_of(self._talk.replies))

    def _play(self, scene: Scene, turns: Sequence[Turn], *, link: bool = False) -> None:
        """Let the speakers take turns; with `link` the first passes to the scene from another."""
        said = 0
        for turn in turns:
            group = said if len(turn) > 1 else 0
            choice = pick(len(turn[group]), self._rng)
            said = sum(map(len, turn[:group])) + choice
            self._say(scene, turn[group][choice], self._talk.links if link else self._talk.starts)
            link = False

    def _say(self, scene: Scene, template: Template, starts: Sequence[Template] = ()) -> None:
        """Say a turn, perhaps with one of `starts`; then a question may also name the one who is asked."""
        text = self._fill(scene, self._one_of(starts) + template if starts else template)
        other = self.names[1 - len(self._turns) % 2]
        if starts and text.endswith("?") and other not in text and self._rng.random() < ADDRESSED:
            text = f"{text[:-1]}, {other}?"
        self._turns.append(tidy(text))

    def _fill(self, scene: Scene, template: Template) -> str:
        """Fill in what the next speaker says."""
        speaker = len(self._turns) % 2
        scene.name("me", self.names[speaker])
        scene.name("you", self.names[1 - speaker])
        return scene.tell(template)

    def _one_of(self, options: Sequence[Option]) -> Option:
        return options[pick(len(options), self._rng)]


def tidy(text: str) -> str:
    """Write "an" before a vowel, and every sentence with a capital."""
    return OPENING.sub(lambda match: match.group().upper(), BEFORE_VOWEL.sub(r"\1n ", text))
