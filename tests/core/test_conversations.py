import errno
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.core.conversations import ConversationLog, delete, list_conversations
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import Turn
from chatbot_tui.core.sampling import SamplingSettings

HELLO = Turn("you", "hello there")
REPLY = Turn(
    "bot",
    "hi!",
    checkpoint="ab12",
    tokens=(5, 9, 0),
    strategies=((0, SamplingSettings(temperature=0.7)), (2, SamplingSettings(greedy=True, order="llama.cpp"))),
    seed=3,
    reply=4,
    min_tokens=2,
    finish_reason="end",
    max_tokens=90,
    candidate=5,
)


def so_far(text: str, *tokens: int) -> Turn:
    """A reply under way."""
    return Turn("bot", text, tokens=tokens)


NASTY = 'a\n"b"\\ \x1b[31m [bold]x[/] \u2028 😀 é'


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_length_that_nobody_could_ask_for_is_cut_down(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.add(replace(REPLY, max_tokens=10**15))
    assert [turn.max_tokens for turn in ConversationLog.open(log.path).turns] == [1_000_000]


def test_there_is_no_file_before_the_first_event(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path / "conversations")
    assert (log.turns, log.draft_text, log.saved) == ((), "", True)
    assert list(tmp_path.iterdir()) == []
    log.add(HELLO)
    assert [path.name for path in (tmp_path / "conversations").iterdir()] == [log.path.name]


def test_every_field_of_a_turn_comes_back(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    for turn in (HELLO, REPLY, Turn("you", NASTY), Turn("bot", "")):
        log.add(turn)
    assert ConversationLog.open(log.path).turns == (HELLO, REPLY, Turn("you", NASTY), Turn("bot", ""))


def test_each_event_is_in_the_file_at_once(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.add(HELLO)
    log.partial(so_far("hi", 5))
    log.partial(so_far("hi!", 5, 9))
    log.add(REPLY)
    log.undo(2)
    log.draft("hello")
    assert [event["event"] for event in lines(log.path)] == ["start", "turn", "partial", "partial", "turn", "undo", "draft"]


def test_a_reply_under_way_is_written_piece_by_piece(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.partial(so_far("the", 1))
    log.partial(so_far("the the", 1, 1))
    assert [(event["text"], event["tokens"]) for event in lines(log.path)[1:]] == [("the", [1]), (" the", [1])]
    assert log.turns == ConversationLog.open(log.path).turns == (Turn("bot", "the the", tokens=(1, 1), finish_reason="interrupted"),)


def test_a_partial_that_does_not_go_on_from_the_last_takes_its_place(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.partial(so_far("one", 1))
    turn = Turn("bot", "two", "cd", (2,), REPLY.strategies, 7, 1, 6, max_tokens=25, candidate=3)
    log.partial(turn)
    expected = (replace(turn, finish_reason="interrupted"),)
    assert log.turns == ConversationLog.open(log.path).turns == expected


def test_the_whole_reply_takes_the_place_of_the_partial_one(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.add(HELLO)
    log.partial(so_far("hi", 5))
    log.add(REPLY)
    assert log.turns == ConversationLog.open(log.path).turns == (HELLO, REPLY)


def test_an_interrupted_reply_stays_when_the_chat_goes_on(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.partial(so_far("hi", 5))
    log.close()
    again = ConversationLog.open(log.path)
    again.add(HELLO)
    interrupted = Turn("bot", "hi", tokens=(5,), finish_reason="interrupted")
    assert again.turns == ConversationLog.open(log.path).turns == (interrupted, HELLO)


@pytest.mark.parametrize(("count", "left"), [(0, 3), (1, 2), (2, 1), (9, 0)])
def test_undo_takes_back_the_last_turns_a_partial_one_counted(tmp_path: Path, count: int, left: int) -> None:
    log = ConversationLog.create(tmp_path)
    log.add(HELLO)
    log.add(REPLY)
    log.partial(so_far("hm", 5))
    log.undo(count)
    assert len(log.turns) == left
    assert ConversationLog.open(log.path).turns == log.turns
    assert list_conversations(tmp_path)[0].turns == left


def test_a_draft_is_kept_until_it_is_sent(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.draft("hello th")
    log.draft("hello th")
    assert len(lines(log.path)) == 2
    assert ConversationLog.open(log.path).draft_text == "hello th"
    log.add(REPLY)
    assert log.draft_text == "hello th"
    log.add(HELLO)
    assert log.draft_text == ConversationLog.open(log.path).draft_text == ""


def test_a_torn_last_line_is_passed_over_and_does_not_spoil_the_next(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.add(HELLO)
    log.add(REPLY)
    log.close()
    whole = log.path.read_bytes()
    for cut in range(1, len(whole.splitlines()[-1]) + 1):
        log.path.write_bytes(whole[:-cut])
        torn = ConversationLog.open(log.path)
        # The first cut takes only the line end: the event is whole.
        assert torn.turns == ((HELLO, REPLY) if cut == 1 else (HELLO,))
        torn.add(Turn("you", "again"))
        torn.close()
        assert ConversationLog.open(log.path).turns == torn.turns


def test_a_killed_program_leaves_all_it_had_said(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from chatbot_tui.core.conversations import ConversationLog
from chatbot_tui.core.ports import Turn
log = ConversationLog.create(Path(sys.argv[1]))
log.add(Turn("you", "hello"))
text = ""
while True:
    text += "the "
    log.partial(Turn("bot", text, tokens=tuple(range(len(text) // 4))))
    print(len(text), flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        seen = 0
        while seen < 400:
            seen = int(program.stdout.readline())
        program.send_signal(signal.SIGKILL)
        seen = max([seen, *(int(line) for line in program.stdout.read().splitlines())])
    [path] = tmp_path.iterdir()
    hello, reply = ConversationLog.open(path).turns
    assert hello == Turn("you", "hello")
    assert len(reply.text) >= seen
    assert reply.text == "the " * len(reply.tokens)
    assert reply.finish_reason == "interrupted"


def test_lines_that_make_no_sense_are_counted_and_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    bad = [
        "{",
        "[]",
        "3",
        '{"event":"dance"}',
        '{"event":"turn","speaker":"me","text":"x"}',
        '{"event":"turn","speaker":"you","text":3}',
        '{"event":"turn","speaker":"bot","text":"x","tokens":[-1]}',
        '{"event":"turn","speaker":"bot","text":"x","tokens":"12"}',
        '{"event":"turn","speaker":"bot","text":"x","strategies":[[0,{"top_p":9}]]}',
        '{"event":"turn","speaker":"bot","text":"x","strategies":[[0]]}',
        '{"event":"turn","speaker":"bot","text":"x","strategies":[[0,{"self":1}]]}',
        '{"event":"turn","speaker":"bot","text":"x","seed":1e3}',
        '{"event":"undo"}',
        '{"event":"undo","turns":true}',
    ]
    path.write_text("\n".join([*bad, '{"event":"turn","speaker":"you","text":"fine"}', ""]))
    log = ConversationLog.open(path)
    assert log.turns == (Turn("you", "fine"),)
    assert log.damaged == len(bad)
    log.add(REPLY)
    assert path.read_text().splitlines()[: len(bad)] == bad


def test_a_newer_format_is_refused_and_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"event":"start","format_version":2}\n{"event":"turn","speaker":"you","text":"x"}\n')
    with pytest.raises(InputError, match="newer version"):
        ConversationLog.open(path)
    assert list_conversations(tmp_path) == []


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        ConversationLog.open(tmp_path / "a.jsonl")


def test_a_full_disk_is_told_once_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ConversationLog.create(tmp_path)
    log.add(HELLO)
    real = os.write
    room = [10]

    def write(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(descriptor, data[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(InputError, match="No space left on device"):
        log.add(REPLY)
    log.add(Turn("you", "still here"))
    assert not log.saved
    assert log.turns == (HELLO, REPLY, Turn("you", "still here"))
    assert ConversationLog.open(log.path).turns == (HELLO,)
    room[0] = 1 << 20
    log.draft("more")
    assert log.saved
    again = ConversationLog.open(log.path)
    assert (again.turns, again.draft_text, again.damaged) == (log.turns, "more", 0)


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = ConversationLog.create(tmp_path / "file")
    with pytest.raises(InputError, match="cannot be saved"):
        log.add(HELLO)
    log.add(REPLY)
    assert log.turns == (HELLO, REPLY)


def test_two_windows_in_one_conversation_part_ways(tmp_path: Path) -> None:
    first = ConversationLog.create(tmp_path)
    first.add(HELLO)
    second = ConversationLog.open(first.path)
    second.add(REPLY)
    first.add(Turn("bot", "other"))
    assert second.path != first.path
    assert ConversationLog.open(first.path).turns == (HELLO, Turn("bot", "other"))
    assert ConversationLog.open(second.path).turns == (HELLO, REPLY)


def test_a_window_that_read_an_older_state_parts_ways(tmp_path: Path) -> None:
    first = ConversationLog.create(tmp_path)
    first.add(HELLO)
    second = ConversationLog.open(first.path)
    first.add(REPLY)
    first.close()
    second.partial(so_far("so", 3))
    second.draft("hm")
    again = ConversationLog.open(second.path)
    assert again.turns == (HELLO, Turn("bot", "so", tokens=(3,), finish_reason="interrupted"))
    assert again.draft_text == "hm"
    assert ConversationLog.open(first.path).turns == (HELLO, REPLY)


def test_logs_made_in_one_moment_have_files_of_their_own(tmp_path: Path) -> None:
    assert len({ConversationLog.create(tmp_path).path for _ in range(50)}) == 50


def test_the_list_is_newest_first_with_title_and_length(tmp_path: Path) -> None:
    for age, words in enumerate(["three", "two", "one"]):
        log = ConversationLog.create(tmp_path)
        log.partial(so_far("so", 1))
        log.add(Turn("you", f"{words}\n  \x1b[31mcats"))
        log.partial(so_far("hm", 1))
        os.utime(log.path, (1_000_000 + age, 1_000_000 + age))
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "folder.jsonl").mkdir()
    summaries = list_conversations(tmp_path)
    assert [summary.title for summary in summaries] == ["one [31mcats", "two [31mcats", "three [31mcats"]
    assert [summary.turns for summary in summaries] == [3, 3, 3]
    assert summaries[0].when.timestamp() == 1_000_002


def test_titles_are_short_and_there_is_always_one(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.draft("only typed")
    assert list_conversations(tmp_path)[0].title == "only typed"
    log.draft("")
    assert list_conversations(tmp_path)[0].title == "(empty)"
    log.add(Turn("you", "word " * 1000))
    assert list_conversations(tmp_path)[0].title == "word " * 11 + "word…"


def test_a_folder_that_is_not_there_holds_no_conversations(tmp_path: Path) -> None:
    assert list_conversations(tmp_path / "missing") == []


def test_deleting_removes_the_file_and_nothing_else(tmp_path: Path) -> None:
    log = ConversationLog.create(tmp_path)
    log.add(HELLO)
    (tmp_path / "notes.txt").write_text("x")
    delete(log.path)
    delete(log.path)
    with pytest.raises(InputError, match="not a saved conversation"):
        delete(tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@given(data=st.binary(max_size=300))
def test_any_bytes_are_opened_listed_and_gone_on_from(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    log = ConversationLog.open(path)
    list_conversations(tmp_path)
    log.add(HELLO)
    log.close()
    assert ConversationLog.open(path).turns[-1] == HELLO
    assert path.read_bytes().startswith(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.sampled_from(["you", "bot", "text", "é"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["top_k", "greedy", "self"]), inner, max_size=2),
)
events = st.fixed_dictionaries(
    {"event": st.sampled_from(["turn", "partial", "undo", "draft", "start"])},
    optional=dict.fromkeys(("speaker", "text", "tokens", "strategies", "turns", "goes_on", "seed", "format_version"), json_values),
)


@given(wanted=st.lists(events, max_size=6))
def test_events_of_any_values_are_taken_in_or_passed_over(tmp_path: Path, wanted: list[dict[str, object]]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(event, separators=(",", ":")) + "\n" for event in wanted))
    if any(event["event"] == "start" and isinstance(version := event.get("format_version"), int) and version > 1 for event in wanted):
        with pytest.raises(InputError, match="newer version"):
            ConversationLog.open(path)
        return
    log = ConversationLog.open(path)
    list_conversations(tmp_path)
    log.add(HELLO)
    log.close()
    assert ConversationLog.open(path).turns == log.turns


actions = st.one_of(
    st.builds(lambda text: ("add", Turn("you", text)), st.text(max_size=4)),
    st.builds(
        lambda text, tokens: ("add", Turn("bot", text, tokens=tuple(tokens))), st.text(max_size=4), st.lists(st.integers(0, 9), max_size=3)
    ),
    st.builds(lambda text: ("partial", text), st.text("ab", max_size=4)),
    st.builds(lambda count: ("undo", count), st.integers(0, 4)),
    st.builds(lambda text: ("draft", text), st.text(max_size=4)),
    st.just(("reopen", None)),
)


@given(wanted=st.lists(actions, max_size=12))
def test_the_file_always_says_what_the_log_says(tmp_path_factory: pytest.TempPathFactory, wanted: list[tuple[str, object]]) -> None:
    log = ConversationLog.create(tmp_path_factory.mktemp("conversations"))
    log.draft("begun")
    for action, value in wanted:
        match action, value:
            case "add", Turn() as turn:
                log.add(turn)
            case "partial", str() as text:
                log.partial(so_far(text))
            case "undo", int() as count:
                log.undo(count)
            case "draft", str() as text:
                log.draft(text)
            case _:
                log.close()
                log = ConversationLog.open(log.path)
        again = ConversationLog.open(log.path)
        assert (again.turns, again.draft_text, again.damaged) == (log.turns, log.draft_text, 0)
        [summary] = list_conversations(log.path.parent)
        assert summary.turns == len(log.turns)
