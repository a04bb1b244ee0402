import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.signals.divergence import entropy, jensen_shannon, kl_divergence, unigram

LN2 = math.log(2)


def test_entropy_of_a_flat_distribution_is_the_logarithm_of_its_size() -> None:
    assert entropy(np.full(8, 1 / 8)) == pytest.approx(3 * LN2, abs=1e-15)


def test_entropy_of_a_certain_token_is_zero() -> None:
    assert entropy(np.array([0.0, 1.0, 0.0])) == 0.0


def test_entropy_in_nats() -> None:
    # 1/2 ln 2 + 2 * 1/4 ln 4 = 1/2 ln 2 + ln 2.
    assert entropy(np.array([0.5, 0.25, 0.25])) == pytest.approx(1.5 * LN2, abs=1e-15)


def test_divergence_weighs_by_the_first_distribution() -> None:
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    # 1/2 ln(2) + 1/2 ln(2/3) = 1/2 ln(4/3); the other way 1/4 ln(1/2) + 3/4 ln(3/2).
    assert kl_divergence(p, q) == pytest.approx(0.5 * math.log(4 / 3), abs=1e-15)
    assert kl_divergence(q, p) == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(1.5), abs=1e-15)


def test_divergence_ignores_what_the_first_lacks_and_is_infinite_for_what_the_second_lacks() -> None:
    assert kl_divergence(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(LN2, abs=1e-15)
    assert kl_divergence(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == math.inf


def test_certain_and_different_answers_diverge_by_the_logarithm_of_their_number() -> None:
    assert jensen_shannon(np.eye(5)) == pytest.approx(math.log(5), abs=1e-15)


def test_equal_answers_do_not_diverge() -> None:
    assert jensen_shannon([np.array([0.2, 0.3, 0.5])] * 7) == pytest.approx(0.0, abs=1e-15)


def test_frequencies_have_one_added_to_each_count() -> None:
    # (3 + 1, 0 + 1, 1 + 1) of 7.
    assert unigram(np.array([3, 0, 1])).tolist() == [4 / 7, 1 / 7, 2 / 7]


weights = st.lists(st.floats(0, 1e3), min_size=6, max_size=6).filter(lambda values: sum(values) > 1e-3)


@given(weights, weights)
def test_jensen_shannon_is_the_mean_divergence_from_the_mean(a: list[float], b: list[float]) -> None:
    p, q = np.array(a) / sum(a), np.array(b) / sum(b)
    mean = (p + q) / 2
    assert jensen_shannon([p, q]) == pytest.approx((kl_divergence(p, mean) + kl_divergence(q, mean)) / 2, abs=1e-12)
    assert 0 <= jensen_shannon([p, q]) <= LN2 + 1e-12
