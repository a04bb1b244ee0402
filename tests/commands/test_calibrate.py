import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from chatbot_tui.cli import run
from chatbot_tui.diagnosis import thresholds
from chatbot_tui.diagnosis.calibration import calibrate
from chatbot_tui.diagnosis.calibration.specimens import Specimen
from tests.diagnosis.calibration.small import small_specimen


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the command that calibrates with a zoo of one tiny net."""

    def tiny_zoo(_corpora: Sequence[str]) -> list[Specimen]:
        return [small_specimen(steps=20)]

    monkeypatch.setattr(calibrate, "zoo", tiny_zoo)
    return ["calibrate", "--out", str(tmp_path / "zoo")]


def test_it_breeds_examines_and_writes_the_tables(start: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(start) == 0
    output = capsys.readouterr()
    assert output.out.startswith("# The doctor's calibration\n")
    assert (tmp_path / "zoo" / "calibration.md").read_text() in output.out
    bred, examined = output.err.splitlines()
    assert bred.startswith("bred 1: healthy-002 (fit): ")
    assert examined == "examined 1 of 1: healthy-002"


def test_the_second_time_it_goes_on_from_what_is_there(start: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(start) == 0
    capsys.readouterr()
    assert run([*start, "--json"]) == 0
    output = capsys.readouterr()
    [record] = [json.loads(line) for line in output.out.splitlines()]
    assert record["specimens"] == 1
    assert output.err.splitlines() == ["examined 1 of 1: healthy-002"]


def test_without_a_net_there_is_nothing_to_calibrate_with(start: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*start, "--no-breed"]) == 2
    assert "holds no specimen" in capsys.readouterr().err


def test_adopted_thresholds_are_those_the_doctor_judges_by(
    start: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = json.loads(thresholds.FILE.read_text())
    numbers = tmp_path / "thresholds.json"
    monkeypatch.setattr(calibrate, "FILE", numbers)
    monkeypatch.setattr(calibrate, "calibration_folder", lambda: tmp_path / "calibration")
    assert run([*start, "--adopt"]) == 0
    capsys.readouterr()
    # With a single net no threshold is fitted: the ones in use are written as they are.
    assert json.loads(numbers.read_text()) == before
    assert json.loads((tmp_path / "calibration" / "calibration.json").read_text())["specimens"] == 1
    assert (tmp_path / "calibration" / "calibration.md").is_file()


def test_the_corpus_must_be_there(start: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*start, "--corpus", "no-such.jsonl"]) == 2
    assert "no-such.jsonl" in capsys.readouterr().err
