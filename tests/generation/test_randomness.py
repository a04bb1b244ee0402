"""Random numbers: pinned values, independence of everything but their four coordinates, and an even spread."""

import numpy as np

from chatbot_tui.generation.randomness import DRAW, XTC, uniform


def test_coordinates_alone_decide() -> None:
    first = uniform(1, 2, 3)
    uniform(9, 9, 9)
    assert uniform(1, 2, 3) == first
    others = {uniform(2, 2, 3), uniform(1, 3, 3), uniform(1, 2, 4), uniform(1, 2, 3, XTC), uniform(12, 3, 0), uniform(-1, 2, 3)}
    assert len(others | {first}) == 7


def test_values_are_the_same_on_every_machine() -> None:
    # blake2b(b"7 0 0 0", 8 bytes) and so on: a change would make saved conversations undrawable.
    assert [uniform(7, 0, 0), uniform(7, 0, 1), uniform(2**80, 0, 0, XTC)] == [0.7931136733727008, 0.9853592686960688, 0.3230480492948169]


def test_each_coordinate_spreads_evenly_over_the_unit_interval() -> None:
    for numbers in (
        [uniform(0, 0, i) for i in range(10_000)],
        [uniform(i, 0, 0) for i in range(10_000)],
        [uniform(0, i, 5, XTC) for i in range(10_000)],
    ):
        assert min(numbers) >= 0.0
        assert max(numbers) < 1.0
        counts = np.histogram(numbers, bins=20, range=(0, 1))[0]
        # Chi-square with 19 degrees of freedom: 43.8 is the .999 quantile.
        assert ((counts - 500) ** 2 / 500).sum() < 43.8


def test_neighbouring_steps_and_streams_are_uncorrelated() -> None:
    draws = np.array([uniform(0, 0, i, DRAW) for i in range(10_000)])
    xtc = np.array([uniform(0, 0, i, XTC) for i in range(10_000)])
    # The standard error of a correlation of 10,000 pairs is .01.
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.035
    assert abs(np.corrcoef(draws, xtc)[0, 1]) < 0.035
