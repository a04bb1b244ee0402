"""Broken and malicious files where the app reads them: refused in one line, nothing run, and the chat goes on."""

from functools import partial
from pathlib import Path

import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import ImportRequest
from chatbot_tui.import_bridge import ChildImporter
from chatbot_tui.importer import LocalImporter
from chatbot_tui.ui.screens.importing import ImportScreen
from tests.model.bad_vocabularies import REFUSED, put
from tests.model.importers.hostile import ATTACKS, BROKEN, CUT, PWNED, saved, state
from tests.ui.playground import playground

CASES = {**ATTACKS, **BROKEN, **CUT}


def refusal(request: ImportRequest) -> str:
    """Why a file is not opened, or does not speak."""
    try:
        reading = LocalImporter().read(request)
    except InputError as error:
        return str(error)
    assert reading.recognition is None
    return reading.problem


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_refused_in_one_line_and_nothing_is_run(name: str, tmp_path: Path) -> None:
    said = refusal(ImportRequest(str(CASES[name][0](tmp_path))))
    assert said
    assert said.isprintable(), "no line break, nothing that steers a terminal"
    assert "--" not in said, "no option of the command line: the screen has none"
    assert not (tmp_path / PWNED).exists()


@pytest.mark.parametrize("name", REFUSED)
def test_a_vocabulary_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    content, file, size, _ = REFUSED[name]
    weights = {**state(), "embedding.weight": torch.zeros(size, 12), "fc.weight": torch.zeros(size, 16), "fc.bias": torch.zeros(size)}
    said = refusal(ImportRequest(str(saved(tmp_path, weights)), str(put(tmp_path, content, file))))
    assert said
    assert said.isprintable()


def test_where_thousands_of_tensors_stand_in_the_way_none_is_suspected(tmp_path: Path) -> None:
    # Leaving out each of them in turn would read the file's names four million times.
    odd = {f"w{number}.weight": torch.zeros(1, 1) for number in range(2_000)}
    reading = LocalImporter().read(ImportRequest(str(saved(tmp_path, {**state(), **odd}))))
    assert (reading.recognition, reading.recognised, len(reading.tensors)) == (None, (), 2_011)


async def test_in_the_app_the_chat_goes_on(tmp_path: Path) -> None:
    importer = ChildImporter()
    try:
        async with playground(tmp_path, importer=importer) as place:
            for name, stands in (("attack alone", "refused"), ("NaN", "unfit")):
                (tmp_path / name).mkdir()
                screen = ImportScreen(importer, ImportRequest(str(CASES[name][0](tmp_path / name))))
                place.app.push_screen(screen)
                await place.until(partial(has_come_to, screen, stands))
                await place.pilot.pause()
                assert "! " in place.screen_text()
                await place.pilot.press("escape")
                await place.until(lambda: place.app.screen is place.chat)
                assert await place.hear("hi") == " hello there friend"
                assert not (tmp_path / name / PWNED).exists()
            assert [loaded for loaded, _ in place.backend.called("load")] == ["smalltalk"]
    finally:
        importer.close()


def has_come_to(screen: ImportScreen, state_: str) -> bool:
    return screen.is_mounted and screen.session.state == state_
