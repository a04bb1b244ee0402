"""Foreign files in the app: opened, looked at, corrected, tried, kept; and whatever happens, the chat goes on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.events import Paste
from textual.widgets import Input, OptionList

from chatbot_tui.core.imports import ImportChoices, ImportRequest
from chatbot_tui.ui.screens.dialogs.file_tree import FileTreeDialog, PlainTree
from chatbot_tui.ui.screens.dialogs.open_file import OpenFileDialog
from chatbot_tui.ui.screens.dialogs.path_input import PathInput, completed
from chatbot_tui.ui.screens.dialogs.pick import PickDialog
from chatbot_tui.ui.screens.importing import ImportScreen
from tests.fake_importer import ScriptedImporter
from tests.ui.playground import Playground, playground


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nets" / "word lm.pt"
    path.parent.mkdir()
    path.write_bytes(b"not read here")
    return path


async def drop(place: Playground, path: Path | str) -> None:
    place.app.post_message(Paste(str(path)))
    await place.pilot.pause()


async def arrive(place: Playground, screen: type[object]) -> None:
    await place.until(lambda: isinstance(place.app.screen, screen) and place.app.screen.is_mounted)
    await place.pilot.pause()


def screen_of(place: Playground) -> ImportScreen:
    assert isinstance(place.app.screen, ImportScreen)
    return place.app.screen


@asynccontextmanager
async def opened(
    tmp_path: Path, file: Path, importer: ScriptedImporter, *, size: tuple[int, int] = (120, 40), wait: bool = True
) -> AsyncIterator[Playground]:
    """The playground with a dropped file open."""
    async with playground(tmp_path, importer=importer, size=size) as place:
        await drop(place, file)
        await arrive(place, PickDialog)
        await place.pilot.press("enter")
        await arrive(place, ImportScreen)
        if wait:
            await place.until(lambda: screen_of(place).session.state != "reading")
            await place.pilot.pause()
        yield place


async def choose(place: Playground, list_id: str, row: int, answer: str) -> None:
    """Press enter on a row of a list, and take the answer that begins so."""
    rows = place.app.screen.query_one(f"#{list_id}", OptionList)
    rows.focus()
    rows.highlighted = row
    await place.pilot.press("enter")
    await arrive(place, PickDialog)
    answers = place.app.screen.query_one(OptionList)
    texts = [str(answers.get_option_at_index(n).prompt) for n in range(answers.option_count)]
    answers.highlighted = next(n for n, text in enumerate(texts) if text.startswith(answer))
    await place.pilot.press("enter")
    await place.pilot.pause()


def setting(place: Playground, label: str) -> str:
    """What stands behind a label among the settings, its lines joined."""
    rows = place.app.screen.query_one("#settings", OptionList)
    texts = [" ".join(str(rows.get_option_at_index(n).prompt).split()) for n in range(rows.option_count)]
    return next(text.removeprefix(label).strip() for text in texts if text.startswith(label))


async def test_a_dropped_file_is_recognised_tried_kept_and_chatted_with(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter()
    async with opened(tmp_path, file, importer) as place:
        text = place.screen_text()
        for words in ("rnn.weight_hh_l0", "40 × 10", "layer 1: recurrent weights", "left out", "vocab.json, 1,000 words", "<unk>", "epoch"):
            assert words in text
        assert "LSTM of 1 layer of 10 units, 1,000 tokens" in text
        assert "A note stands in the settings" in text
        assert "none of its tokens ends a text" in setting(place, "note")
        await place.pilot.press("ctrl+t", *"zebra")
        await place.pilot.press("enter")
        await place.until(lambda: "hello there" in place.screen_text())
        assert "not in its vocabulary: zebra" in place.screen_text()
        await place.pilot.press("enter")
        await place.until(lambda: len(importer.called("attempt")) == 2)
        # The same sentence with other dice.
        assert [seed for _, _, seed in importer.called("attempt")] == [0, 1]
        await place.pilot.press("ctrl+s")
        await place.until(lambda: place.chat.loaded is not None and place.chat.loaded.path == "/checkpoints//checkpoints/word_lm")
        assert importer.called("keep") == [(ImportRequest(str(file)), "word_lm")]
        assert place.app.screen is place.chat
        assert importer.called("rest")


async def test_declined_a_dropped_path_is_text(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter()
    async with playground(tmp_path, importer=importer) as place:
        for key in ("escape", "down"):
            await drop(place, f"'{file}'")
            await arrive(place, PickDialog)
            await place.pilot.press(*([key] if key == "escape" else [key, "enter"]))
            await place.until(lambda: place.app.screen is place.chat)
            await place.until(lambda: place.chat.composer.message == f"'{file}'")
            place.chat.composer.clear_message()
        await drop(place, "just words")
        assert place.chat.composer.message == "just words"
        assert importer.calls == []


async def test_roles_and_tokens_are_corrected_and_corrections_taken_back(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter()
    async with opened(tmp_path, file, importer) as place:
        await choose(place, "tensors", 5, "embedding")
        await place.until(lambda: len(importer.called("read")) == 2)
        await choose(place, "tensors", 7, "no part")
        await place.until(lambda: len(importer.called("read")) == 3)
        await choose(place, "settings", 1, "another")
        await place.until(lambda: isinstance(place.app.screen.focused, Input))
        await place.pilot.press(*"[eot]", "enter")
        await place.until(lambda: len(importer.called("read")) == 4)
        await choose(place, "settings", 3, "there is none")
        await place.until(lambda: len(importer.called("read")) == 5)
        await choose(place, "settings", 4, "characters")
        await place.until(lambda: len(importer.called("read")) == 6)
        placed = {"decoder.weight": "embedding.weight", "criterion.weight": None}
        assert importer.called("read")[-1].choices == ImportChoices("[eot]", None, "", "characters", None, placed)
        await place.until(lambda: "[eot]" in place.screen_text())
        assert "*decoder.weight" in place.screen_text()
        await place.pilot.press("ctrl+r")
        await place.until(lambda: len(importer.called("read")) == 7)
        assert importer.called("read")[-1] == ImportRequest(str(file))


async def test_what_stands_in_the_way_is_one_line_and_can_be_left_out(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter(unfit="nothing is called 'odd': give another")
    async with opened(tmp_path, file, importer) as place:
        assert "It does not speak as it is: nothing is called 'odd'" in place.screen_text()
        await place.pilot.press("ctrl+s")
        assert "no net to keep" in place.notices()
        # The keys are on the tensor that nobody knows.
        tensors = place.app.screen.query_one("#tensors", OptionList)
        assert (place.app.screen.focused, tensors.highlighted) == (tensors, 7)
        await choose(place, "tensors", 7, "no part")
        await place.until(lambda: screen_of(place).session.speaks)
        await place.pilot.press("ctrl+s")
        await place.until(lambda: place.app.screen is place.chat)
        assert importer.called("keep")


async def test_where_no_tensor_stands_in_the_way_the_keys_are_on_the_settings(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter(unfit="its vocabulary has 998 tokens", aside=("criterion.weight",))
    async with opened(tmp_path, file, importer, size=(80, 24)) as place:
        assert "It does not speak as it is: its vocabulary has 998 tokens" in place.screen_text()
        assert "Enter corrects a tensor or a setting" in " ".join(place.screen_text().split())
        settings = place.app.screen.query_one("#settings", OptionList)
        assert (place.app.screen.focused, settings.highlighted) == (settings, 0)
        assert "vocabulary   none chosen" in place.screen_text()


async def test_a_net_of_another_kind_is_not_said_to_be_corrigible(tmp_path: Path, file: Path) -> None:
    async with opened(tmp_path, file, ScriptedImporter(unfit="it is a GRU: train an LSTM", unknown=True)) as place:
        assert "It does not speak as it is: it is a GRU: train an LSTM." in place.screen_text()
        assert "Enter corrects" not in place.screen_text()


async def test_without_a_vocabulary_the_screen_says_what_to_do(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter(bare=True)
    tokens = file.with_name("itos.pkl")
    tokens.write_bytes(b"x")
    async with opened(tmp_path, file, importer) as place:
        assert "No vocabulary: text is token ids. ctrl+o finds its tokens." in " ".join(place.screen_text().split())
        await place.pilot.press("ctrl+t", "h", "i", "enter")
        await place.until(lambda: "! Without a vocabulary text is token ids" in place.screen_text())
        # A pickle is tokens where those are missing, weights where they are not.
        await drop(place, tokens)
        await place.until(lambda: importer.called("read")[-1] == ImportRequest(str(file), str(tokens)))
        await place.until(lambda: screen_of(place).session.speaks)
        assert "No vocabulary" not in place.screen_text()
        await drop(place, tokens)
        await place.until(lambda: importer.called("read")[-1] == ImportRequest(str(tokens), str(tokens)))


async def test_a_refused_file_is_one_line_and_the_chat_goes_on(tmp_path: Path, file: Path) -> None:
    async with opened(tmp_path, file, ScriptedImporter(refused={"lm.pt": "it would run [bold]code[/]: it is refused"})) as place:
        assert "Not opened: it would run [bold]code[/]: it is refused." in place.screen_text()
        await place.pilot.press("escape")
        await place.until(lambda: place.app.screen is place.chat)
        assert await place.hear("hi") == " hello there friend"
        assert [name for name, _ in place.backend.called("load")] == ["smalltalk"]


async def test_leaving_while_it_is_read_lets_go_and_changes_nothing(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter(held=True)
    async with opened(tmp_path, file, importer, wait=False) as place:
        await place.until(lambda: importer.called("read"))
        assert "reading word lm.pt" in place.screen_text()
        await place.pilot.press("escape")
        await place.until(lambda: place.app.screen is place.chat and importer.called("rest"))
        assert place.chat.loaded is not None
        assert place.chat.loaded.name == "smalltalk"
        assert not importer.called("keep")


async def test_escape_stops_an_answer_first(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter()
    async with opened(tmp_path, file, importer) as place:
        importer.held = True
        await place.pilot.press("ctrl+t", "h", "i", "enter")
        await place.until(lambda: "bot   hello" in place.screen_text())
        await place.pilot.press("escape")
        await place.until(lambda: screen_of(place).session.state == "ready")
        assert "hello there" not in place.screen_text()
        await place.pilot.press("escape")
        await place.until(lambda: place.app.screen is place.chat)


async def test_a_name_that_is_taken_is_said_and_another_one_asked_for(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter(taken="word_lm")
    async with opened(tmp_path, file, importer) as place:
        await place.pilot.press("ctrl+s")
        await place.until(lambda: "Not kept: there is already a checkpoint 'word_lm'" in place.screen_text())
        settings = place.app.screen.query_one("#settings", OptionList)
        settings.focus()
        settings.highlighted = 5
        await place.pilot.press("enter")
        await place.until(lambda: isinstance(place.app.screen.focused, Input))
        await place.pilot.press("x", "enter")
        await place.until(lambda: "Not kept" not in place.screen_text())
        await place.pilot.press("ctrl+s")
        await place.until(lambda: place.app.screen is place.chat)
        assert [name for _, name in importer.called("keep")] == ["word_lm", "x"]


async def test_a_vocabulary_dropped_on_the_screen_is_read_with_the_file(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter()
    vocabulary = file.with_name("vocab.json")
    vocabulary.write_text("[]")
    other = file.with_name("other.pt")
    other.write_bytes(b"x")
    async with opened(tmp_path, file, importer) as place:
        await drop(place, vocabulary)
        await place.until(lambda: importer.called("read")[-1] == ImportRequest(str(file), str(vocabulary)))
        await drop(place, other)
        await place.until(lambda: importer.called("read")[-1] == ImportRequest(str(other), str(vocabulary)))


async def test_the_dialog_takes_typed_and_dropped_paths(tmp_path: Path, file: Path) -> None:
    importer = ScriptedImporter()
    async with playground(tmp_path, importer=importer) as place:
        await place.pilot.press("alt+o")
        await arrive(place, OpenFileDialog)
        # What reads files is under way before the path is known.
        assert importer.calls == [("prepare", None)]
        await place.pilot.press("enter")
        assert isinstance(place.app.screen, OpenFileDialog)
        await place.pilot.press("x")
        await drop(place, f"file://{str(file).replace(' ', '%20')}")
        assert place.app.screen.query_one("#path", PathInput).value == str(file)
        await place.pilot.press("tab")
        await drop(place, "words.txt")
        await place.pilot.press("enter")
        await arrive(place, ImportScreen)
        await place.until(lambda: importer.called("read") == [ImportRequest(str(file), "words.txt")])


async def test_a_file_is_looked_for_in_a_tree(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (file.parent / ".hidden").write_bytes(b"x")
    (file.parent / "loop").symlink_to("loop")
    (file.parent / "red\x1b[31m\nname").write_bytes(b"x")
    async with playground(tmp_path, importer=ScriptedImporter()) as place:
        await place.pilot.press("alt+o")
        await arrive(place, OpenFileDialog)
        place.app.screen.query_one("#path", PathInput).value = str(file.parent)
        await place.pilot.press("ctrl+o")
        await arrive(place, FileTreeDialog)
        tree = place.app.screen.query_one(PlainTree)
        await place.until(lambda: len(tree.root.children) == 3)
        assert [str(node.label) for node in tree.root.children] == ["loop", "red␛[31m␊name", "word lm.pt"]
        await place.pilot.press("end", "enter")
        await arrive(place, OpenFileDialog)
        assert place.app.screen.query_one("#path", PathInput).value == str(file)


async def test_the_tree_goes_to_the_folder_above(tmp_path: Path, file: Path) -> None:
    async with playground(tmp_path, importer=ScriptedImporter()) as place:
        await place.app.push_screen(FileTreeDialog("Which?", file.parent))
        await arrive(place, FileTreeDialog)
        await place.pilot.press("backspace")
        tree = place.app.screen.query_one(PlainTree)
        await place.until(lambda: "nets" in [str(node.label) for node in tree.root.children])


async def test_a_checkpoint_folder_is_loaded_as_it_is(tmp_path: Path) -> None:
    importer = ScriptedImporter()
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    async with playground(tmp_path, importer=importer) as place:
        await drop(place, folder)
        await arrive(place, PickDialog)
        await place.pilot.press("enter")
        await place.until(lambda: place.backend.called("load")[-1] == (str(folder), None))
        assert not importer.called("read")


async def test_from_the_library_too(tmp_path: Path) -> None:
    async with playground(tmp_path, importer=ScriptedImporter()) as place:
        await place.pilot.press("ctrl+o")
        await place.until(lambda: place.app.screen is not place.chat)
        await place.pilot.press("o")
        await arrive(place, OpenFileDialog)
        await place.pilot.press("escape")
        await place.until(lambda: place.app.screen is place.chat)


@pytest.mark.parametrize("size", [(80, 24), (50, 15)])
async def test_where_it_is_narrow_tabs_lead_to_everything(tmp_path: Path, file: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, file, ScriptedImporter(), size=size) as place:
        assert "1: recurrent" in place.screen_text()
        await place.pilot.press("ctrl+l")
        await place.until(lambda: "vocab.json, 1,000 words" in place.screen_text())
        await place.pilot.press("ctrl+t", "h", "i", "enter")
        await place.until(lambda: "hello there" in place.screen_text())


def test_a_path_is_completed(file: Path) -> None:
    (file.parent / "words").mkdir()
    assert completed(f"{file.parent}/wor") == str(file)
    assert completed(f"{file.parent}/words") == f"{file.parent}/words/"
    assert completed(f"{file.parent}/zebra") is None
    assert completed("/nowhere/at") is None
    assert completed("") is None
