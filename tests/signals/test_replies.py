import pytest

from chatbot_tui.signals.replies import alike, commonest_share, distinct_share, known_share, loops


def test_distinct_replies() -> None:
    assert distinct_share([(1, 2), (1, 2), (3,), ()]) == 0.75
    assert distinct_share([]) == 1


def test_a_loop_begins_where_its_first_token_stands() -> None:
    assert loops([9, 8, *[1, 2, 3] * 4], 3, 12) == 2
    # Three times, but over nine tokens only; and a unit that stands twice.
    assert loops([9, 8, *[1, 2, 3] * 3], 3, 12) is None
    assert loops([1, 2, 3, 4, 5, 6, 7] * 2, 3, 12) is None
    # What repeats must do so at the end.
    assert loops([*[1] * 20, 2], 3, 12) is None


def test_the_commonest_token() -> None:
    assert commonest_share([(1, 2, 2), (3, 2)]) == (2, 0.6)
    assert commonest_share([(5,), (4,)]) == (4, 0.5)
    assert commonest_share([(), ()]) == (None, 0.0)


def test_likeness_is_the_mean_jaccard_index() -> None:
    # Bigrams {12, 23}, {12, 24}, {56}: indices 1/3, 0 and 0.
    assert alike([(1, 2, 3), (1, 2, 4), (5, 6)], 2) == pytest.approx(1 / 9)
    assert alike([(1, 2, 3)] * 2, 2) == 1
    assert alike([(1,), (1,)], 2) == 0


def test_what_stands_in_the_text() -> None:
    # Trigrams 123, 234, 345: the first two stand in the text.
    assert known_share([(1, 2, 3, 4, 5)], [0, 1, 2, 3, 4, 0], 3) == pytest.approx(2 / 3)
    assert known_share([(1, 2)], [1, 2, 3], 3) is None
