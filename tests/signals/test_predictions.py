import numpy as np
import pytest

from chatbot_tui.signals.predictions import copy_share, frequency_correlation, log_softmax, mean_confidence, mean_entropy, top_token

HALF = np.log(np.array([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]))


def test_log_softmax_survives_large_logits() -> None:
    assert log_softmax(np.array([1000.0, 1000.0])).tolist() == pytest.approx([-np.log(2)] * 2)
    assert np.exp(log_softmax(HALF)) == pytest.approx(np.exp(HALF))


def test_entropy_and_confidence_are_means() -> None:
    # 1.5 ln 2 and -.4 ln .2 - .6 ln .6.
    assert mean_entropy(HALF) == pytest.approx((1.5 * np.log(2) - 0.4 * np.log(0.2) - 0.6 * np.log(0.6)) / 2)
    assert mean_confidence(HALF) == pytest.approx(0.55)


def test_what_cannot_happen_adds_nothing_to_the_entropy() -> None:
    assert mean_entropy(np.array([[0.0, -np.inf]])) == 0


def test_copies_and_favourites() -> None:
    assert copy_share(HALF, np.array([0, 0])) == 0.5
    # Each wins once: the lower id.
    assert top_token(HALF) == (0, 0.5)
    assert top_token(HALF[1:]) == (2, 1.0)


def test_correlation_with_log_frequencies() -> None:
    u = np.array([0.7, 0.2, 0.1])
    assert frequency_correlation(np.tile(np.log(u) * 3 + 5, (4, 1)), u) == pytest.approx(1)
    assert frequency_correlation(-np.log(u)[None], u) == pytest.approx(-1)
    assert frequency_correlation(np.ones((2, 3)), u) is None
    assert frequency_correlation(np.log(u)[None], np.full(3, 1 / 3)) is None
