import math

import numpy as np
import pytest

from chatbot_tui.core.frames import CollapseReading
from chatbot_tui.core.judgement import INPUT_BLIND, NEARLY_BLIND
from chatbot_tui.generation.collapse import CollapseWatch

HEALTHY, BLIND = 2 * NEARLY_BLIND, INPUT_BLIND
WORDS = {word: token for token, word in enumerate(["the", "of", "i", "think", "no", "ha", "cat", ",", "we", "go", "on", "<eot>"])}
P = np.full(4, 0.25)


def read(reply: str, *, sensitivity: float = HEALTHY, p_drawn: float = 0.5) -> list[CollapseReading]:
    watch, random = CollapseWatch(sensitivity), np.random.default_rng(0)
    return [
        watch.update(WORDS[word], "" if word == "<eot>" else f" {word}", p_drawn, random.normal(size=6), P, is_end=word == "<eot>")
        for word in reply.split()
    ]


def test_a_varied_reply_is_healthy() -> None:
    last = read("i think the cat")[-1]
    assert (last.verdict, last.onset_step, last.blame, last.repeats, last.unit) == ("healthy", None, None, 1, "")


def test_a_word_said_twice_is_shown_but_is_no_loop() -> None:
    last = read("i think no no")[-1]
    assert (last.verdict, last.repeats, last.unit) == ("healthy", 2, "no")


@pytest.mark.parametrize("reply", ["no , no , no", "ha ha ha ha ha", ", , , , , , , , , , ,"])
def test_emphasis_and_laughter_are_no_loop(reply: str) -> None:
    assert read(reply)[-1].verdict == "healthy"


def test_a_phrase_of_four_words_is_a_loop_from_its_third_time_on_and_set_in_at_its_first_token() -> None:
    readings = read("the cat " + "i think we go " * 4)
    # "i think we go" begins at step 2 and stands there for the third time at step 2 + 12 - 1 = 13.
    assert [reading.verdict for reading in readings] == ["healthy"] * 13 + ["looping"] * 5
    assert {reading.onset_step for reading in readings[13:]} == {2}
    assert [reading.repeats for reading in readings[13:]] == [3, 3, 3, 3, 4]
    assert {reading.unit for reading in readings[13:]} == {"i think we go"}


def test_one_word_is_a_loop_from_its_twelfth_time_on() -> None:
    readings = read("cat " + "the " * 12)
    assert [reading.verdict for reading in readings] == ["healthy"] * 12 + ["looping"]
    assert (readings[-1].onset_step, readings[-1].repeats, readings[-1].unit) == (1, 12, "the")


def test_a_loop_with_a_double_word_in_it_does_not_flicker() -> None:
    readings = read("no no i " * 6 + "no no")
    assert {(reading.verdict, reading.unit) for reading in readings[11:]} == {("looping", "no no i")}


def test_the_decoder_is_to_blame_if_the_net_would_leave_the_loop() -> None:
    # One round of three tokens: .79 ** 3 = .493 is less likely than not, .80 ** 3 = .512 is more.
    reply = "i think we " * 4
    assert read(reply, p_drawn=0.79)[-1].blame == "decoder"
    assert read(reply, p_drawn=0.80)[-1].blame == "model"


def test_only_the_last_round_counts_for_the_blame() -> None:
    watch = CollapseWatch(HEALTHY)
    for p_drawn in [0.01] * 11 + [0.9]:
        last = watch.update(0, " the", p_drawn, np.ones(3), P)
    assert (last.verdict, last.blame) == ("looping", "model")


def test_a_token_the_model_gave_no_chance_is_the_decoders_doing() -> None:
    assert read("the " * 12, p_drawn=0.0)[-1].blame == "decoder"


def test_a_loop_that_is_left_is_healthy_again() -> None:
    assert read("the " * 12 + "cat")[-1].verdict == "healthy"


def test_an_end_token_leaves_the_loop_as_it_was() -> None:
    before, after = read("the " * 13 + "<eot>")[-2:]
    assert (after.verdict, after.onset_step, after.repeats, after.unit) == (before.verdict, 0, 13, "the")
    assert before.verdict == "looping"


def test_an_input_blind_net_is_collapsed_from_the_first_token_whatever_it_says() -> None:
    readings = read("i think the cat", sensitivity=BLIND)
    assert {(reading.verdict, reading.onset_step, reading.blame) for reading in readings} == {("collapsed", 0, "model")}


def test_an_input_blind_net_collapsed_where_its_repetition_began() -> None:
    readings = read("i of " + "the " * 4, sensitivity=BLIND, p_drawn=0.1)
    # The third "the", at step 4, makes it a repetition; it began at step 2.
    assert [reading.onset_step for reading in readings] == [0, 0, 0, 0, 2, 2]
    assert readings[-1].blame == "model"


def test_a_net_just_above_the_threshold_is_not_input_blind() -> None:
    assert read("i think", sensitivity=math.nextafter(BLIND, 1))[-1].verdict == "healthy"


def test_a_fixed_point_is_named_by_its_period() -> None:
    watch = CollapseWatch(BLIND)
    readings = [watch.update(0, " the", 0.9, np.ones(5), P, 0.01) for _ in range(18)]
    # The state repeats from step 1 on; 16 steps have held at step 16.
    assert [reading.period for reading in readings] == [None] * 16 + [1] * 2
    assert (readings[0].kl_unigram, readings[0].prompt_sensitivity) == (0.01, BLIND)


def test_a_long_loop_keeps_its_onset_far_back() -> None:
    last = read("i " + "the of " * 500)[-1]
    assert (last.onset_step, last.repeats, last.unit) == (1, 500, "the of")
