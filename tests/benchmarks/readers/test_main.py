"""The readers' sheet from end to end, with a tiny net, counts of n-grams, and people's own words."""

import json
from pathlib import Path

import pytest

from chatbot_tui.benchmarks.peers.__main__ import main as peers
from chatbot_tui.benchmarks.readers.__main__ import main
from tests.benchmarks.peers.tiny import DIALOGUES, tokenizer
from tests.nets import save_tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sheet made for three openers."""
    root = tmp_path_factory.mktemp("readers")
    save_tiny(root / "net", tokenizer(), card={"sampling": {"temperature": 0.9, "candidates": 3}})
    text = root / "text.jsonl"
    text.write_text("".join(json.dumps({"turns": turns}) + "\n" for turns in DIALOGUES), encoding="utf-8")
    assert peers(["fit", "5-gram", "--corpus", str(text), "--tokenizer", str(root / "net"), "--out", str(root / "counts")]) == 0
    (root / "openers.txt").write_text("".join(turns[0] + "\n" for turns in DIALOGUES[:3]), encoding="utf-8")
    assert main(arguments(root, root / "out")) == 0
    return root


def arguments(root: Path, out: Path) -> list[str]:
    source = ["--checkpoint", str(root / "net"), "--peer", str(root / "counts"), "--corpus", str(root / "text.jsonl")]
    return ["sheet", *source, "--openers", str(root / "openers.txt"), "--seed", "3", "--out", str(out)]


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_three_speakers_answer_every_opener_and_the_sheet_names_none(folder: Path, tmp_path: Path) -> None:
    sheet, key = records(folder / "out" / "sheet.jsonl"), records(folder / "out" / "key.jsonl")
    assert [{name: line[name] for name in ("number", "opener", "reply")} for line in key] == sheet
    assert sorted(str(line["speaker"]) for line in key) == sorted(["5-gram", "net", "people"] * 3)
    assert all(line.keys() == {"number", "opener", "reply"} for line in sheet)
    assert main(arguments(folder, tmp_path / "again")) == 0
    assert (tmp_path / "again" / "key.jsonl").read_bytes() == (folder / "out" / "key.jsonl").read_bytes()


def test_answers_become_a_table(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    key = records(folder / "out" / "key.jsonl")
    for reader in "abc":
        lines = [{"number": line["number"], "fluent": line["speaker"] != "5-gram", "fits": line["speaker"] == "people"} for line in key]
        (tmp_path / f"{reader}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    answers = [str(tmp_path / f"{reader}.jsonl") for reader in "abc"]
    assert main(["tally", str(folder / "out"), *answers, "--about", "Seed 3."]) == 0
    written = capsys.readouterr().out
    # Wilson's interval of 0 and of 3 in 3: 3.84 / 6.84 = .56.
    assert "| net | 3 | 3 (44 to 100 %) | 0 (0 to 56 %) |" in written
    assert "| 5-gram | 3 | 0 (0 to 56 %) | 0 (0 to 56 %) |" in written
    assert "Seed 3." in written
    # Words out of a corpus are judged, not published.
    said = [str(line["reply"]) for line in key if line["speaker"] == "people"]
    assert all(said)
    assert written.count("| (not printed) | people |") == len(said) == 3


def test_a_checkpoint_may_speak_with_other_settings_too(folder: Path, tmp_path: Path) -> None:
    changes = ["--changed", "candidates=1", "--changed", "greedy=true,candidates=1"]
    assert main([*arguments(folder, tmp_path / "out"), *changes]) == 0
    key = records(tmp_path / "out" / "key.jsonl")
    assert sorted({str(line["speaker"]) for line in key}) == ["5-gram", "net", "net candidates=1", "net greedy=true,candidates=1", "people"]

    def said(key: list[dict[str, object]], speaker: str) -> dict[object, object]:
        return {line["opener"]: line["reply"] for line in key if line["speaker"] == speaker}

    # The card asks for three candidates; what it asks for is said as without the others.
    assert said(key, "net") == said(records(folder / "out" / "key.jsonl"), "net")
    assert len({str(said(key, speaker)) for speaker in ("net", "net candidates=1", "net greedy=true,candidates=1")}) == 3


@pytest.mark.parametrize(
    ("changes", "told"), [("candidates", "is not of the form key=value"), ("candidates=many", "candidates"), ("colour=red", "colour")]
)
def test_settings_that_are_none_are_told_in_one_line(
    changes: str, told: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments(folder, tmp_path / "out"), "--changed", changes]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("line", ["no json", "[1]", '{"fluent": true}', '{"number": true, "fits": true}', '{"number": 1, "fluent": 1}'])
def test_wrong_answers_are_told_in_one_line(line: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_text(line + "\n", encoding="utf-8")
    assert main(["tally", str(folder / "out"), str(tmp_path / "a.jsonl")]) == 2
    told = capsys.readouterr().err
    assert told.startswith("readers: ")
    assert told.count("\n") == 1


def test_nobody_is_counted_twice(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [{"number": line["number"], "fluent": True, "fits": True} for line in records(folder / "out" / "key.jsonl")]
    for reader, lines in (("a", answers), ("b", answers), ("c", [*answers, answers[0] | {"fits": False}])):
        (tmp_path / f"{reader}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    a, b, c = (str(tmp_path / f"{reader}.jsonl") for reader in "abc")
    for given, told in (([a, b, c], f"number {answers[0]['number']} twice"), ([a, b, a], "given twice")):
        assert main(["tally", str(folder / "out"), *given]) == 2
        written = capsys.readouterr().err
        assert told in written
        assert written.count("\n") == 1


def test_a_sheet_that_stands_is_never_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(folder, folder / "out")) == 2
    assert "is not empty" in capsys.readouterr().err
