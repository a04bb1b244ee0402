"""Walking through the tokens of every reply, in memory or not."""

from collections.abc import Iterator
from pathlib import Path

from chatbot_tui.core.frames import StepFrame
from chatbot_tui.core.ports import Turn
from chatbot_tui.ui.frame_store import FrameStore
from tests.fakes import PATIENCE, ScriptedBackend
from tests.ui.frames import make_frame
from tests.ui.playground import Playground, playground


def place_of(place: Playground) -> tuple[int, int, bool]:
    """(turn, step, live) as the panels see it."""
    cursor = place.chat.cursor
    turn = place.chat.transcript.cursor[0] if place.chat.transcript.cursor else -1
    assert cursor.frame is not None
    return turn, cursor.frame.step, cursor.live


async def test_left_in_an_empty_composer_walks_back_and_right_returns_to_live(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("hi")
        assert place_of(place) == (-1, 3, True), "three words and the end token"
        await place.pilot.press("left", "left")
        assert place_of(place) == (1, 1, False)
        await place.pilot.press("right", "right", "right")
        assert place_of(place) == (-1, 3, True)


async def test_left_with_text_typed_moves_in_the_text(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("hi")
        await place.pilot.press("a", "left")
        assert place_of(place)[2]
        assert place.chat.composer.cursor_location == (0, 0)


async def test_the_walk_goes_on_in_the_reply_before(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        await place.hear("two")
        await place.pilot.press(*["left"] * 4)
        assert place_of(place) == (1, 3, False), "past the first token of turn 3 comes the last of turn 1"
        await place.pilot.press("right")
        assert place_of(place) == (3, 0, False)


async def test_the_walk_ends_at_the_first_token(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        await place.pilot.press(*["left"] * 9)
        assert place_of(place) == (1, 0, False)


async def test_escape_and_end_return_to_the_newest_token(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        await place.pilot.press("left", "escape")
        assert place_of(place) == (-1, 3, True)
        place.chat.transcript.focus()
        await place.pilot.press("left", "end")
        assert place_of(place) == (-1, 3, True)


async def test_tokens_that_arrive_do_not_move_a_person_who_looks_back(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(held=True)) as place:
        await place.say("hi")
        place.backend.release(2)
        await place.until(lambda: place.chat.live is not None and len(place.chat.live.tokens) == 2)
        await place.pilot.press("left")
        place.backend.release_all()
        await place.until(lambda: place.chat.live is None)
        assert place_of(place) == (1, 0, False)


async def test_every_panel_shows_the_token_walked_to(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("hi")
        await place.pilot.press("left", "left")
        await place.pilot.pause()
        assert "step 1" in place.screen_text()


async def test_a_click_on_a_word_shows_its_frame(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("hi")
        # Row 0 is the edge, 1 the message, 2 its surprisal, 3 blank, 4 the reply: "bot  " after one column of padding, then "hello".
        await place.pilot.click(place.chat.transcript, offset=(7, 4))
        await place.until(lambda: place.chat.transcript.cursor == (1, 0))
        assert place_of(place) == (1, 0, False)


async def test_frames_no_longer_in_memory_are_computed_again(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        place.chat.store.forget(0)
        await place.pilot.press("left")
        await place.until(lambda: place.chat.transcript.cursor == (1, 2))
        assert place_of(place) == (1, 2, False)
        (turns,) = place.backend.called("recall")
        assert [turn.text for turn in turns] == ["one", " hello there friend"]


async def test_a_reopened_reply_gets_its_shades_back_when_somebody_walks_there(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        path = place.chat.conversation.path
        await place.pilot.press("ctrl+n")
        await place.chat._reopen(path)
        assert len(place.chat.transcript.entries[1].shades) == 0
        await place.pilot.press("left")
        await place.until(lambda: place.chat.transcript.cursor == (1, 2))
        assert len(place.chat.transcript.entries[1].shades) == 4
        assert place.texts() == ["one", " hello there friend∎"]


async def test_a_reply_of_another_checkpoint_is_explained_not_recalled(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        place.chat.store.forget(0)
        place.chat.load("other")
        await place.until(lambda: place.chat.loaded is not None and place.chat.loaded.name == "other")
        await place.pilot.press("left")
        await place.until(lambda: "another checkpoint" in place.notices())
        assert not place.chat.walking


async def test_letters_typed_while_the_transcript_has_the_focus_go_to_the_composer(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        place.chat.transcript.focus()
        await place.pilot.press("h", "i")
        assert place.chat.composer.text == "hi"


async def test_nothing_is_recalled_while_a_checkpoint_is_loading(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        place.chat.store.forget(0)
        place.backend._loading.clear()
        place.chat.load("other")
        await place.pilot.press("left")
        await place.until(lambda: "wait until a checkpoint is loaded" in place.notices())
        assert place.backend.called("recall") == []


class PatientBackend(ScriptedBackend):
    """Is about to recall until it is cancelled."""

    def recall(self, turns: tuple[Turn, ...], *, top: int | None = 20, pinned: tuple[str, ...] = ()) -> Iterator[StepFrame]:
        with self._changed:
            self._cancelled = False
            self._changed.wait_for(lambda: self._cancelled, timeout=PATIENCE)
        yield from () if self._cancelled else super().recall(turns, top=top, pinned=pinned)


async def test_who_waits_for_candidates_to_be_drawn_again_is_told_and_ends_it_with_escape(tmp_path: Path) -> None:
    async with playground(tmp_path, PatientBackend(), size=(120, 40)) as place:
        await place.pilot.press("alt+r")
        await place.hear("one")
        place.chat.store.forget(0)
        await place.pilot.press("left")
        await place.until(lambda: "drawing 16 candidates again" in place.screen_text())
        assert place.chat.lane.busy
        await place.pilot.press("escape")
        await place.until(lambda: not place.chat.lane.busy)
        assert not place.chat.walking
        await place.until(lambda: "drawing" not in place.screen_text())
        assert place.texts() == ["one", " hello there friend∎"]


def test_the_store_drops_the_oldest_turns_first() -> None:
    store = FrameStore(limit=5)
    store.append(1, [make_frame(step) for step in range(3)])
    store.append(3, [make_frame(step) for step in range(3)])
    assert store.index_of(1, 0) is None
    assert [frame.step for frame in store.frames(3)] == [0, 1, 2]


def test_the_store_drops_the_beginning_of_a_reply_that_is_longer_than_all_it_may_keep() -> None:
    store = FrameStore(limit=8)
    store.append(1, [make_frame(step) for step in range(9)])
    # 9 > 8, so the newest 8 * 3 // 4 = 6 stay: steps 3 to 8.
    assert store.index_of(1, 2) is None
    assert store.index_of(1, 3) == 0
    assert store.index_of(1, 8) == 5


def test_a_turn_taken_back_takes_its_frames_along() -> None:
    store = FrameStore()
    store.append(1, [make_frame(0)])
    store.append(3, [make_frame(0)])
    store.forget(3)
    assert store.index_of(3, 0) is None
    assert store.index_of(1, 0) == 0
