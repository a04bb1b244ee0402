"""What is measured of the whole program, in its smallest form: that it runs and reports, not how fast."""

from pathlib import Path

from chatbot_tui.benchmarks.echo import LAST_WORD, save_chat
from chatbot_tui.benchmarks.memory import memory
from chatbot_tui.benchmarks.startup import one_round
from chatbot_tui.benchmarks.subject import Shape, place_net
from chatbot_tui.core.conversations import ConversationLog

SMALL = Shape(words=50, vocabulary=300, embedding=8, hidden=12)


def test_the_playground_is_started_and_becomes_ready(tmp_path: Path) -> None:
    empty, read, painted, ready = one_round(tmp_path, place_net(tmp_path, None, SMALL) / "model.safetensors")
    assert min(empty, read) > 0
    assert 0 < painted < ready


def test_memory_is_weighed_after_two_chats(tmp_path: Path) -> None:
    place_net(tmp_path, None, SMALL)
    (record,) = memory(tmp_path, replies=1, tokens=5)
    assert record.value is not None
    assert record.value > 1


def test_a_long_chat_can_be_reopened(tmp_path: Path) -> None:
    save_chat(tmp_path, 7)
    turns = ConversationLog.open(next(tmp_path.iterdir())).turns
    assert [turn.speaker for turn in turns] == ["you", "bot", "you", "bot", "you", "bot", "you"]
    assert turns[-1].text == LAST_WORD
