"""Sending, stopping, retrying and taking back."""

from pathlib import Path

import pytest

from chatbot_tui.core.conversations import ConversationLog
from chatbot_tui.core.ports import Pace
from chatbot_tui.core.sampling import PRESETS, SamplingSettings
from tests.fakes import ScriptedBackend
from tests.ui.playground import playground


async def test_enter_sends_and_the_reply_appears_token_by_token(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(held=True)) as place:
        await place.pilot.press(*"hi you", "enter")
        await place.until(lambda: place.backend.speaking.is_set())
        assert place.chat.composer.text == ""
        place.backend.release()
        await place.until(lambda: place.texts() == ["hi you", " hello"])
        place.backend.release(3)
        await place.until(lambda: place.chat.live is None)
        assert place.texts() == ["hi you", " hello there friend∎"]
        assert [turn.text for turn in place.chat.conversation.turns] == ["hi you", " hello there friend"]


async def test_letters_typed_just_before_enter_are_part_of_the_message(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        for key in "hello":
            place.app.simulate_key(key)
        place.app.simulate_key("enter")
        await place.until(lambda: place.texts()[:1] == ["hello"])


async def test_the_request_carries_everything_the_reply_depends_on(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        await place.hear("two")
        first, second = place.backend.requests
        assert [turn.text for turn in second.turns] == ["one", " hello there friend", "two"]
        assert (first.reply, second.reply) == (0, 1)
        assert second.sampling == SamplingSettings(temperature=0.8, top_k=40), "the card's own settings"
        assert second.pinned == ("the",)


@pytest.mark.parametrize("nothing", ["", "   ", "\n\n"])
async def test_an_empty_message_is_not_sent_but_explained(tmp_path: Path, nothing: str) -> None:
    async with playground(tmp_path) as place:
        await place.say(nothing)
        await place.until(lambda: "Type something" in place.notices())
        assert place.backend.requests == []


async def test_a_message_sent_before_the_network_is_ready_waits_and_is_answered(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(loading_open=False), ready=False) as place:
        await place.until(lambda: place.chat.loading_name == "smalltalk")
        assert "loading smalltalk" in place.screen_text()
        await place.say("early")
        await place.until(lambda: place.texts() == ["early"])
        place.backend.open_loading()
        await place.until(lambda: len(place.chat.conversation.turns) == 2)


async def test_a_message_sent_during_a_reply_stays_in_the_composer_until_the_reply_has_ended(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(held=True)) as place:
        await place.say("one")
        await place.until(lambda: place.backend.speaking.is_set())
        await place.say("two")
        await place.until(lambda: place.chat.queued)
        assert place.chat.composer.text == "two"
        place.backend.release_all()
        await place.until(lambda: len(place.backend.requests) == 2)
        await place.until(lambda: len(place.chat.conversation.turns) == 4)
        assert place.chat.composer.text == ""


async def test_a_waiting_message_that_is_written_on_waits_for_another_enter(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(held=True)) as place:
        await place.say("one")
        await place.until(lambda: place.backend.speaking.is_set())
        await place.say("two")
        await place.until(lambda: place.chat.queued)
        await place.pilot.press("!")
        await place.until(lambda: not place.chat.queued)
        assert "waits for the reply" not in place.screen_text()
        place.backend.release_all()
        await place.until(lambda: place.chat.live is None)
        await place.pilot.pause()
        assert place.chat.composer.text == "two!"
        assert [turn.text for turn in place.chat.conversation.turns[::2]] == ["one"]


async def test_escape_stops_the_reply_and_keeps_what_was_said(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(held=True)) as place:
        await place.say("hi")
        place.backend.release(2)
        await place.until(lambda: place.chat.live is not None and len(place.chat.live.tokens) == 2)
        await place.pilot.press("escape")
        await place.until(lambda: place.chat.live is None)
        turn = place.chat.conversation.turns[-1]
        assert (turn.text, turn.finish_reason) == (" hello there", "cancelled")
        assert place.chat.transcript.entries[-1].note == "stopped"


async def test_a_reply_stopped_before_its_first_word_leaves_no_turn(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(held=True)) as place:
        await place.say("hi")
        await place.until(lambda: place.backend.speaking.is_set())
        await place.pilot.press("escape")
        await place.until(lambda: place.chat.live is None)
        assert place.texts() == ["hi"]


async def test_a_failed_reply_gives_the_message_back(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(reply_error="no known words: use others")) as place:
        await place.say("xyzzy")
        await place.until(lambda: place.chat.composer.text == "xyzzy")
        assert place.texts() == []
        assert place.chat.conversation.turns == []
        assert "no known words" in place.notices()


async def test_a_reply_that_fails_half_way_keeps_its_first_half(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(reply_error="broken: reload", error_after=2)) as place:
        await place.say("hi")
        await place.until(lambda: len(place.chat.conversation.turns) == 2)
        assert place.chat.conversation.turns[-1].finish_reason == "interrupted"
        assert place.chat.composer.text == ""


async def test_retry_answers_the_same_message_with_another_draw(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(replies=[(" one",), (" two",)])) as place:
        assert await place.hear("hi") == " one"
        await place.pilot.press("ctrl+r")
        await place.until(lambda: len(place.chat.conversation.turns) == 2 and place.chat.conversation.turns[-1].text == " two")
        assert [request.reply for request in place.backend.requests] == [0, 1]
        assert [turn.text for turn in place.backend.requests[1].turns] == ["hi"]


async def test_retry_in_mid_reply_ends_the_old_one_first(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(held=True)) as place:
        await place.say("hi")
        place.backend.release(1)
        await place.until(lambda: place.chat.live is not None and place.chat.live.tokens)
        place.backend.release_all()
        await place.pilot.press("ctrl+r")
        await place.until(lambda: len(place.backend.requests) == 2)
        await place.until(lambda: len(place.chat.conversation.turns) == 2)


async def test_undo_takes_the_exchange_back_and_returns_the_message(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        await place.hear("two")
        await place.pilot.press("ctrl+underscore")
        await place.until(lambda: len(place.texts()) == 2)
        assert place.chat.composer.text == "two"
        assert [turn.text for turn in ConversationLog.open(place.chat.conversation.path).turns] == ["one", " hello there friend"]


async def test_a_new_conversation_keeps_the_old_one(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        path = place.chat.conversation.path
        await place.pilot.press("ctrl+n")
        await place.until(lambda: place.texts() == [])
        assert place.chat.conversation.path != path
        assert len(ConversationLog.open(path).turns) == 2


async def test_a_strategy_key_governs_the_very_next_token_and_is_on_record(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(held=True)) as place:
        await place.say("hi")
        place.backend.release(2)
        await place.until(lambda: place.chat.live is not None and len(place.chat.live.tokens) == 2)
        place.chat.composer.replace_text("typing goes on")
        await place.pilot.press("f2")
        assert place.backend.sampling == PRESETS["greedy"]
        place.backend.release_all()
        await place.until(lambda: place.chat.live is None)
        card = SamplingSettings(temperature=0.8, top_k=40)
        assert place.chat.conversation.turns[-1].strategies == ((0, card), (2, PRESETS["greedy"]))
        assert place.chat.composer.text == "typing goes on"


async def test_a_frozen_reply_goes_on_one_token_at_a_time(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.pilot.press("ctrl+f")
        assert place.backend.pace == Pace(20.0, paused=True)
        await place.say("hi")
        await place.until(lambda: place.backend.speaking.is_set())
        await place.pilot.press("ctrl+g")
        await place.until(lambda: place.chat.live is not None and len(place.chat.live.tokens) == 1)
        await place.pilot.press("ctrl+g")
        await place.until(lambda: place.chat.live is not None and len(place.chat.live.tokens) == 2)
        await place.pilot.press("ctrl+f")
        await place.until(lambda: place.chat.live is None)
        assert place.chat.conversation.turns[-1].finish_reason == "end"


async def test_speed_keys_climb_the_ladder(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.pilot.press("alt+up", "alt+up", "alt+up")
        assert place.backend.pace.tokens_per_second is None
        await place.pilot.press("alt+down")
        assert place.backend.pace.tokens_per_second == 100.0
