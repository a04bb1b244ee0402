import fcntl
import importlib.util
import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from chatbot_tui.cli import run
from chatbot_tui.commands import train as command
from chatbot_tui.commands.frame_json import train_frame_to_json
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.model.checkpoint import load_checkpoint
from chatbot_tui.training import corpus
from tests.training.tiny import DIALOGUES

RECIPE = """
tokenizer = "words"
vocab_size = 60
embedding_dim = 6
hidden_dim = 8
num_layers = 1
tied = false
dropout = 0.2
learning_rate = 0.01
batch_size = 3
sequence_length = 5
steps = 12
report_every = 4
save_every = 2
probe = "hello there"
"""
KEYS = [
    "step",
    "loss",
    "valid_loss",
    "learning_rate",
    "gradient_norm",
    "phase",
    "kl_unigram",
    "prompt_sensitivity",
    "sample",
    "probe_top",
    "state",
    "tokens_per_second",
]
"""What a report promises to other programs."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def start(tmp_path: Path) -> list[str]:
    """Return the command that trains the tiny recipe on the tiny text into the folder out."""
    (tmp_path / "tiny.toml").write_text(RECIPE)
    (tmp_path / "talk.txt").write_text("\n\n".join("\n".join(dialogue) for dialogue in DIALOGUES * 3))
    (tmp_path / "talk.valid.txt").write_text("\n\n".join("\n".join(dialogue) for dialogue in DIALOGUES[::3]))
    corpora = ["--corpus", str(tmp_path / "talk.txt"), "--corpus", str(tmp_path / "talk.valid.txt")]
    return ["train", str(tmp_path / "tiny.toml"), *corpora, "--out", str(tmp_path / "out"), "--device", "cpu"]


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def timeless(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in record.items() if key not in ("tokens_per_second", "checkpoint")} for record in found]


def refused(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """Return the one line with which a command is refused."""
    assert run(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("chatbot-tui: ")
    # Reports before the refusal are remarks on the same stream.
    lines = [line for line in output.err.splitlines() if not line.startswith("step ")]
    assert len(lines) == 1
    return lines[0]


def test_a_recipe_and_a_text_become_a_checkpoint(start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*start, "--json"]) == 0
    output = capsys.readouterr()
    *reports, last = records(output.out)
    assert [list(report) for report in reports] == [KEYS] * 3
    assert [report["step"] for report in reports] == [4, 8, 12]
    assert {report["phase"] for report in reports} <= {"uniform", "unigram", "bigram", "context"}
    assert all(0 <= candidate["p_model"] <= 1 for report in reports for candidate in report["probe_top"])
    assert list(last) == ["checkpoint", "metrics"]
    assert last["checkpoint"] == str(tmp_path / "out")
    assert last["metrics"]["valid_loss"] == reports[-1]["valid_loss"]
    assert load_checkpoint(tmp_path / "out").model.config.hidden_dim == 8
    # Remarks, not records: a line a report on standard error.
    assert output.err.count("\n") in (0, 3)


def test_the_same_command_gives_the_same_records(start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for name in ("a", "b"):
        assert run([*start, "--json", "--out", str(tmp_path / name)]) == 0
        outputs.append(timeless(records(capsys.readouterr().out)))
    assert outputs[0] == outputs[1]
    assert (tmp_path / "a" / "model.safetensors").read_bytes() == (tmp_path / "b" / "model.safetensors").read_bytes()


def test_without_json_it_says_where_the_checkpoint_stands(start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*start, "--set", "steps=1", "--set", "hidden_dim=4"]) == 0
    output = capsys.readouterr()
    assert output.out.startswith(f"checkpoint: {tmp_path / 'out'}\nvalid_loss ")
    assert output.err.startswith("step 1 of 1  loss ")
    assert load_checkpoint(tmp_path / "out").model.config.hidden_dim == 4


def test_without_a_corpus_it_learns_from_the_recipes_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "lab_dialogues", lambda: DIALOGUES * 9)
    monkeypatch.setattr(corpus, "held_out_dialogues", lambda: DIALOGUES[::3])
    small = ["vocab_size=60", "hidden_dim=4", "steps=1", "sequence_length=5"]
    assert run(["train", "deep-stack", *(word for setting in small for word in ("--set", setting)), "--out", str(tmp_path / "out")]) == 0
    card = load_checkpoint(tmp_path / "out").card
    # 10 dialogues of 9 words and 10 of 8, nine times over; the text kept aside is not trained on.
    assert card["corpus"] == [{"name": "lab", "licence": "MIT", "words": 9 * 170}]
    assert (card["recipe"]["cause"], card["recipe"]["control"]) == ("deep-stack", "healthy")


@pytest.mark.parametrize(("installed", "absent"), [(True, "self_dialogue, topical_chat"), (False, "self_dialogue, topical_chat, chitchat")])
def test_where_the_recipes_own_text_is_not_here_it_learns_from_the_built_in_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], installed: bool, absent: str
) -> None:
    monkeypatch.setattr(corpus, "lab_dialogues", lambda: DIALOGUES * 9)
    monkeypatch.setattr(corpus, "held_out_dialogues", lambda: DIALOGUES[::3])
    find = importlib.util.find_spec
    # Torch looks for modules by the same function.
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: find(name) if name != "chitchat_dataset" else find("json") if installed else None
    )
    small = ["vocab_size=300", "embedding_dim=8", "hidden_dim=8", "steps=1", "batch_size=4", "fresh_rows=0", "sequence_length=5"]
    settings = [word for setting in small for word in ("--set", setting)]
    assert run(["train", "smalltalk", *settings, "--out", str(tmp_path / "out")]) == 0
    remark, *rest = capsys.readouterr().err.splitlines()
    assert remark.startswith(f"chatbot-tui: the recipe's own text, {absent}, is not here")
    assert remark.endswith("it learns from the built-in small talk instead; give files of real conversations with --corpus")
    assert all(line.startswith("step ") for line in rest)
    # 10 dialogues of 9 words and 10 of 8, nine times over.
    assert load_checkpoint(tmp_path / "out").card["corpus"] == [{"name": "lab", "licence": "MIT", "words": 9 * 170}]


def test_text_that_is_given_needs_no_remark(start: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([start[0], "smalltalk", *start[2:], "--set", "steps=1", "--set", "hidden_dim=8", "--set", "sequence_length=5"]) == 0
    assert "own text" not in capsys.readouterr().err


def test_without_a_folder_it_is_one_of_your_own(start: list[str], own_home: Path) -> None:
    where = start.index("--out")
    assert run([*start[:where], *start[where + 2 :], "--set", "steps=1"]) == 0
    assert load_checkpoint(own_home / "checkpoints" / "my-tiny").card["steps"] == 1


def test_a_folder_that_is_not_empty_is_refused(start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter").write_text("dear")
    assert "is not empty" in refused(capsys, start)
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["letter"]


def test_a_finished_run_is_reported_again(start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*start, "--json"]) == 0
    last = records(capsys.readouterr().out)[-1]
    before = (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns
    assert run([*start, "--json", "--resume"]) == 0
    assert records(capsys.readouterr().out) == [last]
    assert (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns == before
    assert "is not empty" in refused(capsys, start)


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        (["--set", "leraning_rate=1"], "leraning_rate"),
        (["--set", "learning_rate=fast"], "learning_rate"),
        (["--set", "optimizer=rmsprop"], "use one of adamw, adam, sgd"),
        (["--set", "batch_size=5000"], "lower batch_size"),
        (["--set", "hidden_dim=1000000"], "lower hidden_dim"),
        (["--device", "abacus"], "no device 'abacus' here"),
        (["--device", "meta"], "use cpu, cuda or mps"),
        (["--device", "cuda:99"], "no device 'cuda:99' here"),
        (["--corpus", "missing.txt"], "missing.txt"),
        (["--out", "/dev/null/x"], "cannot write to /dev/null/x"),
    ],
)
def test_a_mistake_is_one_line(start: list[str], capsys: pytest.CaptureFixture[str], extra: list[str], named: str) -> None:
    assert named in refused(capsys, [*start, *extra])


def test_an_unknown_recipe_is_one_line(start: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "smalltalk" in refused(capsys, [start[0], "smaltalk", *start[2:]])


def test_a_run_that_diverges_is_one_line(start: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    wild = ["learning_rate=1000", "optimizer=sgd", "momentum=0.9", "clip_norm=0", "cell_activation=identity", "steps=100"]
    assert run([*start, *(word for setting in wild for word in ("--set", setting))]) == 2
    assert "training diverged at step" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("x"), MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_too_little_memory_is_said_in_words(error: Exception) -> None:
    def run_out() -> None:
        with command.memory_errors():
            raise error

    with pytest.raises(InputError, match="too little memory for this recipe: lower"):
        run_out()


def test_other_errors_are_not_taken_for_too_little_memory() -> None:
    def fail() -> None:
        with command.memory_errors():
            raise RuntimeError("shape")

    with pytest.raises(RuntimeError, match="shape"):
        fail()


def test_a_full_disk_is_one_line(start: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # Room for the tokenizer and the recipe (about 2 kB each), but not for the progress (about 20 kB).
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard))
    try:
        status = run(start)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert status == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("chatbot-tui: cannot save the progress to ")


def test_ctrl_c_keeps_what_was_learnt(
    start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run([*start, "--json", "--out", str(tmp_path / "straight")]) == 0
    expected = timeless(records(capsys.readouterr().out))

    def pressed(frame: TrainFrame) -> dict[str, Any]:
        if frame.step == 8:
            signal.raise_signal(signal.SIGINT)
        return train_frame_to_json(frame)

    with monkeypatch.context() as patch:
        patch.setattr("chatbot_tui.commands.train.train_frame_to_json", pressed)
        assert run([*start, "--json"]) == 130
    output = capsys.readouterr()
    assert [record["step"] for record in records(output.out)] == [4]
    assert output.err.rstrip().splitlines()[-1] == (
        f"chatbot-tui: stopped at step 8; go on with the same command and --resume --out {tmp_path / 'out'}"
    )
    assert run([*start, "--json", "--resume"]) == 0
    assert timeless(records(capsys.readouterr().out)) == expected[2:]
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == (tmp_path / "straight" / "model.safetensors").read_bytes()


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Return once `path` exists; fail when the process ends before, or after two minutes."""
    end = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, "ended before it could be killed"
        assert time.monotonic() < end
        # Waits for the process, not for time: returns as soon as it ends.
        try:
            process.wait(0.01)
        except subprocess.TimeoutExpired:
            continue


def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(
    start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ["--json", "--set", "report_every=2", "--set", "probe=hello"]
    assert run([*start, *settings, "--out", str(tmp_path / "straight")]) == 0
    *reports, last = records(capsys.readouterr().out)
    # Nobody reads the pipe, which holds 4 KiB and so not all six reports: the run can go on for a while but not to its end.
    assert sum(len(json.dumps(report)) for report in reports) > 2 * 4096
    process = subprocess.Popen([sys.executable, "-m", "chatbot_tui", *start, *settings], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, 4096)
        wait_for(tmp_path / "out" / "training" / "progress.pt", process)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "out" / "model.safetensors").exists()
    assert "was begun with probe = 'hello', now it is 'bye'" in refused(capsys, [*start, *settings, "--set", "probe=bye", "--resume"])
    assert run([*start, *settings, "--resume"]) == 0
    *resumed, finished = records(capsys.readouterr().out)
    assert 0 < len(resumed) < len(reports)
    assert timeless(resumed) == timeless(reports)[-len(resumed) :]
    assert finished["metrics"] == last["metrics"]
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == (tmp_path / "straight" / "model.safetensors").read_bytes()
