import numpy as np
import pytest
import torch

from chatbot_tui.benchmarks.peers.settings import TransformerSettings, settings_of
from chatbot_tui.benchmarks.peers.transformer_learner import TransformerLearner
from tests.benchmarks.peers.tiny import PARAMETERS, SMALL, text


def learner(**changes: float) -> TransformerLearner:
    settings = settings_of("transformer", SMALL["transformer"] | changes)
    assert isinstance(settings, TransformerSettings)
    return TransformerLearner(settings, text(), 0, PARAMETERS)


def test_the_rate_rises_and_falls_with_the_budget() -> None:
    made = learner(learning_rate=0.01, warmup_share=0.1, final_share=0.2)
    rates = []
    for spent in (0.05, 0.1, 0.55, 1.0):
        made.step(spent)
        rates.append(made.learning_rate)
    # Half way up, at the top, half way down to a fifth (.2 + .8 / 2 = .6), and there.
    assert rates == pytest.approx([0.005, 0.01, 0.006, 0.002], rel=1e-3)


def test_matrices_decay_and_vectors_do_not() -> None:
    made = learner(weight_decay=0.25)
    groups = made._optimizer.param_groups
    assert {(parameter.dim() > 1, group["weight_decay"]) for group in groups for parameter in group["params"]} == {(True, 0.25), (False, 0)}
    assert sum(len(group["params"]) for group in groups) == len(list(made.model.parameters()))
    # As in GPT-3 (Brown et al. 2020).
    assert {group["betas"] for group in groups} == {(0.9, 0.95)}


def test_held_out_text_is_looked_at_every_tenth_of_the_budget() -> None:
    made = learner()
    looks = []
    for spent in np.linspace(0, 1, 51):
        made.step(float(spent))
        if made.due:
            made.look()
            looks.append(round(float(spent), 2))
    assert looks == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], abs=0.021)


def test_looking_changes_nothing_that_is_learnt() -> None:
    one, other = learner(dropout=0.0), learner(dropout=0.0)
    for made in (one, other):
        made.step(0.1)
    other.look()
    assert one.step(0.2) == other.step(0.2)


def test_an_epoch_shows_every_window_once() -> None:
    made = learner()
    every = np.sort(made._starts)
    seen: list[int] = []
    while made._epoch == 0 and made._place < len(every):
        before = made._place
        windows = made._next_windows()
        seen += made._starts[before : made._place].tolist()
        stream = torch.from_numpy(made._stream)
        assert all(torch.equal(row, stream[start : start + 17].long()) for row, start in zip(windows, seen[before:], strict=True))
    assert sorted(seen) == every.tolist()
    made._next_windows()
    assert made._epoch == 1
