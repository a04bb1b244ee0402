"""What an answer owes to what was said before: more than two neighbouring words can tell."""

import re
import tomllib
from collections.abc import Iterator

import pytest

from chatbot_tui.core.paths import assets
from tests.training.lab_text.conftest import Dialogues


def records(topic: str, title: str) -> dict[str, dict[str, str]]:
    """The entries of a list as its file has them, by name."""
    file = tomllib.loads((assets() / "lab_text" / f"{topic}.toml").read_text(encoding="utf-8"))
    return {entry["name"]: entry for entry in file["lists"][title]}


def exchanges(dialogues: Dialogues, question: str) -> Iterator[tuple[re.Match[str], str, list[str]]]:
    """Yield each question that matches, its answer, and all that was said before it."""
    for dialogue in dialogues:
        for place, turn in enumerate(dialogue[:-1]):
            if match := re.search(question, turn[0].lower() + turn[1:]):
                yield match, dialogue[place + 1], dialogue[:place]


@pytest.mark.parametrize(
    ("topic", "title", "question", "field"),
    [
        ("books", "book", r"who wrote ([^,?]+)", "by"),
        ("books", "book", r"who is ([^?]+?) about", "hero"),
        ("books", "book", r"where does ([^?]+) take place", "place"),
        ("films", "film", r"what is ([A-Z][^?,]+) about", "about"),
        ("travel", "town", r"what do they eat in (\w+)", "eat"),
        ("travel", "town", r"what did you see in (\w+)", "sight"),
        ("travel", "town", r"did you have to learn \w+", "speak"),
        ("work", "job", r"what does an? (\w+) do all", "does"),
        ("town", "shop", r"on which day do they close the ([a-z ]+)", "closed"),
    ],
)
def test_a_question_is_answered_with_what_is_true_of_the_thing(
    smalltalk: Dialogues, topic: str, title: str, question: str, field: str
) -> None:
    entries = records(topic, title)
    asked = 0
    for match, answer, before in exchanges(smalltalk, question):
        name = match[1] if match.re.groups else next(town for town in entries if any(town in turn for turn in [*before, match.string]))
        # A slot in a field, such as the bus that a driver drives, is not part of what the file says.
        said = re.split(r"\{|<", entries[name][field])[0]
        # Only the capital of a sentence may differ.
        assert said.lower() in answer.lower(), (match.string, answer)
        asked += 1
    assert asked >= 3


@pytest.mark.parametrize(
    ("question", "topic", "title", "field"),
    [(r"what does ([A-Z]\w+) eat", "pets", "pet", "eats"), (r"where does ([A-Z]\w+) sleep", "pets", "pet", "place")],
)
def test_the_answer_depends_on_what_was_told_two_turns_before(
    smalltalk: Dialogues, question: str, topic: str, title: str, field: str
) -> None:
    """The name in the question says nothing about the animal; the turn before the question does."""
    entries = records(topic, title)
    asked = 0
    for match, answer, before in exchanges(smalltalk, question):
        assert match[1] in before[-1]
        animal = next(animal for animal in entries if re.search(rf"\b{animal}\b", before[-1]))
        assert entries[animal][field] in answer, (before[-1], match.string, answer)
        asked += 1
    assert asked >= 20


@pytest.mark.parametrize(
    "question",
    [
        r"how is ([A-Z]\w+) these days",
        r"would you see ([A-Z][\w' ]+) again",
        r"have you finished ([A-Z][\w' ]+) by now",
        r"on which day do you leave for (\w+)",
        r"would you become an? (\w+) again",
        r"do you still have (\w+) over there",
    ],
)
def test_what_was_said_comes_back_after_another_topic(smalltalk: Dialogues, question: str) -> None:
    asked = 0
    for match, _, before in exchanges(smalltalk, question):
        first = next(place for place, turn in enumerate(before) if match[1].lower() in turn.lower())
        # A whole scene of four turns or more stands between.
        assert len(before) - first >= 5
        asked += 1
    assert asked >= 2


def test_a_day_that_is_asked_for_again_is_the_same(smalltalk: Dialogues) -> None:
    asked = 0
    for match, answer, before in exchanges(smalltalk, r"on which day do you leave for (\w+)"):
        opened = next(place for place, turn in enumerate(before) if f"for {match[1]}" in turn)
        if told := re.search(r"\b[Oo]n (\w+day)\b", before[opened + 1]):
            assert told[1] in answer
            asked += 1
    assert asked >= 2
