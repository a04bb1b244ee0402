import numpy as np
import pytest

from chatbot_tui.signals.text_statistics import commonest_turn, halves_gain, pair_gain, ruling_token

RNG = np.random.default_rng(0)


def test_one_word_rules_the_contexts_that_it_is_likeliest_after() -> None:
    stream = np.array([1, 0, 1, 0, 1, 2, 0, 2, 0, 1])
    # Contexts: 1 (0, 0, 2) -> 0; 0 (1, 1, 2, 1) -> 1; 2 (0, 0) -> 0: token 0 rules 3 + 2 of 9.
    token, share = ruling_token(stream)
    assert token == 0
    assert share == pytest.approx(5 / 9)


def test_contexts_that_come_once_say_nothing() -> None:
    assert ruling_token(np.array([3, 1, 2]))[1] == 0


def test_a_cycle_teaches_all_and_noise_nothing() -> None:
    cycle = np.tile(np.arange(10), 200)
    # Frequencies lose ln 10 a token, pairs next to nothing.
    assert pair_gain(cycle) == pytest.approx(np.log(10), abs=0.1)
    assert pair_gain(RNG.integers(10, size=2000)) == pytest.approx(0, abs=0.02)


def test_noise_of_many_words_has_nothing_to_teach_either() -> None:
    noise = RNG.integers(500, size=3000)
    # Six pairs a word: what they cost alone is not held against the text.
    assert halves_gain(noise) < -0.1
    assert pair_gain(noise) == pytest.approx(0, abs=0.05)


def test_the_gain_of_pairs_by_hand() -> None:
    # Halves 0 1 0 1 0 1, fitted and tried on each other. Frequencies (3 + 1) / (6 + 2) = 1/2 each. After 0 comes 1 (three times, of one
    # kind): (3 + 1/2) / 4 = 7/8; after 1 comes 0, twice: (2 + 1/2) / 3 = 5/6. Three pairs 01 and two pairs 10 in each half.
    expected = (3 * np.log(7 / 4) + 2 * np.log(5 / 3)) / 5
    assert halves_gain(np.array([0, 1] * 6)) == pytest.approx(expected)


def test_too_little_text_teaches_nothing() -> None:
    assert pair_gain(np.array([1, 2])) == 0


def test_the_commonest_turn() -> None:
    assert commonest_turn([(1, 2), (3,), (1, 2), (2, 1)]) == 0.5
    assert commonest_turn([]) == 0
