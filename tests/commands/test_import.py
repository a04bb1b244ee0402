"""The commands that bring foreign nets in and take nets out, as another program sees them."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from chatbot_tui.cli import run
from chatbot_tui.core.library import list_checkpoints
from chatbot_tui.core.paths import checkpoints_folder
from tests.model.importers.programs import Article, E, H, Headed, V, seeded
from tests.nets import save_tiny, word_tokenizer

WORDS = ["<pad>", "<unk>", "<eos>", *(f"w{number}" for number in range(V - 3))]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "my net.pt"
    torch.save({"model_state_dict": seeded(Article, num_layers=1).state_dict(), "epoch": 7}, path)
    return path


@pytest.fixture
def vocabulary(tmp_path: Path) -> Path:
    path = tmp_path / "vocab.json"
    path.write_text(json.dumps(WORDS))
    return path


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    output = capsys.readouterr()
    assert output.err == ""
    [line] = output.out.splitlines()
    record: dict[str, Any] = json.loads(line)
    return record


def test_an_import_is_told_as_one_record(weights: Path, vocabulary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(weights), "--vocab", str(vocabulary), "--name", "mine", "--json"]) == 0
    record = said(capsys)
    assert (record["name"], record["path"]) == ("mine", str(checkpoints_folder() / "mine"))
    assert record["recognised"][0] == {"tensor": "embedding.weight", "shape": [V, E], "role": "embedding", "becomes": "embedding.weight"}
    assert record["recognised"][2]["shape"] == [4 * H, H]
    assert (record["ignored"], record["warnings"]) == (["epoch"], [])
    assert (record["end_token"], record["unknown_token"], record["pad_token"]) == ("<eos>", "<unk>", "<pad>")


def test_the_imported_net_stands_in_the_library_with_its_source(
    weights: Path, vocabulary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", str(weights), "--vocab", str(vocabulary)]) == 0
    output = capsys.readouterr().out
    assert "layer 1: recurrent weights" in output
    assert "Imported as my net." in output
    [entry] = [entry for entry in list_checkpoints() if entry.source == "own"]
    assert (entry.name, entry.problem) == ("my net", None)
    assert entry.card["imported"]["file"] == "my net.pt"
    assert len(entry.card["imported"]["sha256"]) == 64


def test_the_imported_net_says_what_the_file_says(weights: Path, vocabulary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["import", str(weights), "--vocab", str(vocabulary), "--name", "mine"])
    capsys.readouterr()
    records = []
    for options in (["--checkpoint", "mine"], ["--checkpoint", str(weights), "--vocab", str(vocabulary)]):
        assert run(["say", "w1 w2 zebra", "--json", "--top", "all", "--max-tokens", "6", *options]) == 0
        output = capsys.readouterr()
        assert output.err == "chatbot-tui: not in the vocabulary: zebra\n"
        records.append([json.loads(line) for line in output.out.splitlines()[:-1]])
    assert records[0] == records[1]


def test_a_foreign_net_is_fed_its_turns_and_never_says_padding_or_unknown(
    weights: Path, vocabulary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def first(*turns: str) -> dict[str, Any]:
        assert (
            run(["say", *turns, "--json", "--top", "all", "--max-tokens", "1", "--checkpoint", str(weights), "--vocab", str(vocabulary)])
            == 0
        )
        record: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[0])
        return record

    frame = first("w1", "w2")
    # Each turn is followed by the end token (id 2); none stands before the first.
    net = seeded(Article, num_layers=1)
    expected = net(torch.tensor([4, 2, 5, 2])[:, None])[-1, 0].double().softmax(dim=0)
    shown = {entry["token"]: entry for entry in frame["top"]}
    assert [shown[token]["p_model"] for token in range(V)] == pytest.approx(expected.tolist(), abs=1e-6)
    assert [shown[token]["cut_by"] for token in (0, 1, 2)] == ["ban", "ban", None]
    # Temperature 1 and nothing else: what is not banned shares the whole.
    assert shown[5]["p_sampled"] == pytest.approx(float(expected[5] / expected[2:].sum()), abs=1e-6)


def test_text_is_ids_without_a_vocabulary(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["say", "3 5", "--max-tokens", "4", "--checkpoint", str(weights)]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert all(word.isdecimal() and int(word) < V for word in output.out.split())
    assert run(["say", "hello", "--checkpoint", str(weights)]) == 2
    error = capsys.readouterr().err
    assert "no vocabulary" in error
    assert "--vocab" in error


def test_refusals_and_warnings_name_the_option_that_helps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({**seeded(Article).state_dict(), "prior": torch.zeros(V)}, tmp_path / "odd.pt")
    assert run(["say", "3", "--checkpoint", str(tmp_path / "odd.pt")]) == 2
    assert "`chatbot-tui import --place prior=`" in capsys.readouterr().err
    assert run(["import", str(tmp_path / "odd.pt"), "--place", "prior="]) == 0
    torch.save(seeded(Headed).state_dict(), tmp_path / "headed.pt")
    capsys.readouterr()
    assert run(["say", "3", "--checkpoint", str(tmp_path / "headed.pt"), "--max-tokens", "1"]) == 0
    assert "relu is assumed; `chatbot-tui import --activation` sets another" in capsys.readouterr().err
    assert run(["import", str(tmp_path / "headed.pt"), "--activation", "tanh"]) == 0
    assert capsys.readouterr().err == ""


def test_words_that_the_vocabulary_lacks_are_named(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "words.json").write_text(json.dumps([f"w{number}" for number in range(V)]))
    assert run(["say", "hello", "--checkpoint", str(weights), "--vocab", str(tmp_path / "words.json")]) == 2
    assert "none of these words is in the net's vocabulary (hello)" in capsys.readouterr().err
    assert run(["say", "y" * 1000, "--checkpoint", str(weights), "--vocab", str(tmp_path / "words.json")]) == 2
    assert f"vocabulary ({'y' * 40}): try others" in capsys.readouterr().err


def test_a_foreign_net_is_evaluated(weights: Path, vocabulary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.txt").write_text("w1 w2\nw3\n")
    assert run(["evaluate", str(weights), "--vocab", str(vocabulary), "--corpus", str(tmp_path / "text.txt"), "--json"]) == 0
    record = said(capsys)
    net = seeded(Article, num_layers=1)
    stream = torch.tensor([2, 4, 5, 2, 6, 2])
    log_p = net(stream[:-1, None])[:, 0].double().log_softmax(dim=1)
    nats = -float(log_p.gather(1, stream[1:, None]).mean())
    assert record["token_perplexity"] == pytest.approx(torch.tensor(nats).exp().item(), rel=1e-5)
    assert (record["unigram_loss"], record["comparable"]) == (None, True)


def test_options_correct_what_was_recognised(weights: Path, vocabulary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--end-token", "w1", "--unknown-token", "", "--pad-token", "w2"]
    assert run(["import", str(weights), "--vocab", str(vocabulary), "--name", "mine", "--json", *options]) == 0
    record = said(capsys)
    assert (record["end_token"], record["unknown_token"], record["pad_token"]) == ("w1", None, "w2")
    run(["say", "w3 zebra", "--checkpoint", "mine", "--max-tokens", "1"])
    assert "zebra" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--name", "../evil"], "cannot be a name"),
        (["--name", "smalltalk"], "already"),
        (["--place", "nonsense"], "key=value"),
        (["--place", "nothing=fc.weight"], "no tensor 'nothing'"),
        (["--place", "fc.bias=nonsense"], "'nonsense' is no part of a net"),
        (["--end-token", "zebra"], "no token 'zebra'"),
        (["--vocab", "/nowhere/vocab.json"], "cannot read"),
        (["--unit", "syllables"], "syllables"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_kept(
    options: list[str], said: str, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", str(weights), *options]) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert output.err.count("\n") == 1
    assert not checkpoints_folder().exists() or not list(checkpoints_folder().iterdir())


def test_a_name_is_taken_once(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(weights)]) == 0
    assert run(["import", str(weights)]) == 2
    assert "--name" in capsys.readouterr().err


def test_an_export_can_be_run_and_brought_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_tiny(checkpoints_folder() / "tiny", word_tokenizer())
    out = tmp_path / "out"
    assert run(["export", "tiny", "--out", str(out), "--onnx", "--json"]) == 0
    assert said(capsys) == {"name": "tiny", "path": str(out), "files": ["weights.pt", "model.py", "tokenizer.json", "model.onnx"]}
    assert run(["import", str(out / "weights.pt"), "--vocab", str(out / "tokenizer.json"), "--name", "again"]) == 0
    assert run(["export", "tiny", "--out", str(out)]) == 2
    assert "not an empty folder" in capsys.readouterr().err
