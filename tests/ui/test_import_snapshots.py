"""How a foreign file looks before it is a checkpoint: one picture a width, frozen. Look at a changed picture before accepting it."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from chatbot_tui.core.imports import ImportRequest
from chatbot_tui.ui.app import PlaygroundApp
from chatbot_tui.ui.screens.importing import ImportScreen
from tests.fake_importer import ScriptedImporter
from tests.fakes import ScriptedBackend


@pytest.mark.parametrize("size", [(120, 40), (50, 15)])
def test_a_recognised_file(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    importer = ScriptedImporter()
    app = PlaygroundApp(ScriptedBackend(), conversations=tmp_path / "conversations", settings=tmp_path / "settings.toml", importer=importer)
    app.animation_level = "none"

    async def open_it(pilot: Pilot[None]) -> None:
        while not app.chat.has_class("-complete") or app.chat.loaded is None:
            await pilot.pause()
        screen = ImportScreen(importer, ImportRequest("/nets/word_lm.pt", "/nets/vocab.json"))
        await app.push_screen(screen)
        while not screen.session.speaks:
            await pilot.pause()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=open_it)
