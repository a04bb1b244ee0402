"""The chat screen around the conversation: layout, status, settings, looks, saving."""

import json
import tomllib
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Region
from textual.widgets import Footer, Static

from chatbot_tui.core.conversations import ConversationLog
from chatbot_tui.core.sampling import PRESETS
from chatbot_tui.core.settings import load_settings
from chatbot_tui.ui.panels.deck import PanelDeck
from chatbot_tui.ui.panels.sampling import SamplingPanel
from chatbot_tui.ui.screens.layout import layout_for
from tests.fakes import ScriptedBackend
from tests.ui.playground import Playground, playground

SIZES = [(200, 60), (120, 40), (120, 24), (119, 40), (80, 24), (76, 10), (75, 30), (60, 20), (59, 40), (50, 15), (30, 10), (20, 8)]


def parts(place: Playground) -> dict[str, Region]:
    """The regions of the parts that are shown."""
    screen = place.chat
    candidates = {
        "transcript": screen.transcript,
        "composer": screen.composer,
        "deck": screen.query_one(PanelDeck),
        "status": screen.query_one("#status"),
        "hints": screen.query_one("#hints"),
        "footer": screen.query_one(Footer),
    }
    return {name: widget.region for name, widget in candidates.items() if widget.display and widget.region.area}


def assert_tidy(place: Playground) -> None:
    width, height = place.app.size
    screen = Region(0, 0, width, height)
    shown = parts(place)
    assert {"transcript", "composer"} <= set(shown)
    for name, region in shown.items():
        assert screen.contains_region(region), f"{name} {region} leaves the screen {screen}"
        assert all(not region.overlaps(other) for key, other in shown.items() if key != name), f"{name} overlaps"
    assert shown["transcript"].height >= 3
    for line in place.screen_text().splitlines():
        assert "Traceback" not in line


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_overlaps_or_leaves_the_screen_at_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playground(tmp_path, size=size) as place:
        await place.hear("hello")
        await place.pilot.pause()
        assert_tidy(place)
        assert "friend" in place.screen_text()


async def test_any_resize_during_a_reply_leaves_everything_tidy_and_the_reply_whole(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(replies=[tuple(f" word{n}" for n in range(len(SIZES)))], held=True)) as place:
        await place.say("hello")
        for width, height in SIZES:
            place.backend.release()
            await place.pilot.resize_terminal(width, height)
            await place.pilot.pause()
            assert_tidy(place)
        place.backend.release_all()
        await place.until(lambda: place.chat.live is None)
        assert place.chat.conversation.turns[-1].text == "".join(f" word{n}" for n in range(len(SIZES)))


@pytest.mark.parametrize(
    ("size", "name"),
    [
        ((120, 32), "wide"),
        ((120, 31), "side"),
        ((119, 40), "side"),
        ((76, 10), "side"),
        ((75, 20), "stacked"),
        ((75, 19), "narrow"),
        ((59, 50), "narrow"),
    ],
)
def test_the_layout_follows_from_the_size_alone(size: tuple[int, int], name: str) -> None:
    assert layout_for(*size).name == name


async def test_where_panels_are_tabs_one_is_shown_and_a_key_shows_the_next(tmp_path: Path) -> None:
    async with playground(tmp_path, size=(80, 24)) as place:
        deck = place.chat.deck
        shown = [panel for panel in deck.query("NextTokenPanel, HiddenStatePanel, CollapsePanel, SamplingPanel") if panel.display]
        assert [type(panel).__name__ for panel in shown] == ["NextTokenPanel"]
        await place.pilot.press("ctrl+l")
        await place.until(lambda: deck.shown == "state")
        assert place.chat.query_one("HiddenStatePanel").display
        assert not place.chat.query_one("NextTokenPanel").display


async def test_a_key_draws_several_replies_and_a_panel_comes_to_show_them(tmp_path: Path) -> None:
    async with playground(tmp_path, size=(120, 40)) as place:
        panel = place.chat.query_one("WeighingPanel")
        await place.hear("hello")
        assert not panel.display
        await place.pilot.press("alt+r")
        await place.hear("hello")
        assert [request.sampling.candidates for request in place.backend.requests] == [1, 16]
        await place.until(lambda: panel.display)
        assert panel.size.height >= 4
        await place.pilot.press("alt+r")
        await place.hear("hello")
        assert place.backend.requests[-1].sampling.candidates == 1
        await place.until(lambda: not panel.display)


async def test_the_heading_says_that_candidates_are_drawn_until_one_is_spoken(tmp_path: Path) -> None:
    backend = ScriptedBackend(held=True)
    async with playground(tmp_path, backend, size=(120, 40)) as place:
        await place.pilot.press("alt+r")
        await place.say("hello")
        await place.until(lambda: "drawing 16 candidates" in place.screen_text())
        backend.release()
        await place.until(lambda: "speaking · 1 token " in place.screen_text())
        await place.pilot.press("ctrl+f")
        await place.until(lambda: "paused · 1 token " in place.screen_text())
        backend.release_all()


@pytest.mark.parametrize(
    ("key", "news"), [("f3", "temperature"), ("alt+r", "chosen among"), ("alt+down", "tokens a second"), ("shift+f2", "own")]
)
async def test_a_notice_tells_what_a_key_changed_only_where_the_sampling_panel_does_not(tmp_path: Path, key: str, news: str) -> None:
    async with playground(tmp_path / "wide", size=(120, 40)) as place:
        await place.pilot.press(key)
        assert not place.notices()
    async with playground(tmp_path / "tabs", size=(80, 24)) as place:
        await place.pilot.press(key)
        assert news in place.notices()
        place.chat.deck.show_panel("sample")
        await place.pilot.pause()
        told = place.notices()
        await place.pilot.press(key)
        assert place.notices() == told


async def test_a_narrow_terminal_has_the_verdict_and_the_last_token_in_one_line(tmp_path: Path) -> None:
    async with playground(tmp_path, size=(59, 15), checkpoint="near-zero-init") as place:
        await place.hear("hello")
        await place.pilot.press("left")
        await place.pilot.pause()
        status = place.chat.query_one("#status", Static)
        assert str(status.content).startswith("collapsed since 2 · the p .98 · ")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 24)])
async def test_an_empty_chat_says_what_can_be_done_here_until_something_is_said(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "settings.toml").write_text('[keymap]\nlibrary = "f4"\n')
    async with playground(tmp_path, size=size) as place:
        chat = [line[: place.chat.transcript.size.width + 2] for line in place.screen_text().splitlines()]
        assert "press enter" in " ".join(" ".join(chat).split())
        # The keys are those of the settings.
        assert [line.split()[0] for line in chat if "load another" in line] == ["f4"]
        assert any("go on with an earlier" in line for line in chat)
        await place.hear("hello")
        assert "load another" not in place.screen_text()
        await place.pilot.press("ctrl+n")
        await place.until(lambda: "load another" in place.screen_text())


@pytest.mark.parametrize(("size", "offered"), [((60, 20), True), ((59, 20), False)])
async def test_the_key_for_the_next_panel_is_offered_only_where_there_is_one(tmp_path: Path, size: tuple[int, int], offered: bool) -> None:
    async with playground(tmp_path, size=size) as place:
        assert "f1 help" in place.screen_text()
        assert ("next panel" in place.screen_text()) == offered


async def test_the_collapse_panel_says_since_when_and_whose_fault(tmp_path: Path) -> None:
    async with playground(tmp_path, checkpoint="near-zero-init") as place:
        await place.hear("hello")
        await place.pilot.pause()
        assert "COLLAPSED since token 2" in place.screen_text()


async def test_settings_changed_on_screen_are_there_at_the_next_start(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.pilot.press("f2", "alt+down", "f12")
        assert not place.chat.transcript.shade
    saved = tomllib.loads((tmp_path / "settings.toml").read_text())
    assert saved["sampling"] == {"greedy": True}
    assert (saved["tokens_per_second"], saved["shade"]) == (10.0, False)
    async with playground(tmp_path) as place:
        assert place.chat.sampling == PRESETS["greedy"]
        assert place.chat.query_one(SamplingPanel).settings == PRESETS["greedy"]
        await place.hear("hi")
        assert place.backend.requests[0].sampling == PRESETS["greedy"]


async def test_the_sampling_panel_governs_the_backend_at_once(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        place.chat.query_one(SamplingPanel).post_message(SamplingPanel.SettingsChanged(PRESETS["min-p"]))
        await place.until(lambda: place.backend.sampling == PRESETS["min-p"])
        place.chat.query_one(SamplingPanel).post_message(SamplingPanel.SeedChanged(7))
        await place.until(lambda: place.chat.seed == 7)
        await place.hear("hi")
        assert (place.backend.requests[0].seed, place.backend.requests[0].sampling) == (7, PRESETS["min-p"])


async def test_an_unreadable_settings_file_is_announced_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("theme = [")
    async with playground(tmp_path) as place:
        assert "not valid TOML" in place.notices()
        await place.pilot.press("f2")
        await place.hear("hi")
    assert (tmp_path / "settings.toml").read_text() == "theme = ["


async def test_a_keymap_moves_an_action_to_another_key(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[keymap]\nnew = "ctrl+y"\n')
    async with playground(tmp_path) as place:
        await place.hear("hi")
        await place.pilot.press("ctrl+n")
        assert place.texts() != []
        await place.pilot.press("ctrl+y")
        await place.until(lambda: place.texts() == [])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('libary = "f4"', "no action is called 'libary'"),
        ('library = "f4"', "f4 is the key of strategy-top-k and library"),
        ('library = "ctrl+y,f4"\nstrategy-top-k = "f8"', "f8 is the key of strategy-top-k and strategy-mirostat"),
        ('library = "f4"\nstrategy-top-k = "ctrl+y"\nlab-start = "f9"', ""),
    ],
)
async def test_mistakes_in_a_keymap_are_named(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "settings.toml").write_text(f"[keymap]\n{line}\n")
    async with playground(tmp_path) as place:
        if told:
            await place.until(lambda: told in place.notices())
            assert "settings.toml" in place.notices()
        assert bool(place.notices()) == bool(told)


async def test_pinned_words_go_into_the_next_request(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.pilot.press("ctrl+backslash", "end", *" movie", "enter")
        await place.until(lambda: place.chat.preferences.settings.pinned == ("the", "movie"))
        await place.hear("hi")
        assert place.backend.requests[0].pinned == ("the", "movie")


async def test_what_is_typed_but_not_sent_is_there_after_the_end(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("hi")
        path = place.chat.conversation.path
        place.chat.composer.replace_text("half a thou")
        await place.until(lambda: ConversationLog.open(path).draft_text == "half a thou")


async def test_a_reply_under_way_is_on_the_disk_before_it_ends(tmp_path: Path) -> None:
    async with playground(tmp_path, ScriptedBackend(held=True)) as place:
        await place.say("hi")
        place.backend.release(1)
        path = place.chat.conversation.path
        await place.until(lambda: path.exists() and len(ConversationLog.open(path).turns) == 2)
        assert ConversationLog.open(path).turns[-1].text.startswith(" hello")


async def test_a_folder_that_cannot_be_written_is_announced_and_the_chat_goes_on(tmp_path: Path) -> None:
    (tmp_path / "conversations").write_text("a file where the folder should be")
    async with playground(tmp_path) as place:
        assert await place.hear("one") == " hello there friend"
        assert await place.hear("two") == " hello there friend"
        assert place.notices().count("cannot be saved") == 1


async def test_markup_and_control_characters_are_shown_as_they_are(tmp_path: Path) -> None:
    said = "[bold red]x[/] \x1b[31m \u202e"
    async with playground(tmp_path, ScriptedBackend(replies=[(" [link]", "\x07", "\x1b]0;t")])) as place:
        await place.hear(said)
        shown = place.screen_text()
        assert "[bold red]x[/] ␛[31m" in shown
        assert "[link]␇␛]0;t" in shown
        assert "\x1b" not in shown
        assert place.backend.requests[0].turns[-1].text == said.strip()


async def test_a_very_long_paste_is_folded_and_sent_whole(tmp_path: Path) -> None:
    text = "word " * 20_000
    async with playground(tmp_path) as place:
        place.app.post_message(events.Paste(text))
        await place.until(lambda: "100,000 characters" in place.chat.composer.text)
        await place.pilot.press("enter")
        await place.until(lambda: place.backend.requests)
        assert place.backend.requests[0].turns[-1].text == text.strip()


async def test_up_and_down_bring_back_earlier_messages_and_the_draft(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("one")
        await place.hear("two")
        await place.pilot.press(*"dra", "up")
        assert place.chat.composer.text == "two"
        await place.pilot.press("up")
        assert place.chat.composer.text == "one"
        await place.pilot.press("down", "down")
        assert place.chat.composer.text == "dra"


async def test_ctrl_j_starts_a_new_line(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.pilot.press("a", "ctrl+j", "b")
        assert place.chat.composer.text == "a\nb"
        assert place.backend.requests == []


async def test_the_conversation_file_is_plain_json_lines(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.hear("hi")
        lines = place.chat.conversation.path.read_text().splitlines()
        assert all(isinstance(json.loads(line), dict) for line in lines)


async def test_the_recommended_sampling_is_the_cards_own_and_forgets_any_other(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        assert place.chat.loaded is not None
        await place.pilot.press("f2")
        assert place.chat.sampling == PRESETS["greedy"]
        await place.pilot.press("shift+f2")
        assert place.chat.sampling == place.chat.loaded.sampling
        assert place.backend.called("set_sampling")[-1] == place.chat.loaded.sampling
    assert load_settings(tmp_path / "settings.toml")[0].sampling is None


async def test_news_that_comes_while_the_app_ends_does_no_harm(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        # The screen's parts go before it does.
        await place.chat.query("*").remove()
        place.chat.show_state()
