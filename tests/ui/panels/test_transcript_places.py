"""Which character stands where: what the mouse asks, and what drawing does without."""

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.geometry import Region

from chatbot_tui.ui.panels.entry import Entry
from chatbot_tui.ui.panels.transcript import Transcript

WORDS = [(" 日本", 0.4), (" tea", 0.9), (" and so on", 0.2)]
GUTTER = 2
"""Narrow: one sign and a space."""


class Host(App[None]):
    CSS = "Transcript { scrollbar-size: 0 0; }"

    def __init__(self) -> None:
        super().__init__()
        self.transcript = Transcript()
        self.chosen: list[tuple[int, int]] = []

    def compose(self) -> ComposeResult:
        yield self.transcript

    def on_mount(self) -> None:
        self.transcript.add(Entry("you", "hi"))
        self.transcript.add(Entry("bot"))
        self.transcript.extend(WORDS)

    @on(Transcript.TokenChosen)
    def note(self, event: Transcript.TokenChosen) -> None:
        self.chosen.append((event.turn, event.token))


async def test_what_is_drawn_has_no_style_of_its_own_for_every_place() -> None:
    async with Host().run_test(size=(20, 8)) as pilot:
        transcript = pilot.app.query_one(Transcript)
        drawn = transcript.render_lines(Region(0, 0, *transcript.size))
        assert all(not segment.style or not segment.style.meta for strip in drawn for segment in strip)


@pytest.mark.parametrize(
    ("cell", "token"),
    [
        # Row 2 is "· " and then "日本 tea and so on": two cells for each of the first two characters, a space is its word's.
        (GUTTER + 0, 0),
        (GUTTER + 3, 0),
        (GUTTER + 4, 1),
        (GUTTER + 7, 1),
        (GUTTER + 8, 2),
    ],
)
async def test_a_click_chooses_the_token_under_it_past_wide_characters(cell: int, token: int) -> None:
    app = Host()
    async with app.run_test(size=(24, 8)) as pilot:
        await pilot.click(app.transcript, offset=(cell, 2))
        await pilot.pause()
        assert app.chosen == [(1, token)]


@pytest.mark.parametrize(
    "place",
    [(0, 2), (GUTTER + 18, 2), (3, 3), (3, 7), (GUTTER, 0)],
    ids=["name", "past the row", "between turns", "below all", "a person's words"],
)
async def test_a_click_beside_the_net_s_words_chooses_nothing(place: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=(24, 8)) as pilot:
        await pilot.click(app.transcript, offset=place)
        await pilot.pause()
        assert app.chosen == []


@pytest.mark.parametrize(
    ("cell", "character"),
    [(GUTTER + 0, 0), (GUTTER + 2, 1), (GUTTER + 4, 2), (GUTTER + 5, 3), (23, 16)],
)
async def test_the_screen_learns_which_character_is_under_the_mouse(cell: int, character: int) -> None:
    app = Host()
    async with app.run_test(size=(24, 8)):
        # "日本 tea and so on" has 2 + 4 + 10 = 16 characters; beyond them stands the end of the row.
        widget, offset = app.screen.get_widget_and_offset_at(cell, 2)
        assert widget is app.transcript
        assert offset == (character, 2)
