import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from chatbot_tui.benchmarks.peers.kept import load_peer
from chatbot_tui.benchmarks.peers.measuring import load_subject, measure, subject_of, trained_on
from chatbot_tui.core.strict_json import dump
from chatbot_tui.model.checkpoint import Checkpoint, save_checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.corpus import Dialogue
from chatbot_tui.training.evaluation import evaluate
from tests.benchmarks.peers.tiny import DIALOGUES, fitted, tokenizer

MANY: list[Dialogue] = [
    [f"do you like {a}", f"yes i like {a} {b}"] for a in ("tea", "milk", "rain") for b in ("cats", "dogs", "cars", "a", "lot")
]
MANY += [[f"hello {a}", f"no {a} {b} i do not"] for a in ("tea", "milk") for b in ("cats", "dogs", "cars", "boats", "songs")]
OPENERS = ["hello there", "do you like tea", "no"]


def checkpoint() -> Checkpoint:
    torch.manual_seed(0)
    words = tokenizer()
    card = {"seed": 3, "steps": 10, "recipe": {"batch_size": 4, "fresh_rows": 1, "sequence_length": 6}}
    return Checkpoint(LanguageModel(ModelConfig(words.size, 6, 8)).eval().requires_grad_(False), words, card, name="tiny")


def test_a_checkpoint_gets_the_figures_of_evaluate() -> None:
    net = checkpoint()
    measured, evaluated = measure(subject_of(net), MANY, OPENERS), evaluate(net, MANY)
    same = ("word_perplexity", "comparable", "token_perplexity", "hits_at_1", "hits_standard_error", "dialogues", "turns", "words")
    assert {key: measured[key] for key in same} == {key: evaluated[key] for key in same}
    assert evaluated["hits_at_1"] is not None
    assert (measured["name"], measured["seed"], measured["training_tokens"]) == ("tiny", 3, 10 * 5 * 6)
    assert measured["training_seconds"] is None
    assert len(measured["greedy"]["replies"]) == len(measured["default"]["replies"]) == 3


@pytest.mark.parametrize(("name", "steps"), [("5-gram", 0), ("word-language-model", 5), ("awd-lstm", 5), ("transformer", 5)])
def test_every_peer_gets_the_same_figures(name: str, steps: int, tmp_path: Path) -> None:
    fitted(name, tmp_path, steps)
    measured = measure(load_subject(str(tmp_path)), MANY, OPENERS)
    assert measured.keys() == measure(subject_of(checkpoint()), DIALOGUES, OPENERS).keys()
    assert measured["comparable"] is True
    assert 0 <= measured["hits_at_1"] <= 1
    assert 0 <= measured["hits_at_1_elsewhere"] <= 1
    assert measured["parameters"] == load_peer(tmp_path).parameters
    assert measured["training_tokens_per_second"] == pytest.approx(measured["training_tokens"] / measured["training_seconds"])
    # Strict JSON: every figure is a number or unknown.
    assert json.loads(dump(measured)) == measured


def test_the_same_again_but_for_the_time(tmp_path: Path) -> None:
    fitted("transformer", tmp_path, 5)
    first, second = (measure(load_subject(str(tmp_path)), MANY, OPENERS) for _ in range(2))
    assert {key for key in first if first[key] != second[key]} <= {"seconds", "decoding_tokens_per_second"}


@pytest.mark.parametrize(("tokens", "seconds"), [("many", 3.0), (10**400, 3.0), (True, 3.0), (300, 1e-320), (300, -1.0), (300, [1])])
def test_figures_of_a_training_that_are_none_are_unknown(tokens: object, seconds: object) -> None:
    subject = replace(subject_of(checkpoint()), figures={"seed": 3, "tokens": tokens, "seconds": seconds})
    measured = measure(subject, DIALOGUES, OPENERS[:1])
    assert measured["training_tokens_per_second"] is None
    assert json.loads(dump(measured)) == measured


def test_a_checkpoint_folder_is_measured_by_its_path(tmp_path: Path) -> None:
    net = checkpoint()
    save_checkpoint(tmp_path / "own", net.model, net.tokenizer, {"end_token": "<eot>"}, None, dtype=torch.float32)
    assert measure(load_subject(str(tmp_path / "own")), DIALOGUES, OPENERS)["word_perplexity"] == pytest.approx(
        evaluate(net, DIALOGUES)["word_perplexity"], rel=1e-6
    )


def test_a_card_that_does_not_tell_leaves_the_training_unknown() -> None:
    net = checkpoint()
    cards: list[dict[str, Any]] = [{}, {"recipe": 3, "seed": "x"}, {"steps": None, "recipe": {}, "seed": None}]
    for card in cards:
        assert trained_on(Checkpoint(net.model, net.tokenizer, card)) == {"seed": None}
