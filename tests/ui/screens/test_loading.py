"""Going along the steps of its training that a checkpoint keeps."""

from pathlib import Path

from tests.fakes import ScriptedBackend
from tests.ui.playground import Playground, playground

KEPT = {"healthy": (0, 60, 600, 3000)}


async def go(place: Playground, key: str) -> None:
    await place.pilot.press(key)
    await place.until(lambda: not place.chat.loading_name and place.chat._going is None)
    await place.pilot.pause()


def title(place: Playground) -> str:
    """What stands on the right of the chat's heading."""
    return place.screen_text().splitlines()[0].split("▏")[0].strip("─ ").removeprefix("chat").strip("─ ")


async def test_earlier_and_later_steps_are_loaded_and_named(tmp_path: Path) -> None:
    backend = ScriptedBackend(kept=KEPT)
    async with playground(tmp_path, backend, checkpoint="healthy") as place:
        assert title(place) == "healthy"
        shown = []
        for key in ("alt+left", "ctrl+pageup", "alt+left", "alt+right", "ctrl+pagedown", "alt+right"):
            await go(place, key)
            shown.append(title(place))
        assert shown == [
            "healthy · step 600 of 3,000",
            "healthy · step 60 of 3,000",
            "healthy · step 0 of 3,000",
            "healthy · step 60 of 3,000",
            "healthy · step 600 of 3,000",
            "healthy",
        ]
        assert [name for name, _ in backend.called("load")][1:] == [
            "/checkpoints/healthy@600",
            "/checkpoints/healthy@60",
            "/checkpoints/healthy@0",
            "/checkpoints/healthy@60",
            "/checkpoints/healthy@600",
            "/checkpoints/healthy",
        ]


async def test_conversation_and_draft_stay_and_nothing_is_answered_unasked(tmp_path: Path) -> None:
    backend = ScriptedBackend(kept=KEPT)
    async with playground(tmp_path, backend, checkpoint="healthy") as place:
        await place.hear("hi")
        said = place.texts()
        place.chat.composer.replace_text("and then")
        await go(place, "alt+left")
        assert place.texts() == said
        assert place.chat.composer.message == "and then"
        assert len(backend.requests) == 1
        await place.pilot.press("ctrl+r")
        await place.until(lambda: len(place.chat.conversation.turns) == 2 and place.chat.live is None)
        assert len(backend.requests) == 2
        assert place.chat.conversation.turns[-1].checkpoint == "print-of-/checkpoints/healthy@600"


async def test_a_reply_under_way_ends_first(tmp_path: Path) -> None:
    backend = ScriptedBackend(kept=KEPT, held=True)
    async with playground(tmp_path, backend, checkpoint="healthy") as place:
        await place.say("hi")
        backend.release(2)
        await place.until(lambda: place.chat.live is not None and len(place.chat.live.tokens) == 2)
        assert "healthy · speaking · 2 tokens" in title(place)
        await go(place, "alt+left")
        assert place.chat.live is None
        assert place.texts() == ["hi", " hello there"]
        assert not backend.speaking.is_set()


async def test_who_presses_faster_than_steps_load_comes_to_the_last_one_wanted(tmp_path: Path) -> None:
    backend = ScriptedBackend(kept=KEPT)
    async with playground(tmp_path, backend, checkpoint="healthy") as place:
        backend._loading.clear()
        await place.pilot.press("alt+left")
        await place.until(lambda: place.chat.loading_name == "healthy · step 600 of 3,000")
        await place.pilot.press("alt+left", "alt+left", "alt+left", "alt+right")
        assert "loading healthy · step 600 of 3,000" in title(place)
        backend.open_loading()
        await place.until(lambda: not place.chat.loading_name)
        assert [name for name, _ in backend.called("load")][1:] == ["/checkpoints/healthy@600", "/checkpoints/healthy@60"]
        assert place.chat.loaded is not None
        assert place.chat.loaded.step == 60


async def test_both_ends_and_a_checkpoint_without_steps_say_so(tmp_path: Path) -> None:
    backend = ScriptedBackend(kept={"short": (5, 9)})
    async with playground(tmp_path, backend, checkpoint="short") as place:
        await place.pilot.press("alt+right")
        assert "This is the finished net." in place.notices()
        await go(place, "alt+left")
        await place.pilot.press("alt+left")
        assert "No earlier step is kept." in place.notices()
    async with playground(tmp_path, ScriptedBackend()) as place:
        await place.pilot.press("alt+left")
        assert "smalltalk keeps no earlier steps of its training" in place.notices()
        assert len(place.backend.called("load")) == 1


async def test_a_step_that_cannot_be_read_leaves_the_net_that_spoke(tmp_path: Path) -> None:
    backend = ScriptedBackend(kept=KEPT, refused={"/checkpoints/healthy@600": "fc.bias holds NaN"})
    async with playground(tmp_path, backend, checkpoint="healthy") as place:
        await go(place, "alt+left")
        assert "fc.bias holds NaN" in place.notices()
        assert place.chat.loaded is not None
        assert (place.chat.loaded.name, place.chat.loaded.step) == ("healthy", None)
        # The step before it can still be reached.
        await place.pilot.press("alt+left", "alt+left")
        await place.until(lambda: not place.chat.loading_name)


async def test_a_step_is_looked_at_not_chosen_for_the_next_start(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(kept=KEPT), checkpoint="healthy") as place:
        before = place.chat.preferences.settings.checkpoint
        await go(place, "alt+left")
        assert place.chat.preferences.settings.checkpoint == before
