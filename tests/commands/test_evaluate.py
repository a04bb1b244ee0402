import json
from pathlib import Path

import pytest
import torch

from chatbot_tui.commands.evaluate import evaluate
from chatbot_tui.core.errors import InputError
from chatbot_tui.model.checkpoint import save_checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.tokenizer import Tokenizer

KEYS = [
    *("word_perplexity", "comparable", "token_perplexity", "unigram_loss", "bigram_loss", "context_gain"),
    *("hits_at_1", "hits_standard_error", "dialogues", "turns", "words", "seconds"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tokenizer = Tokenizer.train_words(["a b a"], 4)
    model = LanguageModel(ModelConfig(4, 3, 5, init="zeros"))
    save_checkpoint(tmp_path / "flat", model, tokenizer, {}, torch.tensor([2, 0, 1, 1]))
    (tmp_path / "one.txt").write_text("a b\nb\n")
    (tmp_path / "two.jsonl").write_text('{"turns": ["a"]}\n')
    return tmp_path


def run(folder: Path, *, as_json: bool) -> None:
    corpora = [str(folder / "one.txt"), str(folder / "two.jsonl")]
    evaluate(checkpoint=str(folder / "flat"), vocabulary=None, corpora=corpora, as_json=as_json)


def test_one_record_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, as_json=True)
    out, err = capsys.readouterr()
    record = json.loads(out)
    assert (list(record), out.count("\n"), err) == (KEYS, 1, "")
    # A flat net of 4 tokens; 4 words and 3 ends of turn are as many tokens.
    assert record["word_perplexity"] == record["token_perplexity"] == pytest.approx(4, rel=1e-6)
    assert (record["dialogues"], record["turns"], record["words"]) == (2, 3, 4)


def test_a_table_with_units(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["word", "perplexity", "4.00"]
    assert lines[5].startswith("right reply first")
    assert "unknown" in lines[5]
    assert "4  words in 3 turns of 2 dialogues" in lines[6]


def test_text_that_is_missing_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"three\.txt"):
        evaluate(checkpoint=str(folder / "flat"), vocabulary=None, corpora=[str(folder / "three.txt")], as_json=True)
