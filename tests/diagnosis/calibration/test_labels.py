import math
from dataclasses import replace

import numpy as np
import pytest

from chatbot_tui.diagnosis.calibration.labels import Evidence, Label, alike, bigram_loss, frequencies, judge
from chatbot_tui.training.counts import count_stream

WELL = Evidence(
    gain=0.8,
    bigram_gain=0.9,
    gain_on_training_text=0.9,
    sensitivity=0.8,
    distinct=28,
    top_share=0.2,
    sampled_loops=0.0,
    alike=0.002,
    speechless=0.0,
    unknown=0.0,
    pads=0.0,
)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "healthy"),
        ({"sensitivity": 0.01}, "collapsed"),
        ({"sensitivity": 0.1, "distinct": 1, "top_share": 1.0}, "collapsed"),
        ({"sampled_loops": 0.9}, "looping"),
        ({"gain": -1.0, "gain_on_training_text": 2.0}, "memorised"),
        ({"alike": 0.5}, "generic"),
        ({"distinct": 3}, "generic"),
        ({"distinct": 7, "gain": 0.05}, "generic"),
        ({"distinct": 7, "gain": -0.1, "bigram_gain": -0.2, "gain_on_training_text": 0.0}, "generic"),
        ({"speechless": 0.9}, "generic"),
        ({"speechless": 0.9, "unknown": 0.9}, "generic"),
        ({"speechless": 0.9, "unknown": 0.9, "sensitivity": 0.1}, "collapsed"),
        ({"pads": 1.0}, "generic"),
        ({"gain": 0.3}, None),
        ({"distinct": 7}, None),
        ({"alike": 0.1}, None),
        ({"gain": 0.0, "bigram_gain": -0.5}, None),
    ],
)
def test_the_verdict_is_what_the_net_does(change: dict[str, float], verdict: str | None) -> None:
    assert judge(replace(WELL, **change), "overfit").verdict == verdict  # type: ignore[arg-type]  # the table names the fields


def test_a_recipe_that_did_no_harm_made_a_healthy_net() -> None:
    assert judge(WELL, "learning-rate-too-high") == Label("healthy", "healthy")


def test_a_harmful_recipe_is_the_cause_of_an_unhealthy_net() -> None:
    assert judge(replace(WELL, sensitivity=0.001), "near-zero-init") == Label("collapsed", "near-zero-init")


def test_a_healthy_recipe_that_came_to_nothing_has_no_known_cause() -> None:
    assert judge(replace(WELL, sensitivity=0.001), "healthy") == Label("collapsed", None)


def test_on_the_border_nothing_is_said() -> None:
    assert judge(replace(WELL, distinct=7), "deep-stack") == Label(None, None)


def test_padding_is_no_word_when_frequencies_are_taken() -> None:
    assert frequencies(np.array([7, 1, 0]), pad=0).tolist() == [0.25, 0.5, 0.25]


def test_a_bigram_model_backs_off_to_frequencies_as_witten_and_bell_have_it() -> None:
    stream = np.array([0, 1, 0, 1, 0, 2], np.int32)
    counts, bigrams = count_stream([stream], 4)
    p = np.array([0.4, 0.3, 0.2, 0.1])
    # 0 was followed by 1 twice and by 2 once: P(1|0) = (2 + 2 * .3) / (3 + 2) = .52; 2 by nothing: P(3|2) = p(3) = .1.
    assert bigram_loss(np.array([0, 1], np.int32), counts, bigrams, p) == pytest.approx(-math.log(0.52))
    assert bigram_loss(np.array([2, 3], np.int32), counts, bigrams, p) == pytest.approx(-math.log(0.1))


def test_replies_are_alike_by_the_trigrams_they_share() -> None:
    # 123 and 234 against 123 and 235: one in common of three.
    assert alike([[1, 2, 3, 4], [1, 2, 3, 5]]) == pytest.approx(1 / 3)
    assert alike([[1, 2, 3, 4], [1, 2, 3, 4]]) == 1.0
    assert alike([[1], [2]]) == 0.0
