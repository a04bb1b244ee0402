"""Text of unknown content: visible, harmless, and exactly as wide as its column."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chatbot_tui.ui.widgets.glyphs import clip, fit, visible


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        (" the", "␣the"),
        ("\n\n", "⏎⏎"),
        ("a\tb", "a⇥b"),
        ("\x1b[31m", "␛[31m"),
        ("[bold]x[/]", "[bold]x[/]"),
        ("", "∅"),
        ("\u202eabc", "�abc"),  # turns the rest of a line around in some terminals
        ("\u0301", "◌\u0301"),  # an accent with nothing to stand on
        ("e\u0301", "e\u0301"),
        ("❤\ufe0f", "❤"),
        ("👍\U0001f3fd", "👍"),
    ],
)
def test_hidden_characters_become_signs(text: str, signs: str) -> None:
    assert visible(text) == signs


@given(st.text())
def test_nothing_invisible_is_left(text: str) -> None:
    assert not {unicodedata.category(sign)[0] for sign in visible(text)} & {"C", "Z"}


@given(st.text(), st.integers(0, 40))
def test_fit_fills_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(fit(visible(text), width)) == width


@given(st.text(), st.integers(0, 40))
def test_clip_never_exceeds_its_width(text: str, width: int) -> None:
    assert cell_len(clip(visible(text), width)) <= width


def test_a_wide_character_is_not_cut_in_half() -> None:
    # Four characters of two cells each in five cells: two whole ones and the ellipsis.
    assert fit("漢字漢字", 5) == "漢字…"
