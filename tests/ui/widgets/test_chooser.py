"""The chooser: options flow like words, one is chosen, and the focus can always be seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from chatbot_tui.ui.widgets.chooser import Chooser, Option, flow


class Host(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield Chooser([Option("a", "alpha", "first letter"), Option("b", "beta"), Option("c", "gamma")], label="letter", help="Letters")

    def on_chooser_chosen(self, event: Chooser.Chosen) -> None:
        self.chosen.append(event.key)


def test_boxes_flow_like_words() -> None:
    # 5 and 5 with a gap of 2 fill 12 cells; the third begins the next row.
    assert flow([5, 5, 5], 12) == [(0, 0), (0, 7), (1, 0)]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.integers(30, 90))
def test_boxes_never_overlap_and_never_leave_the_width(widths: list[int], width: int) -> None:
    taken: set[tuple[int, int]] = set()
    for (row, column), size in zip(flow(widths, width), widths, strict=True):
        cells = {(row, x) for x in range(column, column + size)}
        assert not cells & taken
        assert column + size <= width
        taken |= cells


@pytest.mark.parametrize(("width", "rows"), [(60, ["letter  ○ alpha  ● beta  ○ gamma"]), (18, ["letter  ○ alpha", "● beta  ○ gamma"])])
async def test_options_take_as_many_rows_as_they_need(width: int, rows: list[str]) -> None:
    app = Host()
    async with app.run_test(size=(width, 10)) as pilot:
        chooser = app.query_one(Chooser)
        chooser.value = "b"
        await pilot.pause()
        assert str(chooser.render()).split("\n") == rows
        assert chooser.size.height == len(rows)


async def test_keys_choose_without_going_round() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.press("tab", "right", "right", "down", "right", "left", "home", "left", "end")
        await pilot.pause()
        # Nothing is chosen at first: the first key takes the first option.
        assert app.chosen == ["a", "b", "c", "b", "a", "c"]


async def test_a_click_chooses_the_option_under_the_mouse_and_nothing_between() -> None:
    app = Host()
    async with app.run_test() as pilot:
        await pilot.click(Chooser, offset=(8 + 9, 0))
        await pilot.click(Chooser, offset=(7, 0))
        await pilot.pause()
        assert app.chosen == ["b"]


async def test_the_tooltip_explains_the_option_under_the_mouse() -> None:
    app = Host()
    async with app.run_test() as pilot:
        chooser = app.query_one(Chooser)
        await pilot.hover(Chooser, offset=(9, 0))
        assert chooser.tooltip == "first letter"
        await pilot.hover(Chooser, offset=(18, 0))
        assert chooser.tooltip == "Letters"


async def test_the_focus_shows_where_nothing_is_chosen_too() -> None:
    app = Host()
    async with app.run_test() as pilot:
        chooser = app.query_one(Chooser)
        chooser.focus()
        await pilot.pause()
        assert ("alpha", " reverse") in chooser.lines(60, 1)[0]
