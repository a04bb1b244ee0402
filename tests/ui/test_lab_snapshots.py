"""How the laboratory looks: one picture a width, frozen. Look at a changed picture before accepting it."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from chatbot_tui.ui.app import PlaygroundApp
from chatbot_tui.ui.screens.lab import LabScreen
from tests.fake_lab import ScriptedLab
from tests.fakes import ScriptedBackend


async def compare(pilot: Pilot[None]) -> None:
    app = pilot.app
    assert isinstance(app, PlaygroundApp)
    while app.chat.loaded is None:
        await pilot.pause()
    await pilot.press("f11")
    while not isinstance(app.screen, LabScreen) or not app.screen.choice.recipes.option_count:
        await pilot.pause()
    await pilot.press("down", "f6", "down", "enter")
    while app.screen.view.frame is None or app.screen.session.state != "ended":
        await pilot.pause()
    await pilot.press("left", "left")
    await pilot.pause()


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_two_runs_side_by_side(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    app = PlaygroundApp(
        ScriptedBackend(),
        checkpoint="smalltalk",
        conversations=tmp_path / "conversations",
        settings=tmp_path / "settings.toml",
        lab=ScriptedLab(),
    )
    app.animation_level = "none"
    assert snap_compare(app, terminal_size=size, run_before=compare)
