"""Each benchmark in its smallest form: that it runs and reports, not how fast."""

import os
from pathlib import Path

import pytest

from chatbot_tui.benchmarks.stepping import stepping, weights_of_a_step
from chatbot_tui.benchmarks.subject import Shape, place_net
from chatbot_tui.core.conversations import ConversationLog
from chatbot_tui.model.config import ModelConfig

SMALL = Shape(words=50, vocabulary=300, embedding=8, hidden=12)
on_posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


def test_steps_are_timed_beside_both_references(tmp_path: Path) -> None:
    records = stepping(place_net(tmp_path, None, SMALL), rounds=1)
    assert [record.ratio is not None and record.ratio > 0 for record in records] == [True, True]


def test_a_step_reads_every_weight_but_those_that_a_table_replaces() -> None:
    # Layer 0 from a table: 4*3 x 3 recurrent; layer 1: 4*3 x (3 + 3); projection 3 x 2; output 10 x 2.
    assert weights_of_a_step(ModelConfig(10, 2, 3, 2, tied=True)) == 36 + 72 + 6 + 20
    # No projection: output 10 x 3.
    assert weights_of_a_step(ModelConfig(10, 2, 3, 1)) == 36 + 30


@on_posix
def test_a_program_that_ends_is_noticed(tmp_path: Path) -> None:
    from chatbot_tui.benchmarks.terminal import FULL_FRAME, Terminal

    with Terminal(("-c", "pass"), tmp_path) as app, pytest.raises(EOFError):
        app.wait_for(FULL_FRAME)


@on_posix
def test_memory_is_weighed_after_two_chats(tmp_path: Path) -> None:
    from chatbot_tui.benchmarks.memory import memory

    place_net(tmp_path, None, SMALL)
    (record,) = memory(tmp_path, replies=1, tokens=5)
    assert record.value is not None
    assert record.value > 1


@on_posix
def test_a_long_chat_can_be_reopened(tmp_path: Path) -> None:
    from chatbot_tui.benchmarks.echo import LAST_WORD, save_chat

    save_chat(tmp_path, 7)
    turns = ConversationLog.open(next(tmp_path.iterdir())).turns
    assert [turn.speaker for turn in turns] == ["you", "bot", "you", "bot", "you", "bot", "you"]
    assert turns[-1].text == LAST_WORD
