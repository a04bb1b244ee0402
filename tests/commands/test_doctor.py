import json
from pathlib import Path

import pytest
import torch

from chatbot_tui.cli import run
from chatbot_tui.model.checkpoint import save_checkpoint
from chatbot_tui.model.lstm import LanguageModel
from tests.diagnosis.nets import TEXT, TOKENIZER, lively, net


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def poison(model: LanguageModel) -> None:
        model.fc.bias[3] = torch.nan

    for name, change in (("well", lively), ("ill", lambda model: model.embedding.weight.fill_(1.0)), ("broken", poison)):
        checkpoint = net(change)
        counts = torch.ones(TOKENIZER.size, dtype=torch.int64)
        save_checkpoint(tmp_path / name, checkpoint.model, TOKENIZER, checkpoint.card, counts, dtype=torch.float32)
    (tmp_path / "text.txt").write_text("\n\n".join("\n".join(dialogue) for dialogue in TEXT))
    return tmp_path


def test_a_healthy_net_is_no_bad_news(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(folder / "well")]) == 0
    assert capsys.readouterr().out.startswith("Healthy: ")


def test_anything_else_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(folder / "ill")]) == 1
    out = capsys.readouterr().out
    assert out.startswith("Collapsed: ")
    assert "indistinguishable-tokens, " in out
    assert "embedding_cosine 1 (≥ 0.98) in embedding.weight" in out
    assert "chatbot-tui train indistinguishable-tokens --set freeze_embeddings=false" in out
    assert run(["doctor", str(folder / "broken")]) == 1
    assert capsys.readouterr().out.startswith("Broken: fc.bias ")


def test_one_record_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", str(folder / "ill"), "--corpus", str(folder / "text.txt"), "--json"]) == 1
    out, err = capsys.readouterr()
    record = json.loads(out)
    assert (out.count("\n"), err) == (1, "")
    assert record["verdict"] == "collapsed"
    assert record["signals"]["context_gain"] is not None
    # 30 dialogues of ten words and three.
    assert record["text"] == "390 words"


def test_markdown_is_written_besides(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = folder / "report.md"
    assert run(["doctor", str(folder / "ill"), "--markdown", str(report)]) == 1
    assert report.read_text(encoding="utf-8").startswith("# ill: collapsed\n")
    assert run(["doctor", str(folder / "ill"), "--markdown", str(folder)]) == 2
    assert "name another file" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nowhere"], ["{folder}/well", "--corpus", "{folder}/none.txt"], []])
def test_bad_input_is_one_line_and_status_two(folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", *(argument.replace("{folder}", str(folder)) for argument in arguments)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_a_foreign_file_is_examined_with_its_vocabulary(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(net(lively).model.state_dict(), folder / "foreign.pt")
    words = [TOKENIZER.texts[token].strip() for token in range(TOKENIZER.size)]
    (folder / "words.json").write_text(json.dumps(words))
    assert run(["doctor", str(folder / "foreign.pt"), "--vocab", str(folder / "words.json"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["checkpoint"], record["verdict"]) == ("foreign", "healthy")
    (folder / "short.json").write_text(json.dumps(words[:-1]))
    assert run(["doctor", str(folder / "foreign.pt"), "--vocab", str(folder / "short.json")]) == 2
