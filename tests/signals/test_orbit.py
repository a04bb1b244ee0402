import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot_tui.signals.orbit import OrbitTracker

Rows = npt.NDArray[np.float64]
UNITS, VOCABULARY = 96, 40


def vectors(seed: int, count: int, size: int) -> Rows:
    return np.random.default_rng(seed).normal(size=(count, size))


def periods(hs: Rows, ps: Rows) -> list[int | None]:
    tracker = OrbitTracker()
    return [tracker.update(h, p) for h, p in zip(hs, ps, strict=True)]


def by_definition(hs: Rows, ps: Rows) -> list[int | None]:
    held = np.zeros((len(hs), 65), dtype=int)
    for k in range(1, 65):
        for t in range(k, len(hs)):
            if all(np.linalg.norm(rows[t] - rows[t - k]) <= 1e-4 * np.linalg.norm(rows[t]) for rows in (hs, ps)):
                held[t, k] = held[t - 1, k] + 1
    return [next((k for k in range(1, 65) if held[t, k] >= max(3 * k, 16)), None) for t in range(len(hs))]


def repeating(order: list[int], seed: int = 0) -> tuple[Rows, Rows]:
    return vectors(seed, max(order) + 1, UNITS)[order], vectors(seed + 1, max(order) + 1, VOCABULARY)[order] ** 2


def test_a_fixed_point_counts_once_it_has_held_for_16_steps() -> None:
    found = periods(*repeating([0, 1, 2] + [3] * 20))
    # State 3 first stands at step 3, repeats from step 4 on, for the 16th time at step 19.
    assert found == [None] * 19 + [1] * 4


@pytest.mark.parametrize("period", [2, 5, 6, 7, 64])
def test_a_cycle_counts_once_it_has_held_for_three_periods_and_16_steps(period: int) -> None:
    found = periods(*repeating([step % period for step in range(5 * period + 20)]))
    # The first repeat is at step `period`.
    first = period + max(3 * period, 16) - 1
    assert found == [None] * first + [period] * (len(found) - first)


def test_a_cycle_of_65_is_not_looked_for() -> None:
    assert periods(*repeating([step % 65 for step in range(65 * 5)])) == [None] * (65 * 5)


def test_an_orbit_that_is_left_ends_at_once() -> None:
    assert periods(*repeating([0] * 20 + [1]))[-2:] == [1, None]


def test_a_slow_drift_is_no_fixed_point() -> None:
    direction = vectors(3, 1, UNITS)
    start = vectors(4, 1, UNITS)
    start *= np.linalg.norm(direction) / np.linalg.norm(start)
    p = np.ones((60, VOCABULARY))
    drift = np.arange(60)[:, None] * direction
    assert periods(start + 1.5e-4 * drift, p) == [None] * 60
    assert periods(start + 0.5e-4 * drift, p)[-1] == 1


def test_the_distribution_must_repeat_too() -> None:
    h = np.ones((60, UNITS))
    p = repeating([step % 2 for step in range(60)])[1]
    assert periods(h, p)[-1] == 2


def test_units_outside_the_sketch_are_compared_before_a_period_is_named() -> None:
    # All of h repeats at once but its last unit, which has period 3.
    hs = np.ones((80, UNITS))
    hs[:, -1] = np.arange(80) % 3
    ps = np.ones((80, VOCABULARY))
    assert periods(hs, ps) == by_definition(hs, ps)
    assert periods(hs, ps)[-1] == 3


def test_a_state_of_zeros_is_a_fixed_point() -> None:
    assert periods(np.zeros((20, UNITS)), np.ones((20, VOCABULARY)))[-1] == 1


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(1, 30)), min_size=1, max_size=5),
    st.sampled_from([0.0, 3e-5, 3e-4]),
)
def test_agrees_with_the_definition(pieces: list[tuple[list[int], int]], noise: float) -> None:
    order = [state for unit, times in pieces for state in unit * times]
    hs, ps = repeating(order)
    hs = hs + noise * vectors(9, len(hs), UNITS)
    assert periods(hs, ps) == by_definition(hs, ps)
