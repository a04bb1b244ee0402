"""The nets of the library have what their names say; none of them had a part in the calibration."""

import pytest

from chatbot_tui.core.diagnosis import Diagnosed, Diagnosis
from chatbot_tui.core.paths import assets, shipped_checkpoints
from chatbot_tui.diagnosis.diagnose import diagnose
from chatbot_tui.diagnosis.subject import read_subject
from chatbot_tui.training.corpus import LAB
from chatbot_tui.training.recipes import load_recipe

RECIPES = {path.stem: load_recipe(str(path)) for path in sorted((assets() / "gallery").glob("*.toml"))}
CAUSES = {name: recipe.cause for name, recipe in RECIPES.items() if recipe.cause not in (None, "healthy")}
WELL = sorted({path.name for path in shipped_checkpoints().iterdir()} - {*CAUSES, "even-sentences"})
"""All others but the one that knows three sentences and no more: it is as bland as they come."""


def examined(name: str, *corpora: str) -> Diagnosis:
    *_, last = diagnose(read_subject(name, None, corpora))
    assert isinstance(last, Diagnosed)
    return last.diagnosis


@pytest.mark.parametrize("corpora", [(), (LAB,)], ids=["without-text", "with-text"])
@pytest.mark.parametrize("name", CAUSES)
def test_every_cause_in_the_library_is_named_first(name: str, corpora: tuple[str, ...]) -> None:
    assert examined(name, *corpora).causes[0].cause == CAUSES[name]


@pytest.mark.parametrize("corpora", [(), (LAB,)], ids=["without-text", "with-text"])
@pytest.mark.parametrize("name", WELL)
def test_every_control_in_the_library_is_well(name: str, corpora: tuple[str, ...]) -> None:
    assert examined(name, *corpora).verdict == "healthy"
