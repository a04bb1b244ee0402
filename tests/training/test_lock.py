import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatbot_tui.cli import run
from chatbot_tui.training.lock import take_lock
from tests.training.tiny import DIALOGUES

HOLDER = """
import sys
from pathlib import Path
from chatbot_tui.training.lock import take_lock
take_lock(Path(sys.argv[1]))
print(1, flush=True)
input()
"""


def held_elsewhere(path: Path) -> subprocess.Popen[bytes]:
    """Return a process that holds the lock until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"1\n"
    return process


def test_one_holds_it_until_it_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = take_lock(path)
    assert first is not None
    assert take_lock(path) is None
    os.close(first)
    second = take_lock(path)
    assert second is not None
    os.close(second)


def test_it_dies_with_its_process(tmp_path: Path) -> None:
    process = held_elsewhere(tmp_path / "lock")
    try:
        assert take_lock(tmp_path / "lock") is None
    finally:
        process.kill()
        process.communicate()
    descriptor = take_lock(tmp_path / "lock")
    assert descriptor is not None
    os.close(descriptor)


def test_a_drive_without_locks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    descriptor = take_lock(tmp_path / "lock")
    assert descriptor is not None
    os.close(descriptor)


def test_the_command_says_in_one_line_that_the_folder_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "talk.txt").write_text("\n\n".join("\n".join(dialogue) for dialogue in DIALOGUES))
    out = tmp_path / "out"
    (out / "training").mkdir(parents=True)
    process = held_elsewhere(out / "training" / "lock")
    command = ["train", "near-zero-init", "--corpus", str(tmp_path / "talk.txt"), "--out", str(out), "--device", "cpu"]
    try:
        for arguments in (command, [*command, "--resume"]):
            assert run(arguments) == 2
            assert capsys.readouterr().err == (
                f"chatbot-tui: another training writes to {out}: wait for its end, or choose another folder with --out\n"
            )
    finally:
        process.kill()
        process.communicate()
    assert [entry.name for entry in (out / "training").iterdir()] == ["lock"]
