"""The app as a whole: first paint, palette, help, themes, the end."""

import subprocess
import sys
from pathlib import Path

import pytest
from textual.binding import Binding

from chatbot_tui.core.conversations import ConversationLog
from chatbot_tui.ui.app import PlaygroundApp
from chatbot_tui.ui.commands import ActionProvider, named_actions
from chatbot_tui.ui.panels.composer import Composer
from chatbot_tui.ui.panels.transcript import Transcript
from chatbot_tui.ui.screens.chat import ChatScreen
from chatbot_tui.ui.screens.help import HelpScreen
from tests.fakes import ScriptedBackend
from tests.ui.playground import playground

OURS = (PlaygroundApp, ChatScreen, Composer, Transcript)


def our_bindings() -> list[Binding]:
    return [binding for owner in OURS for binding in owner.BINDINGS if isinstance(binding, Binding) and binding.id]


async def test_the_composer_takes_letters_before_the_network_is_loaded(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(loading_open=False), ready=False) as place:
        await place.pilot.press(*"hello")
        assert place.chat.composer.text == "hello"
        assert place.chat.loaded is None


def test_every_action_has_its_own_id_and_an_explanation() -> None:
    ids = [binding.id for binding in our_bindings()]
    assert len(ids) == len(set(ids))
    assert all(binding.description and binding.tooltip for binding in our_bindings())


def test_no_key_is_given_to_two_actions() -> None:
    global_bindings = [binding for owner in (PlaygroundApp, ChatScreen) for binding in owner.BINDINGS if isinstance(binding, Binding)]
    keys = [key for binding in global_bindings for key in binding.key.split(",")]
    assert len(keys) == len(set(keys))


def test_the_footer_shows_at_most_seven_keys() -> None:
    # The palette's key is the footer's own.
    shown = [
        binding for owner in (PlaygroundApp, ChatScreen) for binding in owner.BINDINGS if isinstance(binding, Binding) and binding.show
    ]
    assert len(shown) + 1 <= 7


async def test_every_action_is_in_the_palette_and_in_the_help(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        provider = ActionProvider(place.chat)
        offered = {str(hit.display) async for hit in provider.discover() if hasattr(hit, "display")}
        await place.pilot.press("f1")
        await place.until(lambda: isinstance(place.app.screen, HelpScreen))
        screen = place.app.screen
        assert isinstance(screen, HelpScreen)
        helped = {title for _keys, title, _help in screen._keys}
        for binding in our_bindings():
            assert binding.description in offered
            assert binding.description in helped


async def test_every_action_of_the_palette_exists(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        for action in named_actions(place.chat):
            node, name, _arguments = place.app._parse_action(action.binding.action, action.node)
            method = name.rpartition(".")[2]
            assert any(hasattr(owner, f"action_{method}") for owner in (node, place.chat, place.app)), action.binding.action


async def test_an_action_of_the_palette_can_be_found_and_run(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("hi")
        await place.pilot.press("ctrl+p", *"begin a new conv")
        await place.until(lambda: "Begin a new" in place.screen_text())
        await place.pilot.press("enter")
        await place.until(lambda: place.app.screen is place.chat and place.texts() == [])


async def test_help_shows_the_keys_of_the_keymap_and_explains_the_panels(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[keymap]\nretry = "ctrl+y"\n')
    async with playground(tmp_path) as place:
        await place.pilot.press("f1")
        await place.until(lambda: isinstance(place.app.screen, HelpScreen))
        await place.pilot.pause()
        line = next(line for line in place.screen_text().splitlines() if "Retry" in line)
        assert "ctrl+y" in line
        await place.pilot.press("end")
        await place.until(lambda: "exactly what was done" in place.screen_text())
        await place.pilot.press("escape")
        await place.until(lambda: place.app.screen is place.chat)


@pytest.mark.parametrize("theme", ["chatbot-dark", "chatbot-light", "textual-dark", "textual-light", "ansi-dark", "nord"])
async def test_every_kind_of_theme_can_show_a_reply(tmp_path: Path, theme: str) -> None:
    (tmp_path / "settings.toml").write_text(f'theme = "{theme}"\n')
    async with playground(tmp_path) as place:
        await place.hear("hi")
        assert place.app.theme == theme
        assert "hello there friend" in place.screen_text()


async def test_a_theme_that_does_not_exist_falls_back_to_ours(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('theme = "none such"\n')
    async with playground(tmp_path) as place:
        assert place.app.theme == "chatbot-dark"


async def test_a_chosen_theme_is_remembered(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        place.app.theme = "chatbot-light"
        await place.pilot.pause()
    assert 'theme = "chatbot-light"' in (tmp_path / "settings.toml").read_text()


async def test_without_colours_likely_words_are_bold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with playground(tmp_path, checkpoint="near-zero-init") as place:
        await place.hear("hi")
        strip = place.chat.transcript.render_line(3)
        styles = [segment.style for segment in strip if "the" in segment.text]
        assert styles
        assert all(style is not None and style.bold for style in styles)


async def test_selected_text_is_what_was_said_without_names_or_breaks(tmp_path: Path) -> None:
    async with playground(tmp_path, size=(60, 12)) as place:
        await place.hear("hello you " * 8)
        place.chat.transcript.text_select_all()
        assert place.chat.get_selected_text() == ("hello you " * 8).strip() + "\nhello there friend"


async def test_a_drag_out_of_the_chat_selects_nothing_in_the_panels(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("hello")
        await place.pilot.mouse_down(place.chat.transcript, offset=(7, 4))
        await place.pilot.hover(place.chat.query_one("HiddenStatePanel"), offset=(20, 3))
        await place.pilot.mouse_up(place.chat.query_one("HiddenStatePanel"), offset=(20, 3))
        assert {type(widget).__name__ for widget in place.chat.selections} <= {"Transcript"}


async def test_leaving_in_mid_reply_keeps_what_was_said(tmp_path: Path) -> None:
    backend = ScriptedBackend(held=True)
    async with playground(tmp_path, backend) as place:
        await place.say("hi")
        backend.release(2)
        await place.until(lambda: place.chat.live is not None and len(place.chat.live.tokens) == 2)
        path = place.chat.conversation.path
    assert [turn.text for turn in ConversationLog.open(path).turns] == ["hi", " hello there"]
    assert backend.called("cancel")


def test_the_app_imports_neither_torch_nor_numpy() -> None:
    script = "import sys, chatbot_tui.ui.app; print([name for name in ('torch', 'numpy') if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
