import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from chatbot_tui.benchmarks.peers.__main__ import main
from tests.benchmarks.peers.tiny import DIALOGUES, tokenizer
from tests.nets import save_tiny


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "net").mkdir()
    tokenizer().save(tmp_path / "net" / "tokenizer.json")
    for name, dialogues in (("text", DIALOGUES), ("text.valid", DIALOGUES[::4])):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps({"turns": turns}) + "\n" for turns in dialogues), encoding="utf-8")
    (tmp_path / "openers.txt").write_text("hello there\n", encoding="utf-8")
    return tmp_path


def fit(files: Path, *more: str, name: str = "5-gram") -> list[str]:
    return ["fit", name, "--corpus", str(files / "text.jsonl"), "--tokenizer", str(files / "net"), "--out", str(files / "out"), *more]


def test_a_peer_is_fitted_measured_and_tabled(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(fit(files, "--set", "order=3")) == 0
    fitted = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert fitted["peer"] == str(files / "out")
    openers, valid = str(files / "openers.txt"), str(files / "text.valid.jsonl")
    assert main(["measure", str(files / "out"), "--corpus", valid, "--openers", openers, "--json"]) == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["name"] == "5-gram"
    (files / "results.jsonl").write_text(printed, encoding="utf-8")
    assert main(["table", str(files / "results.jsonl")]) == 0
    assert "| 5-gram |" in capsys.readouterr().out


def test_what_a_checkpoint_took_to_train_is_told_by_hand(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_tiny(files / "lstm", tokenizer())
    net, openers, valid = str(files / "lstm"), str(files / "openers.txt"), str(files / "text.valid.jsonl")
    measure = ["measure", net, "--corpus", valid, "--openers", openers, "--json"]
    assert main([*measure, "--trained", f"{net}=90"]) == 0
    assert json.loads(capsys.readouterr().out)["training_seconds"] == 5400
    # What a card says of the tokens holds where nothing was changed on the way.
    assert main([*measure, "--trained", f"{net}=90,33.3"]) == 0
    assert json.loads(capsys.readouterr().out)["training_tokens"] == pytest.approx(33.3e6)
    for wrong in ("90", f"{net}=soon", f"{net}=0", "other=90", f"{net}=90,0", f"{net}=90,many", f"{net}=90,3,3"):
        assert main([*measure, "--trained", wrong]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_net_is_fitted_for_its_minutes(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["batch_size=2", "sequence_length=8", "hidden_dim=8", "embedding_dim=8"]
    options = [word for change in small for word in ("--set", change)]
    assert main(fit(files, "--minutes", "0.0005", "--threads", "1", *options, name="word-language-model")) == 0
    *_, report, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert report["step"] == last["steps"] > 0
    assert last["seconds"] >= 0.03
    # 20 dialogues, so that none is held out: there is no validation loss.
    assert {"loss", "learning_rate", "tokens_per_second"} <= report.keys()


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["fit"],
        ["fly"],
        ["table", "nowhere.jsonl"],
        ["measure", "smalltalk"],
        ["measure", "nobody", "--corpus", "article", "--openers", "nowhere.txt"],
        ["fit", "5-gram", "--corpus", "nowhere.txt", "--tokenizer", "nowhere", "--out", "out"],
    ],
)
def test_a_mistake_is_told_in_one_line(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(wrong) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("peers: ")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    "more",
    [
        ["--parameters", str((1 << 30) + 1)],
        ["--minutes", "0"],
        ["--minutes", "nan"],
        ["--minutes", "soon"],
        ["--seed", "-1"],
        ["--parameters", "0"],
        ["--threads", "0"],
        ["--set", "order=9"],
        ["--set", "order=x"],
        ["--set", "order"],
        ["--set", "colour=3"],
        ["--corpus", "nowhere.txt"],
        ["--recipe", "nowhere"],
    ],
)
def test_a_wrong_option_is_told_in_one_line(more: list[str], files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(fit(files, *more)) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (files / "out").exists()


def test_too_large_a_net_and_too_little_memory_are_told_in_one_line(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(fit(files, "--set", "hidden_dim=1048576", name="word-language-model")) == 2
    assert "more than 1,073,741,824 parameters" in capsys.readouterr().err
    for error in (MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 7 bytes")):
        monkeypatch.setattr("chatbot_tui.benchmarks.peers.fitting.learner_of", Mock(side_effect=error))
        assert main(fit(files, name="word-language-model")) == 2
        told = capsys.readouterr().err
        assert "not enough memory" in told
        assert told.count("\n") == 1


def test_a_mistake_is_told_before_anything_loads(files: Path) -> None:
    call = f"main({fit(files, name='gpt')!r})"
    code = f"from chatbot_tui.benchmarks.peers.__main__ import main; import sys; {call}; print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
    assert "no peer is called" in result.stderr


def test_an_unknown_peer_is_told(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(fit(files, name="gpt")) == 2
    assert "use one of 5-gram, word-language-model, awd-lstm, transformer" in capsys.readouterr().err
