"""The small talk that was written for this project: decent, in dialogues, and without what the net is examined on."""

import re

from chatbot_tui.benchmarks.peers.replies import read_openers
from chatbot_tui.training.corpus import EVERYDAY, read_corpus
from chatbot_tui.training.decency import offences
from tests.readme_tree import README

OPENERS = [README.parent / "tests" / name for name in ("openers.txt", "openers.second.txt")]


def plain(text: str) -> str:
    """Return the words of a text in lower case."""
    return " ".join(re.findall(r"[a-z']+", text.lower()))


def test_it_comes_with_the_program() -> None:
    everyday = read_corpus(EVERYDAY)
    assert everyday.name == EVERYDAY
    assert len(everyday.dialogues) > 4000
    assert all(2 <= len(dialogue) <= 5 for dialogue in everyday.dialogues)


def test_every_exchange_is_another() -> None:
    exchanges = [(plain(dialogue[0]), plain(dialogue[1])) for dialogue in read_corpus(EVERYDAY).dialogues]
    assert len(set(exchanges)) == len(exchanges)


def test_it_is_decent() -> None:
    turns = (turn for dialogue in read_corpus(EVERYDAY).dialogues for turn in dialogue)
    assert [turn for turn in turns if offences(turn)] == []


def test_it_holds_no_opener_that_readers_judge_by() -> None:
    examined = {plain(opener) for path in OPENERS for opener in read_openers(path)}
    assert len(examined) == 180
    assert [turn for dialogue in read_corpus(EVERYDAY).dialogues for turn in dialogue if plain(turn) in examined] == []
