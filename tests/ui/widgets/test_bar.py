"""Bars and sparklines: exact widths and exact proportions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.ui.widgets.bar import bar, sparkline


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "    "),
        (0.5, "██  "),
        (1.0, "████"),
        (0.40625, "█▋  "),  # .40625 of 4 cells are 13 eighths: one full cell and five eighths
        (1e-9, "▏   "),  # too small for an eighth, yet not nothing
        (7.0, "████"),
    ],
)
def test_bar_fills_eighths_of_cells(share: float, text: str) -> None:
    assert bar(share, 4) == text


@given(st.floats(0, 1), st.integers(0, 60))
def test_bar_is_exactly_as_wide_as_told(share: float, width: int) -> None:
    assert len(bar(share, width)) == width


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_never_has_a_shorter_bar(one: float, other: float) -> None:
    def eighths(share: float) -> int:
        return sum(" ▏▎▍▌▋▊▉█".index(cell) for cell in bar(share, 11))

    small, large = sorted((one, other))
    assert eighths(small) <= eighths(large)


def test_sparkline_goes_from_the_lowest_to_the_highest() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6], 7) == "▁▂▃▄▅▆▇"


def test_sparkline_keeps_the_newest_values() -> None:
    assert sparkline([9, 9, 9, 0, 6], 2) == "▁▇"


def test_sparkline_of_a_constant_stands_at_half_height() -> None:
    assert sparkline([3, 3, 3], 5) == "▄▄▄  "


@given(st.lists(st.floats(-1e9, 1e9), max_size=50), st.integers(0, 40))
def test_sparkline_is_exactly_as_wide_as_told(values: list[float], width: int) -> None:
    assert len(sparkline(values, width)) == width
