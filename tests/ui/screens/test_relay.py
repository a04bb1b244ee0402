"""Each panel gets the newest token, one after the other, and all of them at once when it matters."""

from functools import partial
from pathlib import Path

from chatbot_tui.ui.cursor import Cursor
from chatbot_tui.ui.panels.inspector import Inspector
from tests.ui.frames import make_frame
from tests.ui.playground import playground

FRAMES = [make_frame(step) for step in range(3)]


def at(step: int) -> Cursor:
    return Cursor(FRAMES, step, live=True)


async def test_the_panels_take_turns_and_an_older_token_is_passed_over(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        # Who is not on screen costs nothing, and is served at once.
        relay, panels = place.chat.relay, [panel for panel in place.chat.query(Inspector) if panel.is_on_screen]
        seen: list[tuple[Inspector, int]] = []

        def note(panel: Inspector, cursor: Cursor) -> None:
            seen.append((panel, cursor.index))

        for panel in panels:
            place.chat.watch(panel, "cursor", partial(note, panel), init=False)

        relay.show(at(0), at_once=False)
        relay.show(at(1), at_once=False)
        assert seen == []
        await place.until(lambda: len(seen) == 3)

        assert seen == [(panel, 1) for panel in panels]


async def test_whoever_wants_it_at_once_gets_it_and_nobody_gets_it_again(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        relay, panels = place.chat.relay, list(place.chat.query(Inspector))

        relay.show(at(0), at_once=False)
        relay.show(at(2), at_once=True)
        assert [panel.cursor.index for panel in panels] == [2, 2, 2, 2]

        relay.show(at(1), at_once=False)
        relay.settle()
        assert [panel.cursor.index for panel in panels] == [1, 1, 1, 1]


async def test_a_reply_that_has_ended_stands_in_every_panel(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("hello")

        newest = place.chat.cursor
        assert newest.frame is not None
        assert newest.frame.is_end
        assert all(panel.cursor == newest for panel in place.chat.query(Inspector))
