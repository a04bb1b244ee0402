from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from safetensors.torch import load_file

from chatbot_tui.benchmarks.peers.fitting import PROGRESS, fit, learner_of
from chatbot_tui.benchmarks.peers.kept import WEIGHTS, load_peer
from chatbot_tui.benchmarks.peers.learner import Learner
from chatbot_tui.benchmarks.peers.settings import settings_of
from chatbot_tui.core.errors import InputError
from chatbot_tui.training.evaluation import prediction, read_held_out
from tests.benchmarks.peers.tiny import DIALOGUES, PARAMETERS, SMALL, fitted, record, text, ticks, tokenizer, unigram_loss

WITHOUT_DROPOUT = {
    "word-language-model": {"dropout": 0},
    "awd-lstm": {"word_dropout": 0, "input_dropout": 0, "hidden_dropout": 0, "output_dropout": 0, "weight_drop": 0},
    "transformer": {"dropout": 0},
}
NEURAL = ("word-language-model", "awd-lstm", "transformer")


@pytest.mark.parametrize(("name", "steps"), [("word-language-model", 400), ("awd-lstm", 400), ("transformer", 150), ("5-gram", 0)])
def test_each_learns_more_than_word_frequencies(name: str, steps: int, tmp_path: Path) -> None:
    reports = fitted(name, tmp_path, steps)
    subject = load_peer(tmp_path)
    held_out = read_held_out(DIALOGUES, subject.tokenizer)
    found = prediction(subject.predictor, held_out)
    assert found.nats / held_out.tokens < unigram_loss() - 0.5
    assert reports[-1]["parameters"] == subject.parameters
    if name in ("awd-lstm", "transformer"):
        assert 0.8 * PARAMETERS < subject.parameters <= PARAMETERS


@pytest.mark.parametrize("name", NEURAL)
def test_what_was_stopped_ends_as_if_it_had_not_been(name: str, tmp_path: Path) -> None:
    fitted(name, tmp_path / "whole", 70)
    settings = settings_of(name, SMALL[name])
    parts: list[dict[str, Any]] = []
    # Reports come every 30 seconds, so each of these goes on for 30 steps and is then stopped.
    for _ in range(3):
        reports = fit(settings, text(), tokenizer(), tmp_path / "parts", record(name, 70), ticks())
        parts.append(next(reports))
        reports.close()
    assert [part.get("step") for part in parts] == [30, 60, 70]
    last = list(fit(settings, text(), tokenizer(), tmp_path / "parts", record(name, 70), ticks()))
    assert last[-1]["seconds"] == 70.0
    one, other = load_file(tmp_path / "whole" / WEIGHTS), load_file(tmp_path / "parts" / WEIGHTS)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_only_what_passes_during_steps_counts_against_the_budget(tmp_path: Path) -> None:
    reports = fitted("transformer", tmp_path, 40)
    # Every look at the clock moves it on by a second: one a step counts, the one between two steps does not.
    assert [report["seconds"] for report in reports] == [30.0, 40.0, 40.0]
    assert reports[-1]["steps"] == 40
    # 40 steps of 4 windows of 16 tokens, but for the last of each epoch, which may hold fewer windows.
    assert 35 * 64 < reports[-1]["tokens"] <= 40 * 64


def test_a_finished_peer_is_left_as_it_is(tmp_path: Path) -> None:
    first = fitted("word-language-model", tmp_path, 5)
    written = (tmp_path / WEIGHTS).stat().st_mtime_ns
    assert fitted("word-language-model", tmp_path, 5) == first[-1:]
    assert (tmp_path / WEIGHTS).stat().st_mtime_ns == written


def test_another_fit_does_not_go_on_here(tmp_path: Path) -> None:
    fitted("5-gram", tmp_path, 0)
    changed = record("5-gram", 0, text="other")
    with pytest.raises(InputError, match="begun with another text"):
        list(fit(settings_of("5-gram", SMALL["5-gram"]), text(), tokenizer(), tmp_path, changed))


def test_settings_that_were_refused_can_be_changed(tmp_path: Path) -> None:
    wrong = settings_of("word-language-model", SMALL["word-language-model"] | {"batch_size": 1000})
    with pytest.raises(InputError, match="lower batch_size"):
        list(fit(wrong, text(), tokenizer(), tmp_path, record("word-language-model", 3, settings="wrong"), ticks()))
    assert fitted("word-language-model", tmp_path, 3)[-1]["steps"] == 3


def test_two_fits_do_not_share_a_folder(tmp_path: Path) -> None:
    first = fit(settings_of("transformer", SMALL["transformer"]), text(), tokenizer(), tmp_path, record("transformer", 40), ticks())
    next(first)
    with pytest.raises(InputError, match="another fit writes"):
        fitted("transformer", tmp_path, 40)
    assert list(first)[-1]["steps"] == 40


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(InputError, match="not empty"):
        fitted("5-gram", tmp_path, 0)


@pytest.mark.parametrize("name", NEURAL)
def test_large_nets_compute_the_same_in_low_precision(name: str) -> None:
    exact, low = (learner_of(settings_of(name, SMALL[name] | WITHOUT_DROPOUT[name]), text(), 0, PARAMETERS) for _ in range(2))
    low._autocast = torch.bfloat16
    for _ in range(3):
        wanted, found = exact.step(0.5)[0], low.step(0.5)[0]
        # bfloat16 has 8 bits, so a loss near ln 23 = 3.1 is right to about a hundredth.
        assert found == pytest.approx(wanted, abs=0.03)
    exact.look()
    low.look()
    assert low.valid_loss == pytest.approx(exact.valid_loss, abs=0.03)


def steps(learner: Learner, count: int) -> None:
    for _ in range(count):
        learner.step(0.0)


@pytest.mark.parametrize("name", NEURAL)
def test_a_divergence_is_told_before_it_spoils_the_weights(name: str) -> None:
    learner = learner_of(settings_of(name, SMALL[name]), text(), 0, PARAMETERS)
    with torch.no_grad():
        next(learner.module.parameters())[0].fill_(torch.inf)
    before = {key: tensor.clone() for key, tensor in learner.module.state_dict().items()}
    with pytest.raises(InputError, match="lower learning_rate"):
        steps(learner, 40)
    assert all(torch.equal(tensor, before[key]) for key, tensor in learner.module.state_dict().items())


def test_nothing_is_saved_of_a_step_that_diverged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of("word-language-model", SMALL["word-language-model"])
    reports = fit(settings, text(), tokenizer(), tmp_path, record("word-language-model", 70), ticks())
    next(reports)
    reports.close()
    before = (tmp_path / PROGRESS).read_bytes()
    monkeypatch.setattr(Learner, "_update", Mock(side_effect=InputError("training diverged")))
    with pytest.raises(InputError, match="diverged"):
        next(fit(settings, text(), tokenizer(), tmp_path, record("word-language-model", 70), ticks()))
    assert (tmp_path / PROGRESS).read_bytes() == before
