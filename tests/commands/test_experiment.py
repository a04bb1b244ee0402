import json
import signal
from pathlib import Path
from typing import Any

import pytest

from chatbot_tui.cli import run
from chatbot_tui.commands.experiment import Steps
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.training import experiment
from chatbot_tui.training.corpus import Corpus
from tests.training.test_experiment import TINY
from tests.training.tiny import DIALOGUES


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the command that runs the tiny recipe over two seeds into the folder out."""
    text = [Corpus("lab", DIALOGUES * 3), Corpus("lab.valid", DIALOGUES[::3])]
    monkeypatch.setattr(experiment, "training_corpora", lambda _sources, _own: text)
    (tmp_path / "tiny.toml").write_text(TINY)
    return ["experiment", str(tmp_path / "tiny.toml"), "--no-fixes", "--seeds", "2", "--out", str(tmp_path / "out")]


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_it_writes_a_record_a_trial_and_the_table(start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*start, "--json"]) == 0
    output = capsys.readouterr()
    *trials, last = records(output.out)
    assert [(trial["recipe"], trial["seed"]) for trial in trials] == [("tiny", 0), ("tiny", 1)]
    table, figures = tmp_path / "out" / "results.md", tmp_path / "out" / "results.jsonl"
    assert last == {"table": str(table), "figures": str(figures)}
    assert table.read_text().splitlines()[2].startswith("| **tiny** |")
    [row] = records(figures.read_text())
    assert (row["recipe"], row["seeds"]) == ("tiny", [0, 1])
    assert output.err.splitlines() == ["1 of 2: tiny.0", "2 of 2: tiny.1"]


def test_without_json_it_says_where_the_table_stands(start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(start) == 0
    assert capsys.readouterr().out == f"table: {tmp_path / 'out' / 'results.md'}\nfigures: {tmp_path / 'out' / 'results.jsonl'}\n"


def test_fixes_are_trained_as_well_unless_they_are_left_out(start: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    start.remove("--no-fixes")
    assert run([*start, "--json"]) == 0
    *trials, _last = records(capsys.readouterr().out)
    assert [trial["fix"] for trial in trials] == [None, "longer", "wild"] * 2


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(
    start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run([*start[:-1], str(tmp_path / "straight")]) == 0
    watch = Steps.watch

    def pressed(self: Steps, frame: TrainFrame) -> None:
        watch(self, frame)
        if frame.step == 8 and (tmp_path / "out" / "results.md").exists():
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Steps, "watch", pressed)
        assert run(start) == 130
    assert capsys.readouterr().err.rstrip().splitlines()[-1] == (
        f"chatbot-tui: stopped after 1 of 2 trials; go on with the same command and --resume --out {tmp_path / 'out'}"
    )
    assert run([*start, "--resume"]) == 0
    for name in ("results.md", "results.jsonl"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "straight" / name).read_bytes()


@pytest.mark.parametrize(
    ("extra", "named"),
    [(["nobody"], "no recipe called 'nobody'"), (["--seeds", "0"], "--seeds"), (["--out", "/dev/null/x"], "cannot write to /dev/null/x")],
)
def test_a_mistake_is_one_line(start: list[str], capsys: pytest.CaptureFixture[str], extra: list[str], named: str) -> None:
    assert run([*start, *extra]) == 2
    output = capsys.readouterr()
    assert named in output.err
    assert output.err.count("\n") == 1


def test_a_folder_that_is_not_empty_is_refused(start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter").write_text("dear")
    assert run(start) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["letter"]
