import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from chatbot_tui import __version__
from chatbot_tui.__main__ import main
from chatbot_tui.cli import cli, run


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatbot_tui", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


class Full(io.TextIOWrapper):
    """A disk without room."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], *([name] for name in cli.commands)])
def test_every_help_page_has_examples(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert run([*command, "--help"]) == 0
    assert "Examples:\n    chatbot-tui" in capsys.readouterr().out


def test_the_commands_are_the_contract() -> None:
    contract = ["bench", "calibrate", "checkpoints", "doctor", "evaluate", "experiment", "export", "import", "recipes", "say", "train"]
    assert sorted(cli.commands) == contract


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command"),
        (["--nonsense"], "No such option"),
        (["say", "hi", "--nonsense"], "see `chatbot-tui say --help`"),
        (["train"], "RECIPE"),
        (["train", "smalltalk", "--set", "steps"], "key=value"),
        (["train", "smalltalk", "--set", "=3"], "key=value"),
        (["evaluate", "smalltalk"], "--corpus"),
        (["--checkpoint", "x", "checkpoints"], "after the command"),
        (["--checkpoint", "no-such-checkpoint"], "no checkpoint 'no-such-checkpoint'"),
        (["two\nlines"], "two lines"),
    ],
)
def test_a_mistake_is_status_2_and_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert run(arguments) == 2
    output = capsys.readouterr()
    assert message.lower() in output.err.lower().replace("\\n", " ")
    assert output.err.startswith("chatbot-tui: ")
    assert output.err.count("\n") == 1
    assert output.out == ""


def test_without_a_terminal_the_playground_says_what_to_use_instead() -> None:
    result = start()
    assert result.returncode == 2
    assert "chatbot-tui say" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_mistake_in_a_real_process_is_no_traceback() -> None:
    result = start("say")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("chatbot-tui: nothing to answer")
    assert result.stderr.count("\n") == 1


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "chatbot_tui", "--help"]
    try:
        result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(write)
    assert (result.returncode, result.stderr) == (0, "")


def test_an_output_that_is_full_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with (tmp_path / "output").open("wb") as file:
        monkeypatch.setattr(sys, "stdout", Full(file))
        assert run(["checkpoints"]) == 2
    assert capsys.readouterr().err == "chatbot-tui: cannot write the output: No space left on device; check permissions and free space\n"


def test_too_little_memory_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def filled(**_: object) -> None:
        raise MemoryError

    module = ModuleType("chatbot_tui.commands.evaluate")
    module.evaluate = filled  # type: ignore[attr-defined]  # a module made up for the test
    monkeypatch.setitem(sys.modules, "chatbot_tui.commands.evaluate", module)
    assert run(["evaluate", "smalltalk", "--corpus", "a.txt"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("chatbot-tui: there is not enough memory")
    assert told.count("\n") == 1


def test_an_option_of_train_reaches_it_as_the_recipes_key(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, object]] = []
    module = ModuleType("chatbot_tui.commands.train")
    module.train = lambda **values: calls.append(values)  # type: ignore[attr-defined]  # a module made up for the test
    monkeypatch.setitem(sys.modules, "chatbot_tui.commands.train", module)
    arguments = ["train", "smalltalk", "--corpus", "a.txt", "--corpus", "b.txt", "--set", "steps = 20", "--set", "note=a=b", "--out", "x"]
    assert run([*arguments, "--device", "cpu", "--resume", "--json"]) == 0
    assert calls == [
        {
            "recipe": "smalltalk",
            "corpora": ["a.txt", "b.txt"],
            "settings": {"steps": "20", "note": "a=b"},
            "out": "x",
            "device": "cpu",
            "resume": True,
            "as_json": True,
        }
    ]


def test_an_interrupt_before_the_commands_are_read_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("chatbot_tui.cli.run", interrupt)
    monkeypatch.setattr("sys.argv", ["chatbot-tui", "say", "hello"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 130
