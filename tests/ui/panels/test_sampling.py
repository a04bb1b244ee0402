"""The sampling panel: keys and mouse change the strategy, and every change is posted at once."""

import pytest
from textual.widget import Widget
from textual.widgets import Input

from chatbot_tui.core.ports import Pace
from chatbot_tui.core.sampling import PRESETS, SamplingSettings
from chatbot_tui.ui.panels.parameters import TRACKS
from chatbot_tui.ui.panels.sampling import SamplingPanel
from chatbot_tui.ui.widgets.chooser import Chooser
from chatbot_tui.ui.widgets.sliders import Sliders
from chatbot_tui.ui.widgets.stepper import Stepper
from chatbot_tui.ui.widgets.toggle import Toggle
from tests.ui.panels.host import Host

SIZE = (60, 12)


async def test_arrow_keys_choose_a_preset() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        panel.query_one("#preset").focus()
        await pilot.press("home", "right")
        await pilot.pause()
        assert app.posted == [
            SamplingPanel.SettingsChanged(PRESETS["greedy"]),
            SamplingPanel.SettingsChanged(PRESETS["temperature"]),
        ]
        assert panel.query_one(Sliders).values["temperature"] == 0.8


async def test_a_click_chooses_a_preset_and_shows_its_slider() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        # "○ greedy  ○ temperature  ○ top-k": eight cells, two blanks, thirteen cells, two blanks.
        await pilot.click("#preset", offset=(8 + 2 + 13 + 2 + 3, 0))
        await pilot.pause()
        assert app.posted == [SamplingPanel.SettingsChanged(PRESETS["top-k"])]
        assert panel.query_one(Sliders).row == 1


async def test_the_slider_of_a_strategy_that_a_key_chose_is_in_sight() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        sliders, window = panel.query_one(Sliders), panel.query_one("#options")
        panel.settings = PRESETS["mirostat"]
        await pilot.pause()
        assert TRACKS[sliders.row].key == "mirostat_tau"
        assert window.scroll_offset.y <= sliders.row < window.scroll_offset.y + window.size.height
        # What is switched on besides is the news, not what was on before.
        panel.settings = SamplingSettings(temperature=0.7)
        panel.settings = SamplingSettings(temperature=0.7, candidates=8)
        await pilot.pause()
        assert TRACKS[sliders.row].key == "candidates"
        # Another order moves no slider.
        panel.settings = panel.settings.changed(order="llama.cpp")
        await pilot.pause()
        assert TRACKS[sliders.row].key == "candidates"


async def test_the_slider_in_hand_stays_in_sight_when_the_panel_shrinks() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=(60, 26)) as pilot:
        sliders, window = panel.query_one(Sliders), panel.query_one("#options")
        panel.settings = PRESETS["mirostat"]
        await pilot.pause()
        await pilot.resize_terminal(60, 10)
        await pilot.pause()
        assert window.size.height < sliders.row
        assert window.scroll_offset.y <= sliders.row < window.scroll_offset.y + window.size.height


async def test_names_of_sliders_are_whole_beside_a_chat_of_eighty_columns() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    # The panel's half of eighty columns is 39 cells.
    async with app.run_test(size=(39, 40)) as pilot:
        await pilot.pause()
        names = str(panel.query_one(Sliders).render())
        assert all(track.label in names for track in TRACKS)


async def test_a_preset_replaces_other_filters_but_keeps_the_order() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        panel.settings = SamplingSettings(top_k=5, top_p=0.5, order="llama.cpp")
        panel.query_one("#preset").focus()
        await pilot.press("home")
        await pilot.pause()
        assert app.posted == [SamplingPanel.SettingsChanged(SamplingSettings(greedy=True, order="llama.cpp"))]


async def test_slider_keys_step_switch_and_combine() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        panel.query_one(Sliders).focus()
        await pilot.press("left", "down", "space", "right")
        await pilot.pause()
        assert app.posted[-1] == SamplingPanel.SettingsChanged(SamplingSettings(temperature=0.95, top_k=41))
        assert panel.query_one("#preset", Chooser).value is None
        await pilot.press("space")
        await pilot.pause()
        assert app.posted[-1] == SamplingPanel.SettingsChanged(SamplingSettings(temperature=0.95))
        assert panel.query_one("#preset", Chooser).value == "temperature"


async def test_dragging_sets_a_value_and_ends_with_the_button() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        sliders = panel.query_one(Sliders)
        right = sliders.size.width - 1
        await pilot.mouse_down(sliders, offset=(right - 5, 1))
        await pilot.hover(sliders, offset=(right, 1))
        await pilot.mouse_up(sliders, offset=(right, 1))
        await pilot.hover(sliders, offset=(right - 9, 1))
        await pilot.pause()
        assert panel.settings == SamplingSettings(top_k=100)


async def test_a_click_on_a_name_switches_it() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.click(Sliders, offset=(6, 2))
        await pilot.pause()
        assert app.posted == [SamplingPanel.SettingsChanged(SamplingSettings(top_p=0.95))]


async def test_the_row_of_the_keys_is_scrolled_into_view() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        panel.query_one(Sliders).focus()
        await pilot.press(*["down"] * 18)
        await pilot.pause()
        sliders = panel.query_one(Sliders)
        options = panel.query_one("#options", Widget)
        assert sliders.row == 18
        assert options.scroll_y <= 18 < options.scroll_y + options.size.height


async def test_the_order_is_chosen_by_key() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        panel.query_one("#order").focus()
        await pilot.press("end")
        await pilot.pause()
        assert app.posted == [SamplingPanel.SettingsChanged(SamplingSettings(order="llama.cpp"))]


async def test_speed_goes_up_to_flat_out_and_pause_holds() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        panel.query_one("#speed").focus()
        await pilot.press("right", "end", "tab", "space")
        await pilot.pause()
        assert app.posted == [
            SamplingPanel.PaceChanged(Pace(50.0)),
            SamplingPanel.PaceChanged(Pace(None)),
            SamplingPanel.PaceChanged(Pace(None, paused=True)),
        ]


async def test_a_speed_that_is_not_on_the_ladder_is_shown_as_it_is() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        panel.pace = Pace(12.0, paused=True)
        await pilot.pause()
        assert "12/s" in str(panel.query_one("#speed", Stepper).render())
        assert str(panel.query_one("#paused", Toggle).render()) == "● paused"
        assert app.posted == []


async def test_typing_a_seed_posts_it_and_an_empty_field_does_not() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        field = panel.query_one("#seed", Input)
        field.focus()
        await pilot.press("backspace", "4", "x", "2", "backspace", "backspace", "tab")
        await pilot.pause()
        assert app.posted == [SamplingPanel.SeedChanged(4), SamplingPanel.SeedChanged(42), SamplingPanel.SeedChanged(4)]
        assert field.value == "4"


async def test_values_from_outside_are_shown_and_not_posted() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE) as pilot:
        panel.settings = SamplingSettings(min_p=0.1)
        panel.seed = 7
        panel.pace = Pace(None)
        await pilot.pause()
        assert panel.query_one("#preset", Chooser).value == "min-p"
        assert panel.query_one("#seed", Input).value == "7"
        assert panel.border_title is not None
        assert "min-p .10" in panel.border_title
        assert app.posted == []


@pytest.mark.parametrize("width", [36, 60, 90])
async def test_the_row_of_seed_and_speed_fits_any_width(width: int) -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=(width, 12)) as pilot:
        await pilot.pause()
        row = panel.query_one("#run")
        assert all(row.region.contains_region(child.region) for child in row.children if child.display)


async def test_everything_that_takes_the_focus_explains_itself() -> None:
    panel = SamplingPanel()
    app = Host(panel)
    async with app.run_test(size=SIZE):
        focusable = [widget for widget in panel.query("*") if widget.focusable]
        assert len(focusable) == 6
        assert all(widget.tooltip for widget in focusable)
