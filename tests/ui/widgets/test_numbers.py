"""Numbers in columns: right to their last digit, and never wider than the column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.ui.widgets.numbers import hundredths, probability, quantity


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.62, ".62"),
        (0.005, ".0050"),  # half a percent is not "< .01 %"
        (0.0031, ".0031"),
        (0.0996, ".10"),  # two digits, carried into the next decade
        (9.96e-5, ".00010"),
        (4.1e-7, "4.1e-7"),
        (1e-120, "1e-120"),
        (0.9996, ".9996"),
        (0.9999999, "≈1"),  # rounds to 1, is not 1
    ],
)
def test_probability_keeps_two_digits(value: float, text: str) -> None:
    assert probability(value) == text


@given(st.floats(0, 1))
def test_probability_is_near_the_truth_and_fits_its_column(value: float) -> None:
    text = probability(value)
    assert len(text) <= 6
    # Half a unit of the second digit is at most 5 % (1.0 against 1.05). Six cells leave one digit beside an exponent of two or
    # three figures, and half a unit of that is at most half.
    tolerance = 0.051 if value >= 9.5e-10 else 0.5
    assert float(text.replace("≈", "")) == pytest.approx(value, rel=tolerance, abs=0)


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_only_exact_certainty_is_written_as_certainty(value: float) -> None:
    assert probability(value) not in {"0", "1"}


@pytest.mark.parametrize(
    ("value", "text"),
    [(4.21, "4.21"), (-12.34, "-12.3"), (0.0003, ".0003"), (123.4, "123"), (1e6, "1.0e6"), (0.995, ".99"), (0.0, "0"), (-0.5, "-.50")],
)
def test_quantity_keeps_about_three_digits(value: float, text: str) -> None:
    assert quantity(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_quantity_fits_its_column(value: float) -> None:
    assert len(quantity(value)) <= 7


@pytest.mark.parametrize(("value", "text"), [(0.4, ".40"), (-0.1, "-.10"), (1.0, "1.0"), (-1.0, "-1.0"), (-0.001, ".00")])
def test_hundredths_have_two_decimals(value: float, text: str) -> None:
    assert hundredths(value) == text


@given(st.floats(-1, 1))
def test_hundredths_fit_four_cells(value: float) -> None:
    assert len(hundredths(value)) <= 4
