import pytest

from chatbot_tui.diagnosis.calibration.statistics import Confusion, Rate, wilson

PAIRS = [
    *[("healthy", "healthy")] * 8,
    ("healthy", "collapsed"),
    ("healthy", "unknown"),
    *[("collapsed", "collapsed")] * 3,
    ("collapsed", "healthy"),
]


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        # Newcombe (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(hits: int, total: int, low: float, high: float) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=5e-5)


def test_nothing_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert Rate(0, 0).share is None
    assert str(Rate(0, 0)) == "none of 0"


def test_all_of_a_few_is_not_certainty() -> None:
    low, high = wilson(20, 20)
    assert low == pytest.approx(1 - 0.1611, abs=5e-5)  # The mirror image of none of 20.
    assert high == pytest.approx(1.0)


def test_a_matrix_counts_what_was_said_of_what_was_so() -> None:
    matrix = Confusion.of(PAIRS)
    assert (matrix.row("healthy").hits, matrix.row("healthy").total) == (8, 10)
    assert matrix.row("healthy", ("healthy", "unknown")).hits == 9
    assert (matrix.correct.hits, matrix.correct.total) == (11, 14)
    assert matrix.answered("unknown") == Rate(1, 14)


def test_a_matrix_is_written_with_a_truth_a_line() -> None:
    lines = Confusion.of(PAIRS).markdown().splitlines()
    assert lines[0] == "| is | collapsed | healthy | unknown | right |"
    assert lines[2].startswith("| collapsed | 3 | 1 |  | 75.0 % (3 of 4;")
    assert lines[3].startswith("| healthy | 1 | 8 | 1 | 80.0 % (8 of 10;")
    assert len(lines) == 4
