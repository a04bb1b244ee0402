from typing import Any

import pytest

from chatbot_tui.training.experiment import Trial
from chatbot_tui.training.experiment_table import happened, markdown, measured_on, outcome, rows, spread
from chatbot_tui.training.recipes import load_recipe


def result(**changes: Any) -> dict[str, Any]:
    """Return what came of a trial of a healthy net."""
    figures = {
        "seed": 0,
        "failure": None,
        "escape_step": 100,
        "context_step": 300,
        "context_gain": 3.0,
        "bigram_gain": 2.0,
        "prompt_sensitivity": 0.5,
        "top_word": "the",
        "top_share": 0.1,
        "top_is_most_frequent": True,
        "distinct_replies": 30,
        "loss": 2.5,
        "valid_loss": 2.6,
        "sample": "well i have a dog",
    }
    return figures | changes


COLLAPSED: dict[str, Any] = {"escape_step": None, "context_step": None, "context_gain": 0.0, "prompt_sensitivity": 0.001, "top_share": 1.0}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "answers, and uses context"),
        ({"context_gain": 2.0}, "answers, and uses context"),
        ({"context_gain": 1.99}, "answers, and uses less context than a bigram model"),
        ({"context_gain": -0.01}, "answers, and knows new text worse than word frequencies do"),
        ({"distinct_replies": 4, "context_gain": -1.0}, "gives everybody the same answer"),
        ({"distinct_replies": 5}, "answers, and uses context"),
        ({"top_share": 0.95, "distinct_replies": 1}, 'says only "the", the most frequent word'),
        ({"top_share": 0.95, "top_word": "zoo", "top_is_most_frequent": False}, 'says only "zoo"'),
        ({"top_share": 0.949}, "answers, and uses context"),
        ({"context_gain": None, "bigram_gain": None}, "answers, and uses context"),
    ],
)
def test_what_happened_is_read_off_the_figures(changes: dict[str, Any], words: str) -> None:
    assert outcome(result(**changes)) == words


def test_a_net_that_diverged_has_no_figures() -> None:
    assert outcome({"failure": "training diverged at step 3"}) == "diverges"


def test_seeds_that_disagree_are_counted() -> None:
    assert happened([result(), result()]) == "answers, and uses context"
    found = happened([result(), result(**COLLAPSED), result(**COLLAPSED)])
    assert found == '2 of 3: says only "the", the most frequent word; 1 of 3: answers, and uses context'


def test_the_mean_and_range_are_of_what_is_known() -> None:
    assert spread([1.0, None, 4.0]) == {"mean": 2.5, "low": 1.0, "high": 4.0, "known": 2}
    assert spread([None]) == {"mean": None, "low": None, "high": None, "known": 0}


def table() -> list[dict[str, Any]]:
    trials = [
        Trial(name, fix, seed) for name, fix in (("healthy", None), ("deep-stack", None), ("deep-stack", "residual")) for seed in (0, 1)
    ]
    mended = {"context_gain": 2.4, "escape_step": 140}
    collapsed = [COLLAPSED, COLLAPSED | {"seed": 1, "context_gain": 0.2}]
    changes: list[dict[str, Any]] = [{}, {"seed": 1, "context_gain": 3.4}, *collapsed, mended, mended | {"seed": 1}]
    return rows(trials, [result(**change) for change in changes])


def test_a_row_brings_together_the_seeds_of_a_recipe_or_a_fix() -> None:
    healthy, deep, fixed = table()
    assert (healthy["recipe"], healthy["fix"], healthy["seeds"], healthy["cause"]) == ("healthy", None, [0, 1], "healthy")
    assert healthy["context_gain"] == {"mean": 3.2, "low": 3.0, "high": 3.4, "known": 2}
    assert (deep["control"], deep["article"], deep["escape_step"]["mean"]) == ("healthy", True, None)
    # The control gains 3.2 and the cause .1: the fix, at 2.4, brings back 2.3 of the 3.1 nats.
    assert fixed["mended"] == pytest.approx(2.3 / 3.1)
    assert (healthy["mended"], deep["mended"]) == (None, None)
    assert fixed["claim"] == "Each layer adds to what it reads: the input reaches the top."


def test_nothing_can_be_mended_where_nothing_is_lost_or_nothing_is_known() -> None:
    trials = [Trial("healthy", None, 0), Trial("deep-stack", None, 0), Trial("deep-stack", "residual", 0)]
    close = [result(), result(context_gain=2.91), result(context_gain=3.0)]
    assert rows(trials, close)[2]["mended"] is None
    assert rows(trials[1:], close[1:])[1]["mended"] is None
    assert rows(trials, [*close[:2], {"seed": 0, "failure": "training diverged"}])[2]["mended"] is None


@pytest.mark.parametrize(
    ("recipe", "control", "fix", "valid_loss", "compared"),
    [
        ("deep-stack", "healthy", "residual", 2.6, True),
        ("overfit", "healthy", "augment", 2.6, True),
        # Filler goes into the held-out text too; another vocabulary makes other tokens of it.
        ("filler-dominated", "healthy", "focal", 2.6, False),
        ("small-vocabulary", "unknown-spoken", "class-weights", 2.6, False),
        # With nothing kept aside, a net is measured on the text that it was trained on.
        ("imbalanced-data", "even-sentences", "oversample", None, False),
    ],
)
def test_gains_on_different_text_are_not_compared(recipe: str, control: str, fix: str, valid_loss: float | None, compared: bool) -> None:
    trials = [Trial(control, None, 0), Trial(recipe, None, 0), Trial(recipe, fix, 0)]
    found = [result(valid_loss=valid_loss, context_gain=gain) for gain in (3.0, 1.0, 2.0)]
    assert rows(trials, found)[2]["mended"] == (0.5 if compared else None)


def test_text_that_is_left_out_of_what_a_net_is_measured_on_makes_other_text() -> None:
    decent, any_text = load_recipe("healthy", {"decent_text": True}), load_recipe("healthy")
    assert measured_on(decent, held_out=True) == measured_on(any_text, held_out=True)
    assert measured_on(decent, held_out=False) != measured_on(any_text, held_out=False)


def test_the_table_in_markdown() -> None:
    lines = markdown(table()).splitlines()
    assert len(lines) == 5
    assert {line.count(" | ") for line in lines} == {10}
    assert lines[3] == (
        '| **deep-stack** | the article: Too many layers overfit, and an overfitted bot says "the". | '
        'says only "the", the most frequent word | 2 | never | 0.10 (0.00 to 0.20) | 0.001 | 100% | 30 |  | well i have a dog |'
    )
    assert lines[4] == (
        "| + residual | Each layer adds to what it reads: the input reaches the top. | answers, and uses context | 2 | 140 | 2.40 | "
        "0.500 | 10% | 30 | 74% | well i have a dog |"
    )


def test_a_cell_cannot_break_the_table() -> None:
    trials = [Trial("healthy", None, 0)]
    last = markdown(rows(trials, [result(sample="a | b\nc")])).splitlines()[-1]
    assert last.endswith("| a \\| b c |")


def test_some_seeds_may_never_leave() -> None:
    trials = [Trial("healthy", None, seed) for seed in (0, 1)]
    last = markdown(rows(trials, [result(), result(seed=1, escape_step=None)])).splitlines()[-1]
    assert "| 100, never 1 of 2 |" in last
