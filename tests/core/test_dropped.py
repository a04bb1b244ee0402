"""What terminals paste when a file is dragged onto them."""

from pathlib import Path

import pytest

from chatbot_tui.core.dropped import dropped_path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my 'new' net.pt"
    path.write_bytes(b"x")
    return path


def test_every_way_in_which_terminals_write_a_path(file: Path) -> None:
    plain = str(file)
    quoted = plain.replace("'", "'\\''")
    backslashed = plain.replace(" ", "\\ ").replace("'", "\\'")
    percent = plain.replace(" ", "%20").replace("'", "%27")
    for text in (
        plain,
        f"{plain} ",
        f"{plain}\n",
        f"'{quoted}'",
        f"'{quoted}' ",
        f'"{plain}"',
        backslashed,
        f"{backslashed} ",
        f"file://{percent}",
        f"FILE://localhost{percent}\r\n",
    ):
        assert dropped_path(text) == file, text


def test_a_path_below_the_home_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(file.parent))
    assert dropped_path(f"~/{file.name}") == file


def test_a_folder_is_told_too(tmp_path: Path) -> None:
    assert dropped_path(f"{tmp_path}/") == tmp_path


@pytest.mark.parametrize("text", ["", " ", "hello", "/", "'", "''", "file:", "file://[", "/nowhere/at/all", "~nobody/x", "\0", "/a\0b"])
def test_other_text_is_text(text: str) -> None:
    assert dropped_path(text) in (None, Path("/"))


def test_a_path_among_other_words_is_text(file: Path) -> None:
    for text in (f"look at {file}", f"{file}\n{file}", f"'{file.name}' '{file.name}'", "/" * 20_000):
        assert dropped_path(text) is None


def test_a_word_that_happens_to_be_a_file_is_a_word(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    (file.parent / "hello").write_bytes(b"x")
    assert dropped_path("hello") is None
    assert dropped_path("./hello") == Path("hello")
