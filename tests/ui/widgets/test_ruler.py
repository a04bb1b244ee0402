"""The ruler: proportions to the cell, and a pointer that never leaves the stretch it fell into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chatbot_tui.ui.widgets.lines import Line
from chatbot_tui.ui.widgets.ruler import Stretch, cell_of, ruler


def plain(line: Line) -> str:
    return "".join(text for text, _ in line)


def test_bounds_stand_where_the_probabilities_say() -> None:
    # 21 cells have 20 intervals: .75 falls on cell 15, and 1 on the last.
    line = ruler([Stretch("the", 0, 0.75), Stretch("a", 0.75, 1)], 21)
    assert plain(line) == "├─────the──────┼─a──┤"


def test_the_marked_stretch_is_drawn_heavy_and_styled() -> None:
    line = ruler([Stretch("a", 0, 0.5, marked=True), Stretch("b", 0.5, 1)], 9, "thin", "thick")
    assert line == [("├━a━┼", "thick"), ("─b─┤", "thin")]


def test_the_pointer_takes_the_cell_of_u() -> None:
    assert plain(ruler([Stretch("a", 0, 1)], 11, pointer=0.2))[2] == "▼"


def test_a_label_that_does_not_fit_is_left_out() -> None:
    assert plain(ruler([Stretch("long", 0, 0.2), Stretch("x", 0.2, 1)], 11)) == "├─┼───x───┤"


@pytest.mark.parametrize("width", [0, 1])
def test_no_room_for_a_ruler_is_blank(width: int) -> None:
    assert plain(ruler([Stretch("a", 0, 1)], width)) == " " * width


labels = st.sampled_from(["the", "漢字", "a", "e\u0301e\u0301", "averylongtoken"])


@st.composite
def walks(draw: st.DrawFn) -> list[Stretch]:
    inner = sorted(draw(st.lists(st.floats(0, 1), max_size=8)))
    marks = [0.0, *inner, 1.0]
    marked = draw(st.integers(0, len(marks) - 2))
    return [Stretch(draw(labels), marks[i], marks[i + 1], marked=i == marked) for i in range(len(marks) - 1)]


@given(walks(), st.integers(2, 80), st.none() | st.floats(0, 1))
def test_the_ruler_is_exactly_as_wide_as_told(stretches: list[Stretch], width: int, pointer: float | None) -> None:
    assert cell_len(plain(ruler(stretches, width, pointer=pointer))) == width


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(2, 80))
def test_the_pointer_lies_within_the_bounds_of_its_stretch(a: float, b: float, c: float, width: int) -> None:
    start, u, end = sorted((a, b, c))
    assert cell_of(start, width) <= cell_of(u, width) <= cell_of(end, width)
