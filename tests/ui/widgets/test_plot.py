import math

from chatbot_tui.ui.widgets.lines import Line
from chatbot_tui.ui.widgets.plot import Curve, Frame, Level, Place, band, label_rows, plot


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_values_fall_into_cells_from_edge_to_edge() -> None:
    frame = Frame((0, 100), (0, 8), 11, 5)
    # Eleven columns for 0 to 100: one each ten. Five rows for 0 to 8, the top one for 8: one each two.
    assert [frame.column(x) for x in (0, 10, 54, 56, 100)] == [0, 1, 5, 6, 10]
    assert [frame.row(y) for y in (8, 6, 4.9, 5.1, 0)] == [0, 1, 2, 1, 4]


def test_what_lies_outside_falls_on_the_edge() -> None:
    frame = Frame((0, 100), (0, 8), 11, 5)
    assert (frame.column(-5), frame.column(1000), frame.row(99), frame.row(-1)) == (0, 10, 0, 4)
    assert (frame.row(math.inf), frame.row(math.nan)) == (0, 4)


def test_a_cell_holds_two_by_two_dots() -> None:
    frame = Frame((0, 3), (0, 3), 2, 2)
    # Four columns and four rows of dots: x and 3 - y themselves.
    assert [frame.column(x, 2) for x in range(4)] == [0, 1, 2, 3]
    assert [frame.row(y, 2) for y in range(4)] == [3, 2, 1, 0]


def test_a_curve_is_a_line_of_dots() -> None:
    frame = Frame((0, 3), (0, 3), 2, 2)
    # Falling one dot a column: the diagonal of the upper left cell, then that of the lower right one.
    assert texts(plot(frame, [Curve([(0, 3), (3, 0)])])) == ["▚ ", " ▚"]
    assert texts(plot(frame, [Curve([(0, 3)])])) == ["▘ ", "  "]
    assert texts(plot(frame, [Curve([])])) == ["  ", "  "]


def test_signs_stand_at_their_points_under_what_comes_before() -> None:
    frame = Frame((0, 4), (0, 2), 5, 3)
    lines = plot(frame, [Curve([(0, 0)], "top", "x"), Curve([(0, 0), (2, 1), (4, 2)], "low", "o")])
    assert texts(lines) == ["    o", "  o  ", "x    "]
    assert ("x", "top") in lines[2]


def test_levels_and_places_lie_under_the_curves() -> None:
    frame = Frame((0, 4), (0, 2), 5, 3)
    lines = plot(frame, [Curve([(1, 1)], "", "x")], [Level(1, "middle")], [Place(3, "7", "mark")])
    assert texts(lines) == ["   7 ", "┄x┄┊┄", "   ┊ "]
    assert ("7", "mark") in lines[0]


def test_a_curve_never_hides_the_sign_of_a_place() -> None:
    frame = Frame((0, 4), (0, 2), 5, 3)
    assert texts(plot(frame, [Curve([(3, 2)], "", "x")], (), [Place(3, "7")])) == ["   7 ", "   ┊ ", "   ┊ "]


def test_labels_that_share_a_row_move_apart() -> None:
    frame = Frame((0, 1), (0, 8), 4, 5)
    levels = [Level(8, "ln V"), Level(4, "unigram"), Level(3.9, "bigram")]
    assert {row: level.label for row, level in label_rows(frame, levels).items()} == {0: "ln V", 2: "unigram", 3: "bigram"}


def test_more_labels_than_rows_leave_the_last_out() -> None:
    assert [level.label for level in label_rows(Frame((0, 1), (0, 1), 4, 1), [Level(1, "a"), Level(0, "b")]).values()] == ["a"]


def test_a_band_names_its_stretches_where_there_is_room() -> None:
    frame = Frame((0, 19), (0, 1), 20, 1)
    # Columns 0-8, 9-11 (too small for a name) and 12-19.
    line = band([(0, 8, "one", "░", "a"), (9, 11, "two", "▒", "b"), (12, 19, "tri", "█", "c")], frame)
    assert "".join(text for text, _ in line) == "░░ one ░░▒▒▒█ tri ██"
    assert [style for _, style in line] == ["a", "b", "c"]


def test_a_band_that_ends_early_is_filled_up() -> None:
    frame = Frame((0, 9), (0, 1), 10, 1)
    assert "".join(text for text, _ in band([(0, 4, "", "░", "")], frame)) == "░░░░░     "
    assert "".join(text for text, _ in band([], frame)) == " " * 10
