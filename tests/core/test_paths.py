from pathlib import Path

import pytest

from chatbot_tui.core import paths
from chatbot_tui.core.errors import InputError


def test_one_folder_holds_everything_if_the_environment_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHATBOT_TUI_HOME", str(tmp_path / "home"))
    asked = [paths.settings_file(), paths.conversations_folder(), paths.checkpoints_folder(), paths.runs_folder(), paths.log_file()]
    assert [path.relative_to(tmp_path / "home").as_posix() for path in asked] == [
        "settings.toml",
        "conversations",
        "checkpoints",
        "runs",
        "chatbot-tui.log",
    ]


def test_asking_creates_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHATBOT_TUI_HOME", str(tmp_path / "home"))
    paths.settings_file(), paths.conversations_folder(), paths.checkpoints_folder(), paths.runs_folder(), paths.log_file()
    assert list(tmp_path.iterdir()) == []


def test_a_relative_home_stays_where_it_is_when_the_program_moves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHATBOT_TUI_HOME", "here")
    monkeypatch.chdir(tmp_path)
    assert paths.settings_file() == tmp_path / "here" / "settings.toml"


def test_a_tilde_in_home_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CHATBOT_TUI_HOME", "~/bots")
    assert paths.runs_folder() == tmp_path / "bots" / "runs"


def test_without_the_variable_the_system_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATBOT_TUI_HOME", raising=False)
    assert paths.settings_file().parts[-2:] == ("chatbot-tui", "settings.toml")


def test_ensure_creates_parents_and_returns_the_folder(tmp_path: Path) -> None:
    assert paths.ensure(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()
    assert paths.ensure(tmp_path / "a" / "b") == tmp_path / "a" / "b"


def test_ensure_says_what_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot create .*file"):
        paths.ensure(tmp_path / "file" / "folder")


def test_shipped_files_are_under_assets() -> None:
    assert paths.shipped_checkpoints() == paths.assets() / "checkpoints"
    assert paths.recipes_folder() == paths.assets() / "recipes"
