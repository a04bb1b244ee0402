import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from chatbot_tui.training.objective import (
    Objective,
    class_weights,
    count_targets,
    entropy,
    focal_factor,
    make_objective,
    previous_tokens,
    smoothed_cross_entropy,
    unlikelihood,
)
from tests.training.tiny import recipe, same, trainer, weights

P = [0.125, 0.25, 0.625]
"""A distribution over three tokens: softmax of ln 1, ln 2 and ln 5."""
LOG_P = torch.tensor([P]).log()
LOGITS = torch.tensor([[1.0, 2.0, 5.0]]).log()
TARGET = torch.tensor([1])
PREVIOUS = (torch.tensor([[0, 2, 2]]), torch.tensor([[True, True, False]]))

CROSS_ENTROPY = math.log(4)
SMOOTHED = 0.7 * math.log(4) + 0.3 * (math.log(8) + math.log(4) + math.log(1.6)) / 3
UNLIKELIHOOD = -math.log(1 - 0.125) - math.log(1 - 0.625)
ENTROPY = 0.125 * math.log(8) + 0.25 * math.log(4) + 0.625 * math.log(1.6)


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-6)


def test_label_smoothing_spreads_its_share_over_the_whole_vocabulary() -> None:
    assert smoothed_cross_entropy(LOG_P, TARGET, 0.0).tolist() == [near(CROSS_ENTROPY)]
    assert smoothed_cross_entropy(LOG_P, TARGET, 0.3).tolist() == [near(SMOOTHED)]
    torch.manual_seed(0)
    logits, targets = torch.randn(9, 7), torch.randint(7, (9,))
    expected = functional.cross_entropy(logits, targets, reduction="none", label_smoothing=0.2)
    torch.testing.assert_close(smoothed_cross_entropy(logits.log_softmax(1), targets, 0.2), expected)


@pytest.mark.parametrize(("gamma", "factor"), [(0.0, 1.0), (1.0, 0.75), (2.0, 0.5625)])
def test_focal_loss_looks_away_from_what_is_known(gamma: float, factor: float) -> None:
    assert focal_factor(LOG_P, TARGET, gamma).tolist() == [near(factor)]


@pytest.mark.parametrize("gamma", [0.5, 1.0, 5.0])
def test_focal_loss_has_a_finite_slope_where_nothing_is_left_to_learn(gamma: float) -> None:
    logits = torch.tensor([[200.0, 0.0]], requires_grad=True)
    [gradient] = torch.autograd.grad(Objective(focal_gamma=gamma)(logits, torch.tensor([0])), [logits])
    assert bool(torch.isfinite(gradient).all())


def test_unlikelihood_speaks_against_what_was_read() -> None:
    assert unlikelihood(LOG_P, PREVIOUS).tolist() == [near(UNLIKELIHOOD)]


def test_unlikelihood_is_bounded_where_p_is_1() -> None:
    certain = torch.tensor([[0.0, -300.0, -300.0]])
    # Taken at p = 1 - 1e-5, which float32 holds to 6e-8: ln(1e-5) to .6 %.
    assert unlikelihood(certain, PREVIOUS).tolist() == [pytest.approx(-math.log(1e-5), rel=0.006)]


def test_previous_tokens_are_those_of_the_window_once_each_without_the_target_and_the_end() -> None:
    end = 0
    inputs, targets = (
        torch.tensor([[end, 5, 6, 5, end, 7], [9, 9, 9, 8, 8, 9]]).T,
        torch.tensor([[5, 6, 5, end, 7, 5], [9, 9, 8, 8, 9, 3]]).T,
    )
    tokens, meant = previous_tokens(inputs, targets, end)
    assert tokens.shape == meant.shape == (6, 2, 6)
    found = [[sorted(tokens[step, column][meant[step, column]].tolist()) for step in range(6)] for column in range(2)]
    assert found == [[[], [5], [6], [5, 6], [5, 6], [6, 7]], [[], [], [9], [9], [8], [8, 9]]]


def test_the_entropy_is_in_nats() -> None:
    assert entropy(LOG_P).tolist() == [near(ENTROPY)]
    assert entropy(torch.zeros(1, 50).log_softmax(1)).tolist() == [near(math.log(50))]


def test_class_weights_have_a_mean_of_1_over_the_data() -> None:
    counts = torch.tensor([1, 4, 0, 5])
    # 10 tokens of 3 types: 10 / (3 * count).
    assert class_weights(counts, "inverse").tolist() == [near(10 / 3), near(10 / 12), 0, near(10 / 15)]
    # The sum of count * count^-1/2 is 1 + 2 + sqrt(5).
    scale = 10 / (3 + math.sqrt(5))
    assert class_weights(counts, "square-root").tolist() == [near(scale), near(scale / 2), 0, near(scale / math.sqrt(5))]
    for kind in ("inverse", "square-root"):
        assert float((class_weights(counts, kind) * counts).sum()) == pytest.approx(10, rel=1e-6)


def test_only_targets_that_count_are_counted() -> None:
    # Two dialogues of one word each: end 5 end, end 5 end. The end that opens the second does not count, nor is the first a target.
    stream = torch.tensor([0, 5, 0, 0, 5, 0], dtype=torch.int32).numpy()
    assert count_targets([stream, stream[:3]], 0, 7).tolist() == [3, 0, 0, 0, 0, 3, 0]


def test_double_softmax_takes_probabilities_for_logits() -> None:
    normaliser = sum(math.exp(p) for p in P)
    assert Objective(double_softmax=True)(LOGITS, TARGET).item() == near(math.log(normaliser) - 0.25)
    # However sure the net is, the loss cannot fall below ln(e + V - 1) - 1.
    sure = torch.tensor([[0.0, 500.0, 0.0]])
    assert Objective(double_softmax=True)(sure, TARGET).item() == near(math.log(math.e + 2) - 1)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, CROSS_ENTROPY),
        ({"label_smoothing": 0.3}, SMOOTHED),
        ({"focal_gamma": 2.0}, 0.5625 * CROSS_ENTROPY),
        ({"weights": torch.tensor([7.0, 3.0, 7.0])}, 3 * CROSS_ENTROPY),
        ({"unlikelihood": 0.5}, CROSS_ENTROPY + 0.5 * UNLIKELIHOOD),
        ({"entropy_reward": 0.1}, CROSS_ENTROPY - 0.1 * ENTROPY),
        (
            {
                "label_smoothing": 0.3,
                "focal_gamma": 1.0,
                "weights": torch.tensor([7.0, 3.0, 7.0]),
                "unlikelihood": 2.0,
                "entropy_reward": 0.5,
            },
            3 * 0.75 * SMOOTHED + 2 * UNLIKELIHOOD - 0.5 * ENTROPY,
        ),
    ],
)
def test_an_objective_is_the_sum_of_its_parts(settings: dict[str, Any], expected: float) -> None:
    assert Objective(**settings)(LOGITS, TARGET, PREVIOUS).item() == near(expected)


def test_an_objective_is_the_mean_over_positions() -> None:
    logits, targets = torch.cat([LOGITS, LOGITS]), torch.tensor([1, 2])
    # Weights are no part of the mean: (3 ln 4 + 5 ln 1.6) / 2.
    weighted = Objective(torch.tensor([1.0, 3.0, 5.0]))
    assert weighted(logits, targets).item() == near((3 * math.log(4) + 5 * math.log(1.6)) / 2)


def test_a_plain_recipe_has_no_objective_of_its_own() -> None:
    assert make_objective(recipe(), [], 0, 5, torch.device("cpu")) is None


CHANGES: list[dict[str, Any]] = [
    {"class_weights": "inverse"},
    {"class_weights": "square-root"},
    {"label_smoothing": 0.2},
    {"focal_gamma": 0.5},
    {"unlikelihood": 1.0},
    {"entropy_reward": 0.2},
    {"double_softmax": True},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_reports_stay_in_nats_of_cross_entropy_whatever_is_lowered(changes: dict[str, Any]) -> None:
    # At a learning rate of 0 both nets stay what they are.
    plain, other = (list(trainer(recipe(learning_rate=0.0, steps=8, **more)).run()) for more in ({}, changes))
    assert [report.loss for report in other] == [report.loss for report in plain]
    assert [report.gradient_norm for report in other] != pytest.approx([report.gradient_norm for report in plain], rel=1e-3)


@pytest.mark.parametrize("changes", CHANGES[:-1])
def test_every_cure_teaches_in_its_own_way(changes: dict[str, Any]) -> None:
    settings = {"steps": 60, "report_every": 20, "fresh_rows": 2}
    plain, other = trainer(recipe(**settings)), trainer(recipe(**settings | changes))
    list(plain.run())
    first, *_, last = other.run()
    assert not same(weights(plain), weights(other))
    assert last.loss < first.loss


def test_a_net_that_took_softmax_twice_is_surer_than_it_should_be() -> None:
    plain, twice = (next(trainer(recipe(steps=60, report_every=60, double_softmax=mistake)).run()) for mistake in (False, True))
    # Its own loss can only fall by making the right tokens' logits huge: as a distribution it is worse than none at all.
    assert plain.loss < math.log(23) < twice.loss


def test_weights_are_those_of_the_text_that_the_run_sees() -> None:
    made = trainer(recipe(class_weights="inverse", steps=None, epochs=1))
    assert made._objective is not None
    found = made._objective.weights
    assert isinstance(found, Tensor)
    [cats], [i] = made.tokenizer.encode("cats"), made.tokenizer.encode("i")
    # An epoch has 170 words and the ends of 40 turns as targets, of 22 types; "cats" stands there three times, "i" twenty times.
    assert found[cats].item() == pytest.approx(210 / (22 * 3), rel=1e-6)
    assert found[i].item() == pytest.approx(210 / (22 * 20), rel=1e-6)
