from chatbot_tui.ui.widgets.cloud import LEAST, cloud, half_height
from chatbot_tui.ui.widgets.lines import join


def drawn(points: list[tuple[float, float]], width: int, height: int) -> list[str]:
    return str(join(cloud(points, width, height))).split("\n")


def test_a_heap_is_one_cell_however_many_points_it_has() -> None:
    # Five rows over 2 x .5: a row is .2 high, a column .1 wide. All points are within .001 of the middle.
    for count, sign in ((1, "•"), (2, "2"), (9, "9"), (10, "+"), (32, "+")):
        points = [(0.001, -0.001)] * count
        assert drawn(points, 9, 5) == ["    ╎    ", "    ╎    ", f"╌╌╌╌{sign}╌╌╌╌", "    ╎    ", "    ╎    "]


def test_points_stand_where_they_lie_and_up_is_up() -> None:
    assert drawn([(0.3, 0.4), (-0.2, 0.0), (0.0, -0.4)], 9, 5) == ["    ╎  • ", "    ╎    ", "╌╌•╌┼╌╌╌╌", "    ╎    ", "    •    "]


def test_the_picture_reaches_as_far_as_its_points() -> None:
    assert half_height([(0.1, 0.1)], 20, 5) == LEAST
    assert half_height([(0.0, -2.0)], 20, 5) == 2.1
    # 20 columns over 5 rows: as wide as 10 rows are high, so that 3 to the side need a reach of 3 * 5 / 10.
    assert half_height([(3.0, 0.0)], 20, 5) == 1.05 * 1.5
    corners = [(3.0, 2.0), (-3.0, -2.0)]
    assert sum(line.count("•") for line in drawn(corners, 20, 5)) == 2


def test_no_room_and_no_points() -> None:
    assert cloud([(0.0, 0.0)], 0, 3) == []
    assert drawn([], 3, 1) == ["╌┼╌"]
