import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatbot_tui.cli import run
from chatbot_tui.core.frames import PromptScored, ReplyEvent
from chatbot_tui.core.ports import LoadedCheckpoint, ReplyRequest, Turn
from chatbot_tui.core.sampling import PARAMETERS, SamplingSettings
from tests.fakes import ScriptedBackend


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    scripted = ScriptedBackend()
    module = ModuleType("chatbot_tui.backend")
    module.LocalBackend = lambda: scripted  # type: ignore[attr-defined]  # a module made up for the test
    monkeypatch.setitem(sys.modules, "chatbot_tui.backend", module)
    return scripted


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_reply_is_the_output(backend: ScriptedBackend, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["say", "hello"]) == 0
    assert capsys.readouterr() == (" hello there friend\n", "")
    assert [call for call, _ in backend.calls] == ["load", "set_pace", "reply", "close", "cancel"]


def test_the_defaults_are_the_contract(backend: ScriptedBackend) -> None:
    run(["say", "hello"])
    [request] = backend.requests
    assert backend.called("load") == [("smalltalk", None)]
    assert backend.called("set_pace")[0].tokens_per_second is None
    assert (request.seed, request.reply, request.max_tokens, request.min_tokens, request.top) == (0, 0, 60, 0, 20)
    assert request.sampling == SamplingSettings(temperature=0.8, top_k=40), "the card's own"


def test_options_reach_the_backend(backend: ScriptedBackend) -> None:
    run(["say", "hi", "--checkpoint", "x.pt", "--vocab", "v.json", "--seed", "7", "--max-tokens", "5", "--min-tokens", "2", "--top", "all"])
    [request] = backend.requests
    assert backend.called("load") == [("x.pt", "v.json")]
    assert (request.seed, request.max_tokens, request.min_tokens, request.top) == (7, 5, 2, None)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_sampling_option_has_a_flag_that_leaves_all_others_off(backend: ScriptedBackend, name: str) -> None:
    value = PARAMETERS[name].usual
    assert run(["say", "hi", f"--{name.replace('_', '-')}", str(value)]) == 0
    assert backend.requests[0].sampling == SamplingSettings().changed(**{name: value})


def test_greedy_and_the_order_are_sampling_too(backend: ScriptedBackend) -> None:
    run(["say", "hi", "--greedy"])
    run(["say", "hi", "--order", "llama.cpp", "--top-p", ".9"])
    run(["say", "hi", "--order", "hf"])
    assert [request.sampling for request in backend.requests] == [
        SamplingSettings(greedy=True),
        SamplingSettings(order="llama.cpp", top_p=0.9),
        SamplingSettings(),
    ]


def test_several_texts_alternate_and_the_last_is_yours(backend: ScriptedBackend) -> None:
    run(["say", "a", "b", "c"])
    run(["say", "b", "c"])
    first, second = backend.requests
    assert first.turns == (Turn("you", "a"), Turn("bot", "b"), Turn("you", "c"))
    assert second.turns == (Turn("bot", "b"), Turn("you", "c"))
    assert (first.reply, second.reply) == (1, 1), "one reply stands before this one"


def test_json_is_a_record_a_token_and_one_for_the_reply(backend: ScriptedBackend, capsys: pytest.CaptureFixture[str]) -> None:
    run(["say", "hello", "--json"])
    *tokens, last = records(capsys.readouterr().out)
    assert [token["step"] for token in tokens] == [0, 1, 2, 3]
    assert "".join(token["text"] for token in tokens) == last["reply"] == " hello there friend"
    assert (last["finish_reason"], last["tokens"]) == ("end", 4)
    assert "prompt" not in last
    assert len(backend.requests) == 1


def test_each_line_of_a_file_is_answered_afresh(backend: ScriptedBackend, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_bytes("\ufeffhello\r\n\n  how are you?  \nwo\u2028rd".encode())
    run(["say", "--prompts", str(tmp_path / "prompts.txt"), "--json"])
    assert [request.turns for request in backend.requests] == [
        (Turn("you", "hello"),),
        (Turn("you", "how are you?"),),
        (Turn("you", "wo\u2028rd"),),
    ]
    assert {request.reply for request in backend.requests} == {0}
    assert [record["prompt"] for record in records(capsys.readouterr().out)] == [0] * 5 + [2] * 5 + [3] * 5


def test_a_dash_reads_prompts_from_standard_input(backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one\ntwo\n")))
    run(["say", "--prompts", "-"])
    assert [request.turns[0].text for request in backend.requests] == ["one", "two"]


def test_warnings_go_to_standard_error(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    load = backend.load

    def load_with_warning(checkpoint: str, vocabulary: str | None = None) -> LoadedCheckpoint:
        return replace(load(checkpoint, vocabulary), warnings=("no end token:\nreplies end by length",))

    monkeypatch.setattr(backend, "load", load_with_warning)
    run(["say", "hello", "--json"])
    output = capsys.readouterr()
    assert output.err == "chatbot-tui: no end token: replies end by length\n"
    assert len(records(output.out)) == 5


def test_words_that_the_net_lacks_are_told_in_brief(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unknown(_: ReplyRequest) -> Iterator[ReplyEvent]:
        yield PromptScored((), tuple("x" * 100_000 for _ in range(21)))

    monkeypatch.setattr(backend, "reply", unknown)
    assert run(["say", "hello"]) == 0
    assert capsys.readouterr().err == f"chatbot-tui: not in the vocabulary: {', '.join(['x' * 40] * 20)}, ...\n"


def test_prompts_without_end_are_told_before_they_fill_the_memory(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["say", "--prompts", "/dev/zero"]) == 2
    assert "more than 67,108,864 bytes" in capsys.readouterr().err
    with Path("/dev/zero").open() as endless:
        monkeypatch.setattr(sys, "stdin", endless)
        assert run(["say", "--prompts", "-"]) == 2
    assert "more than 1,048,576 bytes" in capsys.readouterr().err
    assert backend.requests == []


def test_bytes_that_are_no_text_do_not_reach_the_net(backend: ScriptedBackend) -> None:
    run(["say", "caf\udce9"])
    assert backend.requests[0].turns == (Turn("you", "caf\ufffd"),)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to answer"),
        ([""], "empty"),
        (["hi", " \n"], "empty"),
        (["hi", "--prompts", "-"], "give one of them"),
        (["--prompts", "/no/such/file"], "No such file"),
        (["--prompts", "/"], "directory"),
        (["hi", "--top", "0"], "--top"),
        (["hi", "--top", "²"], "--top"),
        (["hi", "--top-p", "0"], "above 0"),
        (["hi", "--top-k", "1.5"], "--top-k"),
        (["hi", "--temperature", "nan"], "finite"),
        (["hi", "--order", "other"], "--order"),
        (["hi", "--max-tokens", "0"], "--max-tokens"),
        (["hi", "--seed", "-1"], "--seed"),
        (["hi", "--seed", str(1 << 63)], "at most"),
    ],
)
def test_a_mistake_is_one_line_and_loads_nothing(
    backend: ScriptedBackend, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(["say", *arguments]) == 2
    output = capsys.readouterr()
    assert message in output.err
    assert output.err.startswith("chatbot-tui: ")
    assert output.err.count("\n") == 1
    assert output.out == ""
    assert backend.calls == []


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_a_file_without_prompts_is_told(backend: ScriptedBackend, capsys: pytest.CaptureFixture[str], tmp_path: Path, data: bytes) -> None:
    (tmp_path / "prompts.txt").write_bytes(data)
    assert run(["say", "--prompts", str(tmp_path / "prompts.txt")]) == 2
    assert "no prompts" in capsys.readouterr().err
    assert backend.requests == []


def test_a_line_that_is_not_utf8_is_told_by_its_number(
    backend: ScriptedBackend, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "prompts.txt").write_bytes(b"fine\ncaf\xe9\n")
    assert run(["say", "--prompts", str(tmp_path / "prompts.txt")]) == 2
    assert "line 2" in capsys.readouterr().err
    assert len(backend.requests) == 1


def test_a_refused_checkpoint_is_one_line_and_the_backend_is_closed(backend: ScriptedBackend, capsys: pytest.CaptureFixture[str]) -> None:
    backend.refused = {"bad": "weights hold NaN: train again"}
    assert run(["say", "hi", "--checkpoint", "bad"]) == 2
    assert capsys.readouterr().err == "chatbot-tui: weights hold NaN: train again\n"
    assert backend.called("close") == [None]


def test_an_interrupt_in_mid_reply_is_130(backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_request: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backend, "reply", interrupt)
    assert run(["say", "hi"]) == 130
    assert backend.called("close") == [None]
