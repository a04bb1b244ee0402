"""The library and the saved conversations."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from chatbot_tui.core.imports import ImportRequest
from chatbot_tui.core.library import CheckpointEntry
from chatbot_tui.ui.screens.conversations import ConversationsScreen
from chatbot_tui.ui.screens.library import LibraryScreen, line
from tests.fake_importer import ScriptedImporter
from tests.fakes import ScriptedBackend
from tests.ui.playground import Playground, playground


def make_checkpoint(folder: Path, name: str, *, teaches: str = "How a net speaks.") -> Path:
    """A checkpoint folder with one tensor of 2 x 3 numbers, hence 6 parameters."""
    path = folder / name
    path.mkdir(parents=True)
    header = json.dumps({"fc.weight": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}}).encode()
    (path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(12))
    architecture = {"vocab_size": 2, "embedding_dim": 3, "hidden_dim": 3, "num_layers": 1}
    (path / "config.json").write_text(json.dumps({"format_version": 1, "architecture": architecture}))
    (path / "tokenizer.json").write_text("{}")
    corpus = [{"name": "small talk", "licence": "MIT", "words": 12345}]
    (path / "card.json").write_text(json.dumps({"teaches": teaches, "metrics": {"word_perplexity": 78.25}, "corpus": corpus}))
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two checkpoints of one's own, and none shipped."""
    monkeypatch.setenv("CHATBOT_TUI_HOME", str(tmp_path))
    monkeypatch.setattr("chatbot_tui.core.paths.shipped_checkpoints", lambda: tmp_path / "shipped")
    make_checkpoint(tmp_path / "checkpoints", "first")
    make_checkpoint(tmp_path / "checkpoints", "second")
    make_checkpoint(tmp_path / "shipped", "given")
    return tmp_path


async def open_library(place: Playground, name: str) -> LibraryScreen:
    await place.pilot.press("ctrl+o")
    await place.until(lambda: isinstance(place.app.screen, LibraryScreen) and place.app.screen.is_mounted)
    await place.pilot.pause()
    screen = place.app.screen
    assert isinstance(screen, LibraryScreen)
    screen.query_one(OptionList).highlighted = [entry.name for entry in screen._entries].index(name)
    await place.pilot.pause()
    return screen


async def test_enter_loads_the_checkpoint_and_the_conversation_goes_on(home: Path) -> None:
    async with playground(home) as place:
        await place.hear("one")
        await open_library(place, "second")
        await place.pilot.press("enter")
        await place.until(lambda: place.chat.loaded is not None and place.chat.loaded.name == "second")
        await place.hear("two")
        assert [turn.text for turn in place.backend.requests[-1].turns] == ["one", " hello there friend", "two"]
        assert place.chat.conversation.turns[-1].checkpoint == "print-of-second"
        assert place.chat.preferences.settings.checkpoint == "second"


async def test_the_card_says_what_it_is_and_what_it_was_made_from(home: Path) -> None:
    async with playground(home) as place:
        await open_library(place, "first")
        text = place.screen_text()
        for words in ("How a net speaks.", "78.25", "small talk: 12,345 words, MIT", "1 × 3 units"):
            assert words in text


def test_the_list_stands_in_columns() -> None:
    entry = CheckpointEntry("tiny", Path("tiny"), "shipped", parameters=63_480, bytes=1)
    broken = replace(entry, name="a-very-long-name-of-a-net", parameters=5_865_280, source="own", card={"greedy": {"top_share": 1.0}})
    # Two cells of the sign, seventeen of the name, seven of the size, four of whose it is.
    assert line(entry, True, 30) == "● " + "tiny".ljust(17) + " 63,480"
    assert line(broken, False, 30) == "✗ a-very-long-name…  5.9 M own"
    assert line(broken, False, 28) == "✗ a-very-long-name-of-a-net"


@pytest.mark.parametrize("size", [(40, 12), (80, 24)])
async def test_names_are_whole_in_a_small_terminal(home: Path, size: tuple[int, int]) -> None:
    make_checkpoint(home / "checkpoints", "indistinguishable")
    async with playground(home, size=size) as place:
        screen = await open_library(place, "indistinguishable")
        await place.until(lambda: "indistinguishable " in place.screen_text())
        assert (screen.query_one("#card").region.y > screen.options.region.bottom) == (size[0] == 40)


async def test_a_checkpoint_that_cannot_be_loaded_is_explained_and_the_old_one_speaks_on(home: Path) -> None:
    async with playground(home, ScriptedBackend(refused={"second": "second holds NaN: train it again"})) as place:
        await open_library(place, "second")
        await place.pilot.press("enter")
        await place.until(lambda: "second holds NaN" in place.notices())
        assert await place.hear("hi") == " hello there friend"


async def test_a_net_under_a_strategy_chosen_for_another_says_so(home: Path) -> None:
    async with playground(home) as place:
        await open_library(place, "second")
        await place.pilot.press("enter")
        await place.until(lambda: place.chat.loaded is not None and place.chat.loaded.name == "second")
        # Each brings its own as long as the person has chosen none.
        assert not place.notices()
        await place.pilot.press("f2")
        await open_library(place, "first")
        await place.pilot.press("enter")
        await place.until(lambda: "as you chose it, greedy: shift+f2 takes first's own, temperature .80 + top-k 40" in place.notices())


async def test_loading_during_a_reply_ends_the_reply_first(home: Path) -> None:
    async with playground(home, ScriptedBackend(held=True)) as place:
        await place.say("hi")
        place.backend.release(2)
        await place.until(lambda: place.chat.live is not None and len(place.chat.live.tokens) == 2)
        await open_library(place, "second")
        await place.pilot.press("enter")
        await place.until(lambda: place.chat.loaded is not None and place.chat.loaded.name == "second")
        assert place.chat.conversation.turns[-1].finish_reason == "cancelled"


async def test_the_message_returns_if_the_first_checkpoint_cannot_be_loaded(home: Path) -> None:
    backend = ScriptedBackend(refused={"smalltalk": "no checkpoint smalltalk: choose another"}, loading_open=False)
    async with playground(home, backend, ready=False) as place:
        await place.say("early")
        await place.until(lambda: place.texts() == ["early"])
        backend.open_loading()
        await place.until(lambda: place.chat.composer.text == "early")
        assert "no checkpoint" in place.screen_text()


async def test_ones_own_checkpoint_can_be_renamed_and_deleted(home: Path) -> None:
    async with playground(home) as place:
        await open_library(place, "first")
        await place.pilot.press("r")
        await place.pilot.pause()
        place.app.screen.query_one(Input).value = "renamed"
        await place.pilot.press("enter")
        await place.until(lambda: (home / "checkpoints" / "renamed").exists())
        await place.pilot.press("d", "y")
        await place.until(lambda: not (home / "checkpoints" / "renamed").exists())
        assert (home / "checkpoints" / "second").exists()


async def test_a_shipped_checkpoint_cannot_be_changed(home: Path) -> None:
    async with playground(home) as place:
        await open_library(place, "given")
        await place.pilot.press("d")
        await place.until(lambda: "comes with the program" in place.notices())
        assert isinstance(place.app.screen, LibraryScreen)


async def test_a_checkpoint_can_be_opened_from_anywhere_with_its_vocabulary(home: Path) -> None:
    importer = ScriptedImporter(refused={"a.pt": "there is no such file"})
    async with playground(home, importer=importer) as place:
        await open_library(place, "first")
        await place.pilot.press("o")
        await place.until(lambda: isinstance(place.app.screen.focused, Input))
        await place.pilot.press(*"a.pt", "tab", *"v.txt", "enter")
        await place.until(lambda: importer.called("read") == [ImportRequest("a.pt", "v.txt")])
        await place.until(lambda: "there is no such file" in place.screen_text())
        assert len(place.backend.called("load")) == 1


async def test_escape_leaves_the_library_with_nothing_changed(home: Path) -> None:
    async with playground(home) as place:
        await open_library(place, "second")
        await place.pilot.press("escape")
        await place.until(lambda: place.app.screen is place.chat)
        assert len(place.backend.called("load")) == 1


async def test_a_saved_conversation_is_reopened_with_its_draft_and_goes_on(home: Path) -> None:
    async with playground(home) as place:
        await place.hear("first words")
        place.chat.composer.replace_text("not yet sent")
        await place.pilot.press("ctrl+n")
        await place.hear("other words")
        await place.pilot.press("ctrl+s")
        await place.until(lambda: isinstance(place.app.screen, ConversationsScreen) and place.app.screen.is_mounted)
        await place.pilot.pause()
        assert "first words" in place.screen_text()
        screen = place.app.screen
        assert isinstance(screen, ConversationsScreen)
        screen.query_one(OptionList).highlighted = [summary.title for summary in screen._summaries].index("first words")
        await place.pilot.press("enter")
        await place.until(lambda: place.texts()[:1] == ["first words"])
        assert place.chat.composer.text == "not yet sent"
        await place.hear("more")
        assert [turn.reply for turn in place.chat.conversation.turns if turn.speaker == "bot"] == [0, 1]


async def test_a_saved_conversation_is_deleted_only_after_a_question(home: Path) -> None:
    async with playground(home) as place:
        await place.hear("first words")
        path = place.chat.conversation.path
        await place.pilot.press("ctrl+n", "ctrl+s")
        await place.until(lambda: isinstance(place.app.screen, ConversationsScreen) and place.app.screen.is_mounted)
        await place.pilot.press("d", "n")
        assert path.exists()
        await place.pilot.press("d", "y")
        await place.until(lambda: not path.exists())
