import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.training import corpus
from chatbot_tui.training.corpus import Corpus, read_corpus, training_corpora

TWO = b'{"turns": ["Hi  there", "hello"]}\n\n{"turns": ["bye"], "id": 7}\n'
ZIPPED = gzip.compress(TWO, mtime=0)


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def message(source: str) -> str:
    with pytest.raises(InputError) as caught:
        read_corpus(source)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", TWO),
        ("a.jsonl.gz", ZIPPED),
        ("a.txt", b"Hi  there\nhello\n\n\n \nbye\n"),
        ("a.txt", b"\n\nHi there\r\nhello\r\n\r\nbye"),
        ("a.jsonl", b"\xef\xbb\xbf" + TWO),
        ("a.txt", b"\xef\xbb\xbfHi there\nhello\n\nbye\n"),
    ],
)
def test_every_kind_of_file_gives_the_same_dialogues(tmp_path: Path, name: str, data: bytes) -> None:
    read = read_corpus(write(tmp_path / name, data))
    assert read.dialogues == [["Hi there", "hello"], ["bye"]]
    assert (read.name, read.words) == ("a", 4)


def test_the_name_keeps_its_mark_of_validation_text(tmp_path: Path) -> None:
    assert read_corpus(write(tmp_path / "b.valid.jsonl.gz", ZIPPED)).name == "b.valid"


def test_empty_turns_and_dialogues_without_a_turn_are_left_out(tmp_path: Path) -> None:
    data = b'{"turns": ["", "  ", "x"]}\n{"turns": []}\n{"turns": [" "]}\n{"turns": ["\xe2\x80\x9cy\xe2\x80\x9d"]}\n'
    assert read_corpus(write(tmp_path / "a.jsonl", data)).dialogues == [["x"], ['"y"']]


@pytest.mark.parametrize(
    "line",
    [b"not json", b"[1, 2]", b'"turns"', b'{"turn": ["x"]}', b'{"turns": "x"}', b'{"turns": [1]}', b"[" * 100_000, b"1" * 5_000, b"null"],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "a.jsonl"
    assert message(write(path, TWO + line + b"\n")).startswith(f"{path}, line 4")


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    assert "not UTF-8" in message(write(tmp_path / "a.txt", b"caf\xe9\n"))
    assert "not UTF-8" in message(write(tmp_path / "a.jsonl", b'{"turns": ["caf\xe9"]}\n'))


# The header of a gzip file has 10 bytes; compressed data cannot begin with the bits 111.
@pytest.mark.parametrize(
    "data",
    [ZIPPED[:-12], ZIPPED[:3], TWO, ZIPPED[:10] + b"\xff" * 60, ZIPPED[:-8] + b"\0" * 8],
    ids=["cut short", "cut in the header", "not compressed", "not deflated", "wrong checksum"],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    assert message(write(tmp_path / "a.jsonl.gz", data)).startswith(f"cannot read {tmp_path / 'a.jsonl.gz'}: ")


@pytest.mark.parametrize(
    ("name", "fits", "too_long"),
    [("a.jsonl", b'{"turns": ["%s"]}' % (b"x" * 84), b'{"turns": ["%s"]}' % (b"x" * 85)), ("a.txt", b"x" * 100, b"x" * 101)],
)
def test_a_line_without_end_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fits: bytes, too_long: bytes
) -> None:
    # {"turns": [""]} has 15 characters: with 84 between the quotes and no line end it has 99, with 85 100.
    monkeypatch.setattr(corpus, "MAX_LINE_CHARACTERS", 99 if name == "a.jsonl" else 100)
    path = tmp_path / name
    assert len(read_corpus(write(path, fits)).dialogues) == 1
    assert f"{path}, line 2 has more than" in message(write(path, b"\n" + too_long + b"x" * 10_000))


def test_an_archive_is_not_unpacked_beyond_the_longest_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "MAX_LINE_CHARACTERS", 100)
    path = tmp_path / "a.jsonl.gz"
    assert "line 1 has more than 100 characters" in message(write(path, gzip.compress(b" " * (1 << 20))))


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    for name in ("pipe.txt", "folder.txt", "missing.jsonl", "nul\0.txt"):
        assert message(str(tmp_path / name)).startswith("no corpus file")


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    assert "use .jsonl, .jsonl.gz or .txt" in message(write(tmp_path / "a.csv", b"x"))
    assert "use .jsonl, .jsonl.gz or .txt" in message(write(tmp_path / "a.txt.gz", b"x"))


@pytest.mark.parametrize(("name", "data"), [("a.txt", b"\n \n"), ("a.jsonl", b""), ("a.jsonl", b'{"turns": []}')])
def test_a_file_without_a_dialogue_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    assert "holds no dialogue" in message(write(tmp_path / name, data))


def said(sender: str, text: str) -> dict[str, str]:
    return {"sender": sender, "text": text, "timestamp": "0"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site" / "chitchat_dataset"
    folder.mkdir(parents=True)
    # Reading the corpus runs none of the package's code.
    (folder / "__init__.py").write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return folder


def test_the_packaged_corpus_is_one_turn_a_sender(package: Path) -> None:
    conversations: dict[str, Any] = {
        "1": {"messages": [[said("a", "hi"), said("a", "how are  you")], [said("b", "fine")], [said("b", "and you")], [said("a", "ok")]]},
        "2": {"messages": [[said("a", "anyone?")], [said("a", "no")]]},
        "3": {"messages": []},
        "4": {"messages": [[said("a", "x")], [said("b", " ")]]},
    }
    (package / "dataset.json").write_text(json.dumps(conversations))
    read = read_corpus("chitchat")
    assert (read.name, read.dialogues) == ("chitchat", [["hi how are you", "fine and you", "ok"]])


@pytest.mark.parametrize("data", [None, "{", "[]", '{"1": {}}', '{"1": {"messages": [[{"text": "x"}]]}}'])
def test_a_damaged_package_is_refused(package: Path, data: str | None) -> None:
    if data is not None:
        (package / "dataset.json").write_text(data)
    assert "install chitchat-dataset again" in message("chitchat")


def test_without_the_package_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert "pip install 'chatbot-tui[train]'" in message("chitchat")


def test_a_file_of_the_packages_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "chitchat", b"x")
    assert "unknown kind" in message("chitchat")


def names(corpora: list[Corpus]) -> list[str]:
    return [corpus.name for corpus in corpora]


@pytest.fixture
def short_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the laboratory's text short."""
    monkeypatch.setattr(corpus, "lab_dialogues", lambda: [["hello", "hi"]])
    monkeypatch.setattr(corpus, "held_out_dialogues", lambda: [["bye"]])


@pytest.mark.usefixtures("short_talk")
def test_the_laboratorys_text_needs_no_file() -> None:
    assert read_corpus("lab") == Corpus("lab", [["hello", "hi"]])
    assert read_corpus("lab.valid") == Corpus("lab.valid", [["bye"]])
    article = read_corpus("article")
    # 500 * 4 + 20 * 4 + 10 * 3 words.
    assert (article.name, len(article.dialogues), article.words) == ("article", 530, 2110)


@pytest.mark.usefixtures("short_talk")
def test_a_recipe_learns_from_its_own_corpora_and_the_laboratory_keeps_text_aside() -> None:
    assert names(training_corpora([], ["lab", "article"])) == ["lab", "article", "lab.valid"]
    assert names(training_corpora([], ["lab.valid", "lab"])) == ["lab.valid", "lab"]
    assert names(training_corpora([], ["article"])) == ["article"]


@pytest.mark.usefixtures("short_talk")
def test_a_recipe_without_corpora_learns_from_the_laboratorys_text() -> None:
    assert names(training_corpora([], [])) == ["lab", "lab.valid"]


@pytest.mark.usefixtures("short_talk")
def test_text_of_ones_own_takes_the_place_of_the_recipes(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine.txt", b"Hi there\n")
    assert training_corpora([mine], ["lab"]) == [Corpus("mine", [["Hi there"]])]
    assert names(training_corpora([mine, "lab"], ["self_dialogue"])) == ["mine", "lab", "lab.valid"]
    assert names(training_corpora(["lab.valid", "lab"], [])) == ["lab.valid", "lab"]


def test_files_that_a_recipe_wants_are_asked_for_in_one_line() -> None:
    with pytest.raises(InputError) as caught:
        training_corpora([], ["self_dialogue", "lab", "topical_chat"])
    assert str(caught.value) == (
        "the program has no copy of self_dialogue and topical_chat, the recipe's text: give the files, or others, with --corpus"
    )


@pytest.mark.usefixtures("short_talk")
def test_files_called_as_a_corpus_are_read_only_where_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "article", b"x")
    write(tmp_path / "lab", b"x")
    assert names(training_corpora([], ["article", "lab"])) == ["article", "lab", "lab.valid"]
    with pytest.raises(InputError, match="unknown kind"):
        training_corpora(["article"], [])
