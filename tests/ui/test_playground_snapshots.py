"""How the playground looks: one picture a width, frozen. Look at a changed picture before accepting it."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from chatbot_tui.ui.app import PlaygroundApp
from tests.fakes import ScriptedBackend


def spoken(folder: Path, checkpoint: str) -> PlaygroundApp:
    app = PlaygroundApp(ScriptedBackend(), checkpoint=checkpoint, conversations=folder / "conversations", settings=folder / "settings.toml")
    app.animation_level = "none"
    return app


async def talk(pilot: Pilot[None]) -> None:
    app = pilot.app
    assert isinstance(app, PlaygroundApp)
    app.chat.composer.cursor_blink = False
    while app.chat.loaded is None:
        await pilot.pause()
    app.chat.composer.replace_text("do you like the beatles?")
    await pilot.press("enter")
    while len(app.chat.conversation.turns) < 2:
        await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize(("size", "checkpoint"), [((120, 40), "smalltalk"), ((80, 24), "smalltalk"), ((50, 15), "near-zero-init")])
def test_a_reply(snap_compare: Any, tmp_path: Path, size: tuple[int, int], checkpoint: str) -> None:
    assert snap_compare(spoken(tmp_path, checkpoint), terminal_size=size, run_before=talk)
