import pytest

from chatbot_tui.benchmarks.budgets import Budget, Kind, percentile


@pytest.mark.parametrize(
    ("kind", "bound", "value", "ratio", "met"),
    [
        ("times", 1.25, 5.0, 1.25, True),  # 5 / 4
        ("times", 1.25, 6.0, 1.5, False),
        ("speed", 2.0, 2.0, 2.0, True),  # 4 / 2: half the time is twice the speed
        ("speed", 2.0, 2.5, 1.6, False),
        ("growth", 50.0, 54.0, 13.5, True),  # 54 - 4 = 50, whatever the ratio
        ("growth", 50.0, 55.0, 13.75, False),
    ],
)
def test_a_value_beside_its_reference(kind: Kind, bound: float, value: float, ratio: float, met: bool) -> None:
    record = Budget("name", kind, bound, "s").judge(value, 4.0)
    assert (record.value, record.reference, record.ratio, record.met) == (value, 4.0, ratio, met)


@pytest.mark.parametrize(("value", "met"), [(33.0, True), (33.1, False)])
def test_a_value_on_its_own(value: float, met: bool) -> None:
    record = Budget("name", "value", 33, "ms").judge(value)
    assert (record.reference, record.ratio, record.met) == (None, None, met)


def test_what_is_not_measured_is_neither_met_nor_missed() -> None:
    assert Budget("name", "value", 33, "ms").unmeasured().met is None


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.95, 19.0), (0.5, 10.0), (1.0, 20.0), (0.0, 1.0)],  # the 19th of 20 numbers has 95 % at or below it
)
def test_percentile_is_the_nearest_rank(share: float, expected: float) -> None:
    assert percentile([float(number) for number in range(20, 0, -1)], share) == expected
