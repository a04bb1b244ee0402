import pytest

from chatbot_tui.ui.widgets.gauge import Scale, gauge, scale_over, standing
from chatbot_tui.ui.widgets.lines import join


def drawn(
    value: float | None, *, healthy: tuple[float, float] | None, collapsed: tuple[float, float] | None, limit: float | None = None
) -> str:
    return str(join([gauge(value, 11, Scale(0.0, 1.0), healthy, collapsed, limit)]))


def test_a_gauge_shows_stretches_limit_and_value_by_signs() -> None:
    # Eleven cells from 0 to 1: a cell a tenth.
    assert drawn(0.6, healthy=(0.5, 0.8), collapsed=(0.0, 0.2), limit=0.3) == "░░░┃─━●━━──"
    assert drawn(0.1, healthy=(0.5, 0.8), collapsed=(0.0, 0.2)) == "░✗░──━━━━──"
    assert drawn(1.0, healthy=(0.5, 0.8), collapsed=(0.0, 0.2)) == "░░░──━━━━─◆"
    assert drawn(None, healthy=(0.5, 0.8), collapsed=None) == "─────━━━━──"


def test_a_value_beyond_the_scale_is_pointed_to() -> None:
    assert drawn(-3.0, healthy=(0.5, 0.8), collapsed=None) == "◀────━━━━──"
    assert drawn(7.0, healthy=(0.5, 0.8), collapsed=None) == "─────━━━━─▶"


def test_a_gauge_without_a_scale_is_blank() -> None:
    assert gauge(0.3, 4, None, None, None) == [("    ", "")]
    assert gauge(0.3, 0, Scale(0.0, 1.0), None, None) == []


@pytest.mark.parametrize(
    ("value", "where"),
    [(0.002, "collapsed"), (0.0, "collapsed"), (0.1, "between"), (1.5, "healthy"), (2.5, "unusual"), (None, "unknown")],
)
def test_where_a_value_lies(value: float | None, where: str) -> None:
    assert standing(value, (0.3, 2.0), (1e-12, 0.024)) == where


def test_where_a_value_lies_with_the_collapsed_stretch_above_or_missing_or_inside() -> None:
    assert standing(1.2, (0.03, 0.35), (0.95, 1.0)) == "collapsed"
    assert standing(0.5, (0.03, 0.35), (0.95, 1.0)) == "between"
    assert standing(0.5, (0.45, 0.55), None) == "healthy"
    assert standing(0.9, (0.45, 0.55), None) == "unusual"
    assert standing(1.0, (0.0, 1.0), (1.0, 1.0)) == "either"
    assert standing(0.5, (0.0, 1.0), (1.0, 1.0)) == "healthy"
    assert standing(3.0, None, None) == "unknown"


def test_a_logarithmic_scale_shows_a_decade_of_a_collapsed_stretch_that_ends_at_nothing() -> None:
    scale = scale_over(0.5, (0.3, 2.0), (1e-12, 0.024), logarithmic=True)
    assert scale is not None
    assert (scale.low, scale.high) == pytest.approx((0.0024, 2.0))


def test_a_logarithmic_scale_stretches_for_a_value_by_three_decades_at_most() -> None:
    near = scale_over(1e-4, (0.3, 2.0), (1e-12, 0.024), logarithmic=True)
    far = scale_over(1e-9, (0.3, 2.0), (1e-12, 0.024), logarithmic=True)
    assert near == Scale(1e-4, 2.0, logarithmic=True)
    assert near is not None
    assert far is not None
    assert (far.low, far.high) == pytest.approx((2.4e-6, 2.0))
    # Half way between 1e-4 and 2 in logarithms is .0141; zero falls on the lower end.
    assert (near.cell(0.0141, 11), near.cell(0.0, 11), near.cell(2.0, 11)) == (5, 0, 10)


def test_a_linear_scale_holds_everything_and_a_share_runs_from_nought_to_one() -> None:
    assert scale_over(-0.5, (0.5, 4.0), (-1.0, 0.1), [6.0]) == Scale(-1.0, 6.0)
    assert scale_over(0.2, (0.1, 0.6), None, share=True) == Scale(0.0, 1.0)
    assert scale_over(0.2, None, None) is None
    assert scale_over(3.0, (3.0, 3.0), None) == Scale(3.0, 4.0)
