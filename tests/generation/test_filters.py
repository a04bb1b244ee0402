"""Each filter by hand: logits that are logarithms of round probabilities."""

import math

import numpy as np
import pytest

from chatbot_tui.generation import filters
from chatbot_tui.generation.vectors import Vector


def log(*p: float) -> Vector:
    z: Vector = np.log(np.array(p))
    return z


def kept(logits: Vector) -> list[int]:
    return np.flatnonzero(logits > -np.inf).tolist()


FALLING = log(0.4, 0.3, 0.2, 0.1)
FLAT = np.zeros(4)


def test_temperature_divides() -> None:
    assert filters.temperature(np.array([4.0, -1.0, -np.inf]), 2.0).tolist() == [2.0, -0.5, -np.inf]


@pytest.mark.parametrize("t", [1e-3, 1e-30, 5e-324])
def test_the_tiniest_temperature_is_greedy_without_overflow(t: float) -> None:
    z = filters.temperature(np.array([300.0, 299.0, -300.0, -np.inf]), t)
    assert kept(filters.top_p(z, 0.999)) == [0]
    assert kept(filters.typical_p(filters.top_n_sigma(z, 3.0), 0.999)) == [0]


@pytest.mark.parametrize(
    ("k", "ties", "expected"), [(1, True, [1, 3]), (1, False, [1]), (2, False, [1, 3]), (3, True, [1, 2, 3]), (9, False, [0, 1, 2, 3, 4])]
)
def test_top_k_keeps_ties_or_exactly_k(k: int, ties: bool, expected: list[int]) -> None:
    assert kept(filters.top_k(np.array([1.0, 3.0, 2.0, 3.0, 0.0]), k, ties=ties)) == expected


def test_top_k_of_flat_logits_keeps_everything_only_with_ties() -> None:
    assert kept(filters.top_k(FLAT, 2, ties=True)) == [0, 1, 2, 3]
    assert kept(filters.top_k(FLAT, 2, ties=False)) == [0, 1]


# Running sums .4, .7, .9, 1: the token that crosses stays.
@pytest.mark.parametrize(("mass", "expected"), [(0.01, [0]), (0.39, [0]), (0.41, [0, 1]), (0.71, [0, 1, 2]), (0.91, [0, 1, 2, 3])])
def test_top_p_keeps_the_token_that_crosses(mass: float, expected: list[int]) -> None:
    assert kept(filters.top_p(FALLING, mass)) == expected


def test_top_p_stops_where_the_mass_is_just_reached_lower_ids_first() -> None:
    # Quarters are exact in binary: .25 + .25 reaches .5.
    assert kept(filters.top_p(FLAT, 0.5)) == [0, 1]
    assert kept(filters.top_p(FLAT, 0.51)) == [0, 1, 2]


# Limits .4 * .4 = .16, .4 * .6 = .24, .4 * 1.
@pytest.mark.parametrize(("share", "expected"), [(0.4, [0, 1, 2]), (0.6, [0, 1]), (1.0, [0])])
def test_min_p_measures_against_the_largest(share: float, expected: list[int]) -> None:
    assert kept(filters.min_p(FALLING, share)) == expected


# H = .5 * .6931 + .3 * 1.2040 + .2 * 2.3026 = 1.1683; distances .4752, .0357, 1.1343, 1.1343.
@pytest.mark.parametrize(("mass", "expected"), [(0.2, [1]), (0.31, [0, 1]), (0.81, [0, 1, 2]), (0.95, [0, 1, 2, 3])])
def test_typical_starts_at_the_entropy_and_may_drop_the_likeliest(mass: float, expected: list[int]) -> None:
    assert kept(filters.typical_p(log(0.5, 0.3, 0.1, 0.1), mass)) == expected


# Mean 0, population deviation sqrt(20 / 4) = 2.236. With the sample deviation, 2.582, .85 would keep 1: 3 - 2.195 = .805.
@pytest.mark.parametrize(("n", "expected"), [(0.85, [0]), (1.0, [0, 1]), (2.0, [0, 1, 2]), (3.0, [0, 1, 2, 3])])
def test_top_n_sigma_uses_the_population_deviation_of_the_tokens_in(n: float, expected: list[int]) -> None:
    assert kept(filters.top_n_sigma(np.array([3.0, 1.0, -1.0, -3.0, -np.inf]), n)) == expected


@pytest.mark.parametrize(("epsilon", "expected"), [(0.15, [0, 1, 2]), (0.35, [0]), (0.9, [0])])
def test_epsilon_keeps_the_likeliest_at_least(epsilon: float, expected: list[int]) -> None:
    assert kept(filters.epsilon_cutoff(FALLING, epsilon)) == expected


# H = 1.2799, exp(-H) = .2781: limits min(.5, .7071 * .2781 = .1966), min(.04, .2 * .2781 = .0556), min(1, .2781).
@pytest.mark.parametrize(("epsilon", "expected"), [(0.5, [0, 1, 2]), (0.04, [0, 1, 2, 3]), (1.0, [0, 1])])
def test_eta_relaxes_with_entropy(epsilon: float, expected: list[int]) -> None:
    assert kept(filters.eta_cutoff(FALLING, epsilon)) == expected


def test_if_none_is_likely_enough_the_lowest_id_of_the_likeliest_stays() -> None:
    assert kept(filters.epsilon_cutoff(FLAT, 0.9)) == [0]


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.15, [2, 3]), (0.25, [1, 2, 3]), (0.35, [0, 1, 2, 3]), (0.5, [0, 1, 2, 3]), (0.0, [3])]
)
def test_xtc_drops_all_top_choices_but_the_least_likely(threshold: float, expected: list[int]) -> None:
    assert kept(filters.xtc(FALLING, threshold)) == expected


def test_xtc_takes_the_highest_id_for_the_last_among_equals() -> None:
    assert kept(filters.xtc(FLAT, 0.1)) == [3]


# Bits: 1, 2, 3, 3.
@pytest.mark.parametrize(("mu", "expected"), [(2.5, [0, 1]), (1.5, [0]), (0.5, [0]), (-4.0, [0]), (3.5, [0, 1, 2, 3])])
def test_mirostat_cuts_what_surprises_more_than_mu_bits(mu: float, expected: list[int]) -> None:
    assert kept(filters.mirostat(log(0.5, 0.25, 0.125, 0.125), mu)) == expected


def test_only_largest_takes_the_lower_id() -> None:
    assert kept(filters.only_largest(np.array([1.0, 2.0, 2.0]))) == [1]


def test_one_hot_logits_of_any_size_make_no_nan() -> None:
    z = np.array([-5000.0, 5000.0, -5000.0, -np.inf])
    for out in (
        filters.typical_p(z, 0.5),
        filters.eta_cutoff(z, 0.5),
        filters.mirostat(z, 3.0),
        filters.min_p(z, 0.1),
        filters.top_p(z, 0.99),
    ):
        assert not np.isnan(out).any()
        assert kept(out) == [1]
    assert math.isinf(filters.top_k(z, 4)[3])
