"""The map: every point lands in its cell, and the present one can be told from the others."""

from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.ui.widgets.lines import Line
from chatbot_tui.ui.widgets.scatter import scatter


def plain(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_corners_land_in_corners() -> None:
    # Up is positive: (0, 0) lies bottom left, (1, 1) top right and is the present one.
    assert plain(scatter([(0, 0), (1, 1)], 3, 2)) == ["  ●", "▖  "]


def test_points_that_coincide_stand_in_the_middle() -> None:
    assert plain(scatter([(5, 5)] * 30, 5, 3)) == ["     ", "  ●  ", "     "]


def test_recent_points_have_their_own_style() -> None:
    points = [(float(x), 0.0) for x in range(20)]
    styles = [style for _, style in scatter(points, 20, 1, "old", "new", "now")[0]]
    assert styles == ["old", "new", "now"]


@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=60),
    st.integers(1, 40),
    st.integers(1, 20),
)
def test_the_map_is_exactly_as_large_as_told(points: list[tuple[float, float]], width: int, height: int) -> None:
    lines = plain(scatter(points, width, height))
    assert [len(line) for line in lines] == [width] * height
    assert "".join(lines).count("●") == (1 if points else 0)
