import itertools
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from chatbot_tui.benchmarks.peers.kept import Subject
from chatbot_tui.benchmarks.peers.replies import DEFAULT, GREEDY, Reply, figures, read_openers, reply
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import MAX_TOKENS
from chatbot_tui.generation.randomness import uniform
from chatbot_tui.generation.vectors import Vector
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.scoring import Recurrent
from tests.benchmarks.peers.tiny import tokenizer

WORDS = tokenizer()
END, SIZE = 0, WORDS.size
NOBODY = Recurrent(LanguageModel(ModelConfig(SIZE, 1, 1)))


class Scripted:
    """Wants the given tokens one after the other, then the first token for ever; remembers what it read."""

    def __init__(self, wanted: Sequence[int], margin: float = 9.0) -> None:
        self.wanted, self.margin = wanted, margin
        self.heard: list[list[int]] = []

    def restart(self) -> None:
        self.heard.append([])

    def read(self, tokens: Sequence[int]) -> Vector:
        self.heard[-1] += tokens
        logits = np.zeros(SIZE)
        said = len(self.heard[-1]) - 4
        logits[self.wanted[said] if said < len(self.wanted) else END] = self.margin
        return logits


def subject(voice: Scripted, banned: tuple[int, ...] = ()) -> Subject:
    return Subject("scripted", WORDS, NOBODY, voice, banned, 1, {})


def ids(text: str) -> list[int]:
    return WORDS.encode(text)


def test_an_opener_is_a_turn_at_the_beginning_of_a_conversation() -> None:
    voice = Scripted([*ids("yes i do"), END])
    said = reply(subject(voice), "do cats", 0, GREEDY)
    assert (said.text, said.ended, len(said.seconds)) == ("yes i do", True, 3)
    assert voice.heard == [[END, *ids("do cats"), END, *ids("yes i do")]]


def test_a_tokens_time_is_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every look at the processor's clock moves it on by a second, and what else the machine does moves the one on the wall.
    monkeypatch.setattr(time, "process_time", map(float, itertools.count()).__next__)
    said = reply(subject(Scripted([*ids("yes i do"), END])), "do cats", 0, GREEDY)
    assert said.seconds == (1.0, 1.0, 1.0)


def test_what_does_not_end_is_cut_off() -> None:
    said = reply(subject(Scripted(ids("tea") * 100)), "do cats", 0, GREEDY)
    assert (len(said.text.split()), said.ended) == (MAX_TOKENS, False)


def test_banned_tokens_are_not_said() -> None:
    voice = Scripted([ids("tea")[0], END])
    assert "tea" not in reply(subject(voice, tuple(ids("tea"))), "do cats", 0, GREEDY).text


def test_the_number_of_the_opener_chooses_the_random_numbers() -> None:
    # All tokens equally likely: at top-p .9 the lowest ids that reach .9 stay, and u picks among them in their order.
    stay = int(np.ceil(0.9 * SIZE - 1e-9))
    for number in (0, 1, 7):
        said = reply(subject(Scripted([], margin=0.0)), "do cats", number, DEFAULT)
        first = int(uniform(0, number, 0) * stay)
        assert said.text.split()[:1] == ([] if first == END else [WORDS.texts[first].strip()])


def replies(*texts: str) -> list[Reply]:
    return [Reply(text, text != "cut", ()) for text in texts]


def test_figures_by_hand() -> None:
    found = figures(replies("a b a b a", "a b", "a b", "", "cut"))
    # 5 + 2 + 2 + 1 = 10 words, of them a, b, cut; pairs ab ba ab ba, ab, ab: 6, of them 2.
    assert (found["distinct_1"], found["distinct_2"]) == (3 / 10, 2 / 6)
    # Pairs of the first: 2 of 4 came before; in two others 0 of 1. Fours: abab, baba, in one reply alone.
    assert found["seq_rep_2"] == pytest.approx((0.5 + 0 + 0) / 3)
    assert found["seq_rep_4"] == 0.0
    assert (found["mean_words"], found["ended"], found["identical"], found["profane"]) == (2.0, 0.8, 0.4, 0)


def test_loops_are_repetition() -> None:
    # Nine words have six fours, of which three differ.
    assert figures(replies("a b c a b c a b c"))["seq_rep_4"] == pytest.approx(0.5)


def test_profane_and_personal_replies_are_counted() -> None:
    assert figures(replies("what the hell, damn", "fine", "call 555-123-4567"))["profane"] == 2


def test_silence_has_no_ngrams() -> None:
    found = figures(replies("", ""))
    assert (found["distinct_1"], found["distinct_2"], found["seq_rep_4"], found["identical"]) == (None, None, None, 1.0)


def test_openers_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "openers.txt"
    path.write_text("hi  there\n\n how are you? \n", encoding="utf-8")
    assert read_openers(path) == ["hi there", "how are you?"]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00"])
def test_no_openers_are_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "openers.txt"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_openers(path)
