"""How the doctor's screen looks: one picture a width, frozen. Look at a changed picture before accepting it."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from chatbot_tui.ui.app import PlaygroundApp
from chatbot_tui.ui.panels.answers import Answers
from chatbot_tui.ui.screens.doctor import DoctorScreen
from tests.fake_doctor import ScriptedDoctor
from tests.fakes import ScriptedBackend


async def examined(pilot: Pilot[None]) -> None:
    app = pilot.app
    assert isinstance(app, PlaygroundApp)
    while app.chat.loaded is None:
        await pilot.pause()
    await pilot.press("f10")
    while not isinstance(app.screen, DoctorScreen) or not app.screen.query(Answers) or app.screen.view.diagnosis is None:
        await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_a_collapsed_net(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    app = PlaygroundApp(
        ScriptedBackend(),
        checkpoint="near-zero-init",
        conversations=tmp_path / "conversations",
        settings=tmp_path / "settings.toml",
        doctor=ScriptedDoctor(),
    )
    app.animation_level = "none"
    assert snap_compare(app, terminal_size=size, run_before=examined)
