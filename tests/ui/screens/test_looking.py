"""Recordings in the laboratory: a training that is on the disk, walked through without training."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatbot_tui.core import paths
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.core.reports import report_to_json
from chatbot_tui.ui.screens.dialogs.pick import PickDialog
from chatbot_tui.ui.screens.lab import LabScreen
from tests.core.checkpoint_folders import safetensors, write_checkpoint
from tests.fake_lab import make_report
from tests.ui.frames import make_layer
from tests.ui.screens.test_lab import Laboratory, laboratory

REPORTS = tuple(make_report(number) for number in (0, 1, 2, 4, 7, 10))
"""Steps 0, 20, 40, 80, 140 and 200, the last."""


@pytest.fixture(autouse=True)
def nothing_shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "shipped_checkpoints", lambda: tmp_path / "none")


def record(name: str, frames: Sequence[TrainFrame] | str = REPORTS, **card: Any) -> Path:
    """Write a checkpoint that keeps its history, with weights of every step but 140."""
    card = {"steps": 200, "recipe": {"name": "healthy", "probe": "are you there"}} | card
    folder = write_checkpoint(paths.checkpoints_folder() / name, card=card)
    (folder / "steps").mkdir()
    for step in (0, 20, 40, 80):
        (folder / "steps" / f"{step:06d}.safetensors").write_bytes(safetensors())
    text = frames if isinstance(frames, str) else json.dumps([report_to_json(frame) for frame in frames])
    (folder / "steps" / "reports.json").write_text(text)
    return folder


async def play(room: Laboratory) -> None:
    await room.press("f8")
    await room.place.until(lambda: room.screen.recording is not None)
    await room.place.pilot.pause()


async def test_a_recorded_training_is_walked_through_and_nothing_is_trained(tmp_path: Path) -> None:
    record("born")
    async with laboratory(tmp_path) as room:
        assert "f8 plays the birth of a net" in room.text()
        await play(room)
        text = room.text()
        for words in (
            "step 0 of 200",
            "recorded",
            "born",
            "recorded, nothing is being trained",
            "“are you there”",
            "ln V 7.00",
            "swan swan swan",
        ):
            assert words in text
        await room.press("right", "right")
        assert "step 40 of 200" in room.text()
        assert "the the the" in room.text()
        await room.press("end")
        assert "step 200 of 200" in room.text()
        await room.press("home")
        assert "step 0 of 200" in room.text()
        assert room.lab.called("train") == []


@pytest.mark.parametrize("key", ["f8", "escape"])
async def test_closing_it_shows_the_runs_again(tmp_path: Path, key: str) -> None:
    record("born")
    async with laboratory(tmp_path) as room:
        await room.start()
        await room.ended()
        await play(room)
        assert "born" in room.text()
        await room.press(key)
        assert room.screen.recording is None
        assert "born" not in room.text()
        assert "step 200 of 200" in room.text()
        assert "finished" in room.text()


async def test_a_training_under_way_goes_on_behind_it_and_is_left_alone(tmp_path: Path) -> None:
    record("born")
    async with laboratory(tmp_path, held=True) as room:
        await room.start()
        await play(room)
        room.lab.release(3)
        await room.place.until(lambda: len(room.screen.session.runs[0].frames) == 4)
        await room.place.pilot.pause()
        assert "step 0 of 200" in room.text()
        for key in ("ctrl+f", "ctrl+g", "f7", "3", "ctrl+s"):
            await room.press(key)
        assert {call for call, _ in room.lab.calls} == {"train"}
        assert "This is a recording" in room.place.notices()
        assert "in the library already" in room.place.notices()
        await room.press("f8")
        assert "step 60 of 200" in room.text()
        await room.press("f8", "f5")
        await room.place.until(lambda: len(room.lab.called("train")) == 2)
        assert room.screen.recording is None


async def test_the_net_at_the_step_shown_opens_in_the_chat(tmp_path: Path) -> None:
    folder = record("born")
    async with laboratory(tmp_path) as room:
        await play(room)
        await room.press("right", "right", "right", "right", "ctrl+o")
        assert "Only the report of step 140 is kept" in room.place.notices()
        await room.press("left", "ctrl+o")
        await room.place.until(lambda: room.place.app.screen is room.place.chat and not room.place.chat.loading_name)
        assert room.place.backend.called("load")[-1] == (f"{folder}@80", None)
        # What is looked at is not what the next start begins with.
        assert room.place.chat.preferences.settings.checkpoint == "smalltalk"
        await room.open()
        await play(room)
        await room.press("end", "ctrl+o")
        await room.place.until(lambda: len(room.place.backend.called("load")) == 3)
        assert room.place.backend.called("load")[-1] == (str(folder), None)


async def test_of_several_one_is_picked(tmp_path: Path) -> None:
    record("born")
    record("other", REPORTS[2:], steps="many")
    (record("broken") / "config.json").unlink()
    async with laboratory(tmp_path) as room:
        await room.press("f8")
        assert isinstance(room.place.app.screen, PickDialog)
        assert "born  5 steps, 0 to 200" in room.text()
        assert "broken" not in room.text()
        await room.press("down", "enter")
        await room.place.until(lambda: isinstance(room.place.app.screen, LabScreen) and room.screen.recording is not None)
        await room.place.pilot.pause()
        assert "step 40 of 200" in room.text()


async def test_without_a_recording_the_key_says_how_to_make_one(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.press("f8")
        assert "--set keep_steps='[0, 60, 600]'" in room.place.notices()


@pytest.mark.parametrize("text", ["junk", "[]", '[{"step": 0}]', "[[[["])
async def test_a_recording_that_cannot_be_read_is_one_line(tmp_path: Path, text: str) -> None:
    record("born", text)
    async with laboratory(tmp_path) as room:
        await room.press("f8")
        assert "reports.json cannot be read" in room.place.notices()
        assert room.screen.recording is None
        await room.start()


HOSTILE = (
    tuple(replace(frame, loss=1e15, valid_loss=-1e15, gradient_norm=1e15, seconds_left=-1e15) for frame in REPORTS),
    tuple(replace(frame, sample="[red]\x1b[31m\n\u202ethe" * 50, probe_top=()) for frame in REPORTS),
    tuple(replace(frame, state=(make_layer(0),) * number, state_variance=(0.1,) * (5 - number)) for number, frame in enumerate(REPORTS)),
    tuple(replace(frame, state=(), yardsticks=None, tokens_per_second=-1.0, kl_unigram=-1e15) for frame in REPORTS),
    (replace(REPORTS[0], step=0, total_steps=0),),
    (replace(REPORTS[0], step=1 << 50, total_steps=1 << 53),),
)


@pytest.mark.parametrize("frames", HOSTILE)
@pytest.mark.parametrize("size", [(120, 40), (60, 16), (20, 4)])
async def test_figures_of_a_stranger_can_be_drawn(tmp_path: Path, frames: tuple[TrainFrame, ...], size: tuple[int, int]) -> None:
    record("born", frames, recipe={"probe": ["no text"]})
    async with laboratory(tmp_path, size=size) as room:
        await play(room)
        for key in ("right", "end", "ctrl+l", "ctrl+l", "left", "home"):
            await room.press(key)
        assert "uniform" in room.text() or "unigram" in room.text()


async def test_the_chat_tells_of_an_end_until_the_person_has_looked(tmp_path: Path) -> None:
    async with laboratory(tmp_path, held=True) as room:
        await room.start()
        await room.press("escape")
        room.lab.stop()
        await room.place.until(lambda: "lab: healthy ended at" in room.text())
        await room.open()
        await room.press("escape")
        assert "lab:" not in room.text()


async def test_the_chat_tells_of_an_end_until_another_net_is_loaded(tmp_path: Path) -> None:
    async with laboratory(tmp_path, held=True) as room:
        await room.start()
        await room.press("escape")
        assert "lab: healthy trains" in room.text()
        room.place.chat.load("smalltalk")
        await room.place.until(lambda: not room.place.chat.loading_name)
        await room.place.pilot.pause()
        assert "lab: healthy trains" in room.text()
        room.lab.stop()
        await room.place.until(lambda: "lab: healthy ended at" in room.text())
        room.place.chat.load("smalltalk")
        await room.place.until(lambda: "lab:" not in room.text())


async def test_an_end_that_was_watched_is_no_news(tmp_path: Path) -> None:
    async with laboratory(tmp_path) as room:
        await room.start()
        await room.ended()
        await room.press("escape")
        assert "lab:" not in room.text()
