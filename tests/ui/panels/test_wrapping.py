"""Rows of text: nothing lost, nothing too wide, nothing that a terminal would obey."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chatbot_tui.core.frames import TokenScore
from chatbot_tui.ui.panels.entry import Entry
from chatbot_tui.ui.panels.wrapping import printable, wrap

TEXT = st.text(alphabet=st.sampled_from("ab cd\n\t한語é\u0301\x1b[]🙂"), max_size=60)


def rows(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in wrap(text, width)]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 5, [""]),
        ("hello", 5, ["hello"]),
        ("hello you", 5, ["hello", "you"]),
        ("hello you", 6, ["hello", "you"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("  lead", 9, ["lead"]),
        ("a\nb", 9, ["a", "b"]),
        ("a\n", 9, ["a", ""]),
        ("a\n  b", 9, ["a", "  b"]),
        ("語語語", 4, ["語語", "語"]),
    ],
)
def test_rows_break_at_spaces_else_inside_words(text: str, width: int, expected: list[str]) -> None:
    assert rows(text, width) == expected


@given(TEXT, st.integers(2, 20))
def test_no_row_is_too_wide_and_only_spaces_and_newlines_are_left_out(text: str, width: int) -> None:
    text = printable(text)
    result = rows(text, width)
    assert all(cell_len(row) <= width for row in result)
    assert "".join(result).replace(" ", "") == text.replace(" ", "").replace("\n", "")


@given(st.lists(TEXT, max_size=6), st.integers(2, 20))
def test_a_growing_reply_has_the_rows_of_the_finished_one(pieces: list[str], width: int) -> None:
    growing = Entry("bot")
    growing.fit(width)
    for piece in pieces:
        growing.extend([(piece, 0.5)])
    whole = Entry("bot", growing.text)
    whole.fit(width)
    assert growing.rows == whole.rows


@given(st.text(max_size=40))
def test_printable_text_has_the_same_length_and_no_control_characters(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert not any(ord(character) < 32 and character != "\n" for character in shown)
    shown.encode()


def test_escapes_and_direction_marks_are_visible() -> None:
    assert printable("\x1b[31m\u202e\x7f") == "␛[31m\ufffd␡"


def test_surprisal_becomes_a_probability_over_the_words_as_typed() -> None:
    entry = Entry("you", "Hello THERE")
    entry.score([TokenScore(1, "hello", None), TokenScore(2, " there", 0.6931471805599453), TokenScore(3, "", 1.0)])
    assert list(entry.starts) == [0, 5]
    # A token that nothing stands before counts as certain; e^-ln 2 = 1/2.
    assert list(entry.shades) == pytest.approx([1.0, 0.5])
