import json
from pathlib import Path

import pytest

from chatbot_tui.core.diagnosis import Diagnosis, SignalReading
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.report_files import write_report

FOUND = Diagnosis("looping", "Looping: round and round.", "greedy loops", 0.8, signals=(SignalReading("entropy", "Entropy", float("nan")),))


def test_a_path_without_an_end_gives_both_forms(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "my.bot"
    assert write_report(FOUND, target) == (tmp_path / "new folder" / "my.bot.md", tmp_path / "new folder" / "my.bot.json")
    record = json.loads((tmp_path / "new folder" / "my.bot.json").read_text())
    assert (record["verdict"], record["signals"]) == ("looping", {"entropy": None})
    assert (tmp_path / "new folder" / "my.bot.md").read_text().startswith("# Checkpoint: looping\n")


@pytest.mark.parametrize("name", ["report.md", "report.JSON"])
def test_a_path_with_an_end_gives_that_form_alone(tmp_path: Path, name: str) -> None:
    assert write_report(FOUND, tmp_path / name) == (tmp_path / name,)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_nothing_is_written_where_one_of_the_files_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("mine")
    with pytest.raises(InputError, match=r"there is already a file .*report\.json: choose another name"):
        write_report(FOUND, tmp_path / "report")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert (tmp_path / "report.json").read_text() == "mine"


def test_a_link_that_leads_nowhere_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "report.md").symlink_to(tmp_path / "elsewhere.md")
    with pytest.raises(InputError, match="already"):
        write_report(FOUND, tmp_path / "report.md")
    assert not (tmp_path / "elsewhere.md").exists()


def test_a_place_that_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot create"):
        write_report(FOUND, tmp_path / "file" / "report.md")
    with pytest.raises(InputError, match=r"cannot write .*choose another place"):
        write_report(FOUND, tmp_path / ("x" * 300 + ".md"))


@pytest.mark.parametrize("name", ["", "/", ".", "a\0b"])
def test_what_names_no_file_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="no name for a file"):
        write_report(FOUND, Path(name))
