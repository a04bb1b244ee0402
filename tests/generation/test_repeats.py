"""Repeats against their definition, for short and long conversations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.generation.repeats import followers, repeat_lengths
from tests.generation.reference import repeated_suffix


@given(st.lists(st.integers(0, 2), max_size=40))
def test_lengths_follow_the_definition(history: list[int]) -> None:
    expected = [repeated_suffix(history, i) for i in range(len(history))]
    assert repeat_lengths(np.array(history, dtype=np.int64)).tolist() == expected


@pytest.mark.parametrize("unit", [[7], [1, 2], [1, 2, 3, 1, 4]])
def test_lengths_of_long_loops_are_exact(unit: list[int]) -> None:
    history = [9, 9, 1, 2, *unit * (300 // len(unit))]
    assert repeat_lengths(np.array(history)).tolist() == [repeated_suffix(history, i) for i in range(len(history))]


@given(st.lists(st.integers(0, 1), max_size=60), st.integers(0, 45))
def test_followers_are_where_the_suffix_stood_before(history: list[int], length: int) -> None:
    expected = [i for i in range(min(length, len(history)), len(history)) if history[i - length : i] == history[len(history) - length :]]
    assert followers(np.array(history, dtype=np.int64), length).tolist() == expected
