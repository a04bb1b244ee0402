"""A full disk or a kill at the worst moment: nothing half-written under a final name, what stood there before intact, and a way on."""

import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from chatbot_tui.cli import run
from chatbot_tui.commands import train as command
from chatbot_tui.core.lab import RunEnded, Saved, TrainRequest
from chatbot_tui.core.library import list_checkpoints
from chatbot_tui.core.paths import checkpoints_folder
from chatbot_tui.lab import LocalLab
from chatbot_tui.training.run import TrainingRun
from tests.training.tiny import DIALOGUES

SETTINGS = {
    "vocab_size": "60",
    "embedding_dim": "16",
    "hidden_dim": "32",
    "batch_size": "3",
    "sequence_length": "5",
    "fresh_rows": "0",
    "steps": "12",
    "report_every": "4",
    "save_every": "4",
    "probe": "hello there",
}
"""A net whose weights take some 20 kB in either form, and its tokenizer two."""
ROOM = 8_000
"""Bytes that a file may have: enough for the recipe and the tokenizer, not for weights."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "talk.txt"
    path.write_text("\n\n".join("\n".join(dialogue) for dialogue in DIALOGUES * 3))
    return str(path)


def start(text: str, out: Path) -> list[str]:
    return [
        "train",
        "healthy",
        *(word for setting in SETTINGS.items() for word in ("--set", "=".join(setting))),
        *("--corpus", text, "--out", str(out)),
    ]


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow beyond ROOM."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line that is no report."""
    output = capsys.readouterr()
    (line,) = [line for line in output.err.splitlines() if not line.startswith("step ")]
    assert output.out == ""
    return line


def weights_of(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def step_reached(folder: Path) -> int:
    return int(torch.load(folder / "training" / "progress.pt", weights_only=True)["step"])


@pytest.fixture
def straight(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> bytes:
    """The weights of a run that nothing interrupts."""
    assert run(start(text, tmp_path / "straight")) == 0
    capsys.readouterr()
    return weights_of(tmp_path / "straight")


def test_a_disk_that_is_full_when_progress_is_saved_leaves_the_progress_before(
    text: str, tmp_path: Path, straight: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    figures = command.figures

    def fills_up(frame: Any) -> str:
        # The progress of step 4 is on the disk by then, that of step 8 is to come.
        if frame.step == 8:
            resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        return figures(frame)

    hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(command, "figures", fills_up)
            assert run(start(text, out)) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, hard)
        signal.signal(signal.SIGXFSZ, before)
    assert last_line(capsys).startswith(f"chatbot-tui: cannot save the progress to {out / 'training' / 'progress.pt'}: ")
    assert step_reached(out) == 4
    assert not (out / "model.safetensors").exists()
    assert run([*start(text, out), "--resume"]) == 0
    assert weights_of(out) == straight


def test_a_disk_that_is_full_when_the_checkpoint_is_written_leaves_none_and_the_run_can_be_finished(
    text: str, tmp_path: Path, straight: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    finish = TrainingRun.finish

    def finish_on_a_full_disk(made: TrainingRun) -> dict[str, Any]:
        with full_disk():
            return finish(made)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingRun, "finish", finish_on_a_full_disk)
        assert run(start(text, out)) == 2
    assert last_line(capsys).startswith("chatbot-tui: cannot save the checkpoint to ")
    assert [entry.name for entry in out.iterdir()] == ["training"]
    assert step_reached(out) == 8
    assert run([*start(text, out), "--resume"]) == 0
    assert weights_of(out) == straight
    assert not (out / "training").exists()


def test_a_disk_that_is_full_when_the_laboratory_saves_leaves_the_library_as_it_was_and_the_run_goes_on(text: str) -> None:
    lab = LocalLab()
    runs = lab.train((TrainRequest("healthy", SETTINGS, (text,)),))
    lab.set_paused(True)
    next(runs), next(runs)
    lab.save(0, "before")
    assert isinstance(next(runs), Saved)
    kept = weights_of(checkpoints_folder() / "before")
    with full_disk():
        lab.save(0, "mine")
        refused = next(runs)
    assert str(checkpoints_folder()) in getattr(refused, "reason", "")
    assert "\n" not in getattr(refused, "reason", "\n")
    assert [entry.name for entry in checkpoints_folder().iterdir()] == ["before"]
    assert weights_of(checkpoints_folder() / "before") == kept
    lab.set_paused(False)
    while not isinstance(event := next(runs), RunEnded):
        pass
    assert event.reason == "finished"
    lab.save(0, "mine")
    assert isinstance(next(runs), Saved)
    lab.cancel()
    assert list(runs) == []


DIES = """
import os, signal, sys
import chatbot_tui.{module}
from chatbot_tui.cli import run
def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)
{preparation}
chatbot_tui.{module}.{name} = die
run(sys.argv[1:])
"""
SECOND_SYNC = """
sync, done = os.fsync, []
def fsync(number):
    done.append(number)
    return sync(number) if len(done) < 2 else die()
os.fsync = fsync
"""


@pytest.mark.parametrize(
    ("module", "name", "preparation", "reached"),
    [
        # In the middle of the second save of the progress: the file is written, but not yet in its place.
        ("training.loop", "unused", SECOND_SYNC, 4),
        # The weights stand in the checkpoint to be, the rest does not.
        ("training.run", "save_counts", "", 8),
        # The checkpoint is whole, but nothing of it has been moved up.
        ("training.run", "move_up", "", 8),
    ],
    ids=["progress", "checkpoint", "moving up"],
)
def test_a_kill_in_the_middle_of_a_save_leaves_no_checkpoint_and_the_run_goes_on(
    text: str, tmp_path: Path, straight: bytes, module: str, name: str, preparation: str, reached: int
) -> None:
    out = tmp_path / "out"
    program = DIES.format(module=module, name=name, preparation=preparation)
    done = subprocess.run([sys.executable, "-c", program, *start(text, out)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (out / "model.safetensors").exists()
    assert step_reached(out) == reached
    assert run([*start(text, out), "--resume"]) == 0
    assert weights_of(out) == straight
    assert not (out / "training").exists()


SAVES = """
import os, signal, sys
import chatbot_tui.training.run
from chatbot_tui.core.lab import TrainRequest
from chatbot_tui.lab import LocalLab
import json
lab = LocalLab()
runs = lab.train((TrainRequest("healthy", json.loads(sys.argv[1]), (sys.argv[2],)),))
lab.set_paused(True)
next(runs), next(runs)
lab.save(0, "before")
next(runs)
chatbot_tui.training.run.save_counts = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
lab.save(0, "mine")
next(runs)
"""


def test_a_kill_while_the_laboratory_saves_leaves_no_half_checkpoint_in_the_library(text: str) -> None:
    done = subprocess.run([sys.executable, "-c", SAVES, json.dumps(SETTINGS), text], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    own = [entry for entry in list_checkpoints() if entry.source == "own"]
    assert [(entry.name, entry.problem) for entry in own] == [("before", None)]
    lab = LocalLab()
    runs = lab.train((TrainRequest("healthy", SETTINGS, (text,)),))
    next(runs), next(runs)
    lab.save(0, "mine")
    assert any(isinstance(event, Saved) for event in (next(runs) for _ in range(5)))
    lab.cancel()
    list(runs)
