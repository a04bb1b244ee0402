from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.signals.repetition import MAX_UNIT, Repetition, RepetitionTracker


def after(tokens: list[int]) -> RepetitionTracker:
    tracker = RepetitionTracker()
    for token in tokens:
        tracker.push(token)
    return tracker


def by_definition(tokens: list[int], min_repeats: int, min_tokens: int) -> Repetition | None:
    for unit in range(1, MAX_UNIT + 1):
        stretch = min(unit, len(tokens))
        while stretch < len(tokens) and tokens[-stretch - 1] == tokens[-stretch - 1 + unit]:
            stretch += 1
        if stretch // unit >= min_repeats and stretch >= min_tokens:
            return Repetition(unit, stretch // unit, stretch)
    return None


def test_one_word_for_ever() -> None:
    assert after([9, 5, 5, 5, 5]).shortest(3) == Repetition(unit=1, repeats=4, tokens=4)


def test_nothing_repeats_in_an_empty_or_varied_sequence() -> None:
    assert after([]).shortest(2) is None
    assert after([1, 2, 3, 1, 2]).shortest(2) is None


def test_an_incomplete_unit_belongs_to_the_stretch_but_is_no_repeat() -> None:
    assert after([7, 1, 2, 3, 1, 2, 3, 1, 2]).shortest(2) == Repetition(unit=3, repeats=2, tokens=8)


def test_the_shortest_unit_wins_unless_it_repeats_too_few_times() -> None:
    tokens = [1, 1, 2] * 3 + [1, 1]
    assert after(tokens).shortest(2) == Repetition(unit=1, repeats=2, tokens=2)
    assert after(tokens).shortest(3) == Repetition(unit=3, repeats=3, tokens=11)


def test_a_minimum_of_tokens() -> None:
    assert after([4] * 7).shortest(3, 8) is None
    assert after([4] * 8).shortest(3, 8) == Repetition(unit=1, repeats=8, tokens=8)


def test_the_longest_unit_and_one_beyond_it() -> None:
    assert after(list(range(64)) * 3).shortest(3) == Repetition(unit=64, repeats=3, tokens=192)
    assert after(list(range(65)) * 3).shortest(2) is None


@given(st.lists(st.integers(0, 2), max_size=12), st.lists(st.integers(0, 3), min_size=1, max_size=70), st.integers(1, 4), st.integers(0, 9))
def test_agrees_with_the_definition(start: list[int], unit: list[int], times: int, cut: int) -> None:
    tokens = start + unit * times + unit[:cut]
    tracker = after(tokens)
    for min_repeats, min_tokens in ((2, 0), (3, 0), (3, 8)):
        assert tracker.shortest(min_repeats, min_tokens) == by_definition(tokens, min_repeats, min_tokens)
