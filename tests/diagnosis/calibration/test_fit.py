import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.core.diagnosis import Side
from chatbot_tui.diagnosis.calibration.fit import Case, Question, fit, threshold
from chatbot_tui.diagnosis.calibration.statistics import Rate

SENSITIVITY = Question("input-blind", "sensitivity", "below", frozenset({"collapsed"}))


def case(label: str, value: float | None, part: str = "fit") -> Case:
    return Case(label, part, {"sensitivity": value})


def test_the_threshold_lies_in_the_middle_of_the_gap_on_a_logarithmic_scale() -> None:
    # Everything positive: between .01 and 1 the middle is .1.
    assert threshold([0.001, 0.01], [1.0, 2.0], "below") == pytest.approx(0.1)


def test_with_a_value_of_zero_the_middle_is_the_mean() -> None:
    assert threshold([0.0, 0.25], [0.75, 1.0], "below") == pytest.approx(0.5)


def test_of_equally_good_cuts_the_one_in_the_widest_gap_is_taken() -> None:
    # Below 2, or below 60, one of three positives is cut off or one of three negatives let in, either way 5/6; the wider gap in
    # logarithms is 5 to 50.
    value = threshold([1.0, 2.0, 50.0], [5.0, 60.0, 70.0], "below")
    assert value is not None
    assert value == pytest.approx(math.sqrt(2 * 5)) or value == pytest.approx(math.sqrt(50 * 60))
    # Of 2 to 5 (ratio 2.5) and 50 to 60 (ratio 1.2) the first.
    assert value == pytest.approx(math.sqrt(10))


def test_classes_of_unequal_size_weigh_the_same() -> None:
    # Of 100 negatives one lies among the positives: the cut that finds all of 2 positives beats the one that clears all negatives.
    negatives = [0.5, *(10.0 + number for number in range(99))]
    assert threshold([0.1, 1.0], negatives, "below") == pytest.approx(math.sqrt(10.0))


def test_the_threshold_in_use_stays_unless_another_does_better() -> None:
    # Anything between .01 and 1 tells all apart.
    assert threshold([0.001, 0.01], [1.0, 2.0], "below", in_use=0.02) == 0.02
    assert threshold([0.001, 0.01], [1.0, 2.0], "below", in_use=0.005) == pytest.approx(0.1)


def test_a_cut_that_clears_too_few_is_none_whatever_it_finds() -> None:
    # All three are found below 6, with one of ten others; below 1.5 two are, and all others are cleared.
    positives, negatives = [0.1, 1.0, 5.0], [2.0, *(10.0 + number for number in range(9))]
    assert threshold(positives, negatives, "below") == pytest.approx(math.sqrt(5 * 10))
    # Nine tenths of the way from 2 to 1 on a logarithmic scale.
    assert threshold(positives, negatives, "below", least_cleared=0.95) == pytest.approx(2**0.1)


@pytest.mark.parametrize(("positives", "negatives"), [([], [1.0]), ([1.0], []), ([1.0], [1.0])])
def test_where_there_is_nothing_to_tell_apart_there_is_no_threshold(positives: list[float], negatives: list[float]) -> None:
    assert threshold(positives, negatives, "above") is None


def test_a_cut_on_the_wrong_side_is_no_threshold() -> None:
    assert threshold([1.0], [2.0], "above") is None


@given(
    st.lists(st.floats(0.01, 1.0), min_size=1, max_size=20),
    st.lists(st.floats(1.5, 100.0), min_size=1, max_size=20),
    st.sampled_from(("above", "below")),
)
def test_what_can_be_told_apart_is(low: list[float], high: list[float], side: Side) -> None:
    value = threshold(*((low, high) if side == "below" else (high, low)), side)
    assert value is not None
    assert max(low) < value < min(high)


def test_the_threshold_is_fitted_to_one_part_and_tried_on_the_other() -> None:
    cases = [
        case("collapsed", 0.01),
        case("healthy", 1.0),
        case("collapsed", 0.05, "held-out"),
        case("collapsed", 0.5, "held-out"),
        case("healthy", 0.6, "held-out"),
        case("healthy", None, "held-out"),
    ]
    fitted = fit(SENSITIVITY, cases)
    assert fitted.value == pytest.approx(0.1)
    assert (fitted.found, fitted.cleared) == (Rate(1, 1), Rate(1, 1))
    # One of the two that were held out lies above the threshold; what could not be measured takes no side.
    assert (fitted.found_held_out, fitted.cleared_held_out) == (Rate(1, 2), Rate(1, 1))


def test_only_the_labels_that_are_named_take_the_other_side() -> None:
    question = Question("q", "sensitivity", "below", frozenset({"a"}), frozenset({"b"}))
    cases = [case("a", 0.01), case("b", 1.0), case("c", 0.02)]
    assert fit(question, cases).cleared == Rate(1, 1)
    assert fit(question, cases).value == pytest.approx(0.1)


def test_a_fitted_threshold_is_plain_data() -> None:
    values = fit(SENSITIVITY, [case("collapsed", 0.01), case("healthy", 1.0)]).to_json()
    assert (values["name"], values["signal"], values["side"]) == ("input-blind", "sensitivity", "below")
    assert values["value"] == pytest.approx(0.1)
