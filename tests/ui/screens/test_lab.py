"""The laboratory: recipes and knobs, runs watched and interfered with, nets saved and opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from chatbot_tui.core.lab import INTERVENTIONS, RecipeCard, TrainRequest
from chatbot_tui.ui.panels.knobs import Knobs
from chatbot_tui.ui.screens.lab import LabScreen
from tests.fake_lab import RECIPES, ScriptedLab
from tests.ui.playground import Playground, playground


class Laboratory:
    """The app with the laboratory open, and what a test does in it."""

    def __init__(self, place: Playground, lab: ScriptedLab) -> None:
        self.place = place
        self.lab = lab

    @property
    def screen(self) -> LabScreen:
        screen = self.place.app.screen
        assert isinstance(screen, LabScreen)
        return screen

    async def press(self, *keys: str) -> None:
        await self.place.pilot.press(*keys)
        await self.place.pilot.pause()

    async def open(self) -> None:
        await self.press("f11")
        await self.place.until(lambda: isinstance(self.place.app.screen, LabScreen) and self.screen.choice.recipes.option_count)
        await self.place.pilot.pause()

    async def choose(self, name: str) -> None:
        self.screen.choice.recipes.highlighted = [card.name for card in self.screen.session.recipes].index(name)
        await self.place.pilot.pause()

    async def start(self, name: str = "healthy") -> None:
        await self.choose(name)
        await self.press("f5")
        await self.reports(1)

    async def reports(self, count: int) -> None:
        """Wait until so many reports of the first run are shown."""
        await self.place.until(lambda: self.screen.view.runs and len(self.screen.view.runs[0].frames) >= count)
        await self.place.pilot.pause()

    async def ended(self) -> None:
        await self.place.until(lambda: self.screen.session.state == "ended")
        await self.place.pilot.pause()

    def text(self) -> str:
        return self.place.screen_text()

    def field(self, key: str) -> Input:
        return self.screen.query_one(Knobs).query_one(f"#value-{key}", Input)


@asynccontextmanager
async def laboratory(folder: Path, *, held: bool = False, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Laboratory]:
    lab = ScriptedLab(held=held)
    async with playground(folder, size=size, lab=lab) as place:
        room = Laboratory(place, lab)
        await room.open()
        yield room


async def test_recipes_are_listed_with_what_they_teach(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.choose("near-zero-init")
        text = room.text()
        for words in ("· healthy", "  ◆ near-zero-init", "Almost-zero weights stay", "xavier", "init=xavier"):
            assert words in text
        assert room.field("learning_rate").value == "0.1"


async def test_the_first_lesson_is_there_whole_without_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Seven words with their blanks fit into the 39 cells of a row: six rows, of which one stood there before.
    monkeypatch.setattr("tests.fake_lab.RECIPES", (RecipeCard("healthy", teaches="word " * 40, settings={}), *RECIPES[1:]))
    async with laboratory(tmp_path) as room:
        await room.place.until(lambda: room.text().count("word") == 40)


async def test_enter_starts_what_is_chosen_and_the_run_is_watched_to_its_end(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.choose("near-zero-init")
        await room.press("enter")
        await room.ended()
        assert room.lab.called("train") == [(TrainRequest("near-zero-init"),)]
        assert [frame.step for frame in room.screen.view.runs[0].frames] == list(range(0, 201, 20))
        text = room.text()
        for words in (
            "step 200 of 200",
            "finished",
            "loss 2.50",
            "ln V 7.00",
            "unigram 5.50",
            "bigram 3.50",
            " context ",
            "i am going home",
        ):
            assert words in text


async def test_changed_knobs_go_with_the_request(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        room.field("learning_rate").value = "0.5"
        room.field("text").value = "lab notes.txt"
        await room.start()
        assert room.lab.called("train") == [(TrainRequest("healthy", {"learning_rate": "0.5"}, ("lab", "notes.txt")),)]
        assert "healthy*" in room.text()


async def test_what_was_told_before_the_start_does_not_lie_on_the_run(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        room.place.app.notify("enter starts it", timeout=60)
        await room.place.until(lambda: "enter starts it" in room.place.notices())
        await room.start()
        assert "enter starts it" not in room.place.notices()


async def test_a_wrong_knob_is_named_and_nothing_starts(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        room.field("learning_rate").value = "fast"
        await room.press("f5")
        assert room.lab.called("train") == []
        assert room.screen.query_one("#knob-learning_rate").has_class("-wrong")
        assert "learning_rate is 'fast'" in room.place.notices()


async def test_a_run_of_which_nothing_comes_brings_the_recipes_back(tmp_path: Path) -> None:
    async with laboratory(tmp_path, size=(80, 24)) as room:
        room.lab.error = "the program has no copy of this text: name files in the field text"
        await room.press("f5")
        await room.place.until(lambda: "no copy of this text" in room.place.notices())
        await room.place.pilot.pause()
        assert "◆ near-zero-init" in room.text()
        assert room.screen.session.state == "idle"
        await room.start()
        assert room.screen.session.state in ("training", "ended")


async def test_left_and_right_look_back_and_on(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.start()
        await room.ended()
        await room.press("left", "left")
        assert (room.screen.view.live, room.screen.view.frame.step if room.screen.view.frame else None) == (False, 160)
        assert "step 160 of 200" in room.text()
        await room.press("home")
        assert "swan swan swan" in room.text()
        assert room.screen.view.index == 0
        await room.press("right")
        assert room.screen.view.index == 1
        await room.press("escape")
        assert room.screen.view.live


async def test_what_is_looked_at_stays_while_training_goes_on(tmp_path: Path) -> None:
    async with laboratory(tmp_path, held=True) as room:
        await room.start()
        room.lab.release(3)
        await room.reports(4)
        await room.press("left")
        room.lab.release(3)
        await room.reports(7)
        assert room.screen.view.frame is not None
        assert room.screen.view.frame.step == 40
        await room.press("right", "right", "right", "right")
        assert room.screen.view.live


@pytest.mark.parametrize(("key", "name"), [(str(number), entry.name) for number, entry in enumerate(INTERVENTIONS, 1)])
async def test_one_key_lays_hands_on_the_net(tmp_path: Path, key: str, name: str) -> None:
    async with laboratory(tmp_path, held=True) as room:
        await room.start()
        room.lab.release(2)
        await room.reports(3)
        await room.press(key)
        await room.place.until(lambda: room.screen.view.runs[0].interventions)
        await room.place.pilot.pause()
        assert room.lab.called("intervene") == [name]
        assert "step 40: " in room.text()


async def test_a_knob_turned_in_mid_run_reaches_the_net(tmp_path: Path) -> None:
    async with laboratory(tmp_path, held=True) as room:
        await room.start()
        room.field("learning_rate").value = "0.5"
        room.field("learning_rate").focus()
        await room.press("enter")
        await room.place.until(lambda: room.screen.view.runs[0].interventions)
        assert room.lab.called("set_knob") == [("learning_rate", "0.5")]
        room.field("hidden_dim").value = "8"
        room.field("hidden_dim").focus()
        await room.press("enter")
        assert len(room.lab.called("set_knob")) == 1
        assert "hidden dim counts from the next start on" in room.place.notices()


async def test_pause_step_and_stop(tmp_path: Path) -> None:
    async with laboratory(tmp_path, held=True) as room:
        await room.start()
        await room.press("ctrl+f")
        assert "held" in room.text()
        await room.press("ctrl+g")
        await room.reports(2)
        await room.press("ctrl+f")
        await room.press("f7")
        await room.ended()
        assert room.lab.called("set_paused") == [True, False]
        assert "stopped" in room.text()


async def test_nothing_to_lay_hands_on_says_so(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.press("f7")
        assert "Nothing is being trained" in room.place.notices()
        await room.press("ctrl+s")
        assert "There is no net to keep yet" in room.place.notices()


async def test_a_run_is_compared_with_its_fix(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.choose("near-zero-init")
        await room.press("f6")
        assert "its control healthy" in room.text()
        await room.press("down", "enter")
        await room.ended()
        assert room.lab.called("train") == [(TrainRequest("near-zero-init"), TrainRequest("near-zero-init", {"init": "xavier"}))]
        assert "near-zero-init against ○ xavier" in room.text()
        # Reports 0 to 3 are equal; at step 80 the first has 5.0, the second stays at its floor of 5.5.
        assert "≠" in room.text()


async def test_a_saved_net_speaks_in_the_chat(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.start()
        await room.ended()
        await room.press("ctrl+o")
        await room.press("enter")
        await room.place.until(lambda: room.place.chat.loaded is not None and room.place.chat.loaded.name == "/checkpoints/my-healthy-200")
        assert room.lab.called("save") == [(0, "my-healthy-200")]
        assert room.place.app.screen is room.place.chat


async def test_a_name_that_is_taken_is_refused_in_words(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.start()
        await room.ended()
        await room.press("ctrl+s")
        room.place.app.screen.query_one(Input).value = "taken"
        await room.press("enter")
        await room.place.until(lambda: "there is already a checkpoint 'taken'" in room.place.notices())
        assert room.screen.session.runs[0].saved is None


async def test_training_goes_on_behind_the_chat_and_is_found_again(tmp_path: Path) -> None:
    async with laboratory(tmp_path, held=True) as room:
        await room.start()
        await room.press("escape")
        assert room.place.app.screen is room.place.chat
        room.lab.release(2)
        await room.place.until(lambda: "lab: healthy trains 40/200" in room.text())
        assert await room.place.hear("hello") == " hello there friend"
        await room.open()
        assert "step 40 of 200" in room.text()
        assert len(room.lab.called("train")) == 1


async def test_a_new_start_lets_the_old_run_go(tmp_path: Path) -> None:
    async with laboratory(tmp_path, held=True) as room:
        await room.start()
        room.lab.release(2)
        await room.reports(3)
        await room.start("near-zero-init")
        assert room.lab.called("cancel") != []
        assert [run.name for run in room.screen.view.runs] == ["near-zero-init"]
        assert room.screen.session.state == "training"


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 16), (40, 8), (20, 4)])
async def test_every_size_says_how_the_run_stands(tmp_path: Path, size: tuple[int, int]) -> None:
    async with laboratory(tmp_path, size=size) as room:
        await room.press("f5")
        await room.ended()
        assert "context" in room.text()


async def test_a_tiny_terminal_says_how_to_leave_and_what_is_missing(tmp_path: Path) -> None:
    async with laboratory(tmp_path, size=(40, 12)) as room:
        assert "esc back · needs a larger terminal" in room.text()
        await room.place.pilot.resize_terminal(80, 24)
        await room.place.until(lambda: "larger terminal" not in room.text() and "recipes" in room.text())


async def test_a_small_terminal_shows_recipes_or_run(tmp_path: Path) -> None:
    async with laboratory(tmp_path, size=(80, 24)) as room:
        assert "◆ near-zero-init" in room.text()
        await room.press("enter")
        await room.ended()
        assert "◆ near-zero-init" not in room.text()
        assert "unigram 5.50" in room.text()
        await room.press("ctrl+l")
        assert "“how are you”" in room.text()
        await room.press("f4")
        assert "◆ near-zero-init" in room.text()


async def test_without_a_laboratory_the_key_says_so(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.pilot.press("f11")
        assert "no laboratory" in place.notices()


async def test_help_and_palette_know_every_key_of_the_laboratory(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.press("f1")
        table = room.text()
        for title in ("Start", "Compare", "Save the net and speak with it"):
            assert title in table


async def test_a_recipe_comes_back_with_the_knobs_it_was_started_with(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.choose("near-zero-init")
        own = room.field("seed").value
        room.field("seed").value = "41"
        await room.press("f5")
        await room.ended()
        await room.start("healthy")
        await room.ended()
        await room.choose("near-zero-init")
        assert own != "41"
        assert room.field("seed").value == "41"
        # Another has its own.
        await room.choose("healthy")
        assert room.field("seed").value == own
