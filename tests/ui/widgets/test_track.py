"""The arithmetic of sliders: values stay on their grid and inside their range."""

from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.ui.widgets.track import Track

TEMPERATURE = Track("t", "temperature", low=0.05, high=2.0, minimum=0.05, maximum=100.0, off=1.0, usual=0.8, step=0.05)
TOP_K = Track("k", "top-k", low=0, high=100, minimum=0, maximum=1000, off=0, usual=40, step=1, whole=True)


def test_a_step_adds_no_float_dust() -> None:
    value = 0.1
    for _ in range(4):
        value = TEMPERATURE.stepped(value, 1)
    assert value == 0.3


def test_a_value_between_two_steps_keeps_its_remainder() -> None:
    assert TEMPERATURE.stepped(0.925, 1) == 0.975


def test_steps_stop_at_what_is_allowed_and_not_at_the_end_of_the_slider() -> None:
    assert TEMPERATURE.stepped(2.0, 1) == 2.05
    assert TEMPERATURE.stepped(0.1, -10) == 0.05


def test_whole_numbers_stay_whole() -> None:
    assert isinstance(TOP_K.stepped(40, 10), int)
    assert isinstance(TOP_K.value_at(3, 11), int)


def test_ends_of_the_slider_are_its_ends() -> None:
    assert (TOP_K.value_at(0, 11), TOP_K.value_at(5, 11), TOP_K.value_at(10, 11)) == (0, 50, 100)


@given(st.integers(2, 60), st.data())
def test_a_click_puts_the_knob_under_the_mouse(cells: int, data: st.DataObject) -> None:
    cell = data.draw(st.integers(0, cells - 1))
    # A step is at most 1/39 of this slider: on fewer cells the knob stands exactly where it was clicked.
    reached = TEMPERATURE.cell_at(TEMPERATURE.value_at(cell, cells), cells)
    assert abs(reached - cell) <= (0 if cells <= 20 else 1)


@given(st.floats(0.01, 100), st.integers(0, 60), st.booleans())
def test_the_slider_is_exactly_as_wide_as_told(value: float, cells: int, on: bool) -> None:
    assert sum(len(text) for text, _ in TEMPERATURE.line(value, cells, "", on=on)) == cells


def test_values_show_the_decimals_of_their_step_and_more_where_they_have_more() -> None:
    assert [TEMPERATURE.text(value) for value in (0.8, 1.0, 0.925)] == [".80", "1.00", ".925"]
    assert TOP_K.text(40) == "40"
