import numpy as np
import pytest

from chatbot_tui.signals.weights import (
    fading,
    positive_fraction,
    relative_maximum,
    relative_width,
    small_share,
    stable_rank,
    uniform_distance,
)

RNG = np.random.default_rng(0)


def test_zeros_are_neither_positive_nor_negative() -> None:
    # Of the three values that are not 0, two are positive.
    assert positive_fraction(np.array([[1.0, -2.0], [0.0, 3.0]])) == 2 / 3
    assert positive_fraction(np.zeros((4, 4))) == 0.5


def test_stable_rank_is_that_of_the_singular_values() -> None:
    w = RNG.standard_normal((12, 5))
    sizes = np.linalg.svd(w, compute_uv=False)
    assert stable_rank(w) == pytest.approx(float((sizes**2).sum() / sizes[0] ** 2))
    assert stable_rank(w.T) == pytest.approx(stable_rank(w))


def test_stable_rank_of_known_matrices() -> None:
    assert stable_rank(np.eye(7)) == pytest.approx(7)
    assert stable_rank(np.ones((8, 3))) == pytest.approx(1)
    assert stable_rank(np.zeros((3, 3))) == 0
    # U(0, s): the mean square is s^2/3, the square of the mean s^2/4, so 4/3 where the matrix is large.
    assert stable_rank(RNG.uniform(0, 0.001, (2000, 500))) == pytest.approx(4 / 3, rel=0.01)


def test_stable_rank_survives_numbers_whose_squares_vanish() -> None:
    assert stable_rank(np.full((4, 4), 1e-200)) == pytest.approx(1)
    assert stable_rank(np.eye(3, dtype=np.float32) * np.float32(1e-44)) == pytest.approx(3)


def test_pytorchs_first_weights_have_width_and_maximum_of_one() -> None:
    # U(-b, b) has a standard deviation of b / sqrt(3); b = 1 / sqrt(64).
    w = RNG.uniform(-1 / 8, 1 / 8, (256, 64))
    assert relative_width(w, 64) == pytest.approx(1, rel=0.01)
    assert relative_maximum(w, 64) == pytest.approx(1, rel=0.01)
    # Width of +-1: std 1, times sqrt(3 * 3).
    assert relative_width(np.array([1.0, -1.0]), 3) == pytest.approx(3)
    assert relative_maximum(np.array([1.0, -2.0]), 9) == 6
    assert relative_width(np.zeros(3), 3) == relative_maximum(np.zeros(3), 3) == 0


def test_distance_from_the_first_weights() -> None:
    w = RNG.uniform(-1 / 8, 1 / 8, (256, 64))
    # Kolmogorov: with n = 16,384 values the distance is about .87 / sqrt(n) on average, hardly ever above 2 / sqrt(n).
    assert uniform_distance(w, 64) < 2 / 128
    # All values at 0: half of them are expected below, and all or none are.
    assert uniform_distance(np.zeros((4, 4)), 64) == 0.5
    # Twice as wide: at 1/8 one quarter is still to come, and none is expected to.
    assert uniform_distance(2 * w, 64) == pytest.approx(0.25, abs=0.01)


def test_small_values_are_those_below_a_hundredth_of_the_largest() -> None:
    assert small_share(np.array([1.0, -0.01, 0.011, 0.0])) == 0.5
    assert small_share(np.zeros(5)) == 1


def test_fading_is_what_each_layer_leaves() -> None:
    # From .8 to .1 over three steps: (1/8)^(1/3).
    assert fading([0.8, 0.4, 0.2, 0.1]) == pytest.approx(0.5)
    assert fading([0.3]) == 1
    assert fading([0.0, 0.0]) == 0
