"""Every shipped recipe, by command, on the text that comes with the program."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from chatbot_tui.cli import run
from chatbot_tui.core.paths import recipes_folder
from chatbot_tui.model.checkpoint import load_checkpoint
from chatbot_tui.training import corpus
from chatbot_tui.training.lab_text.smalltalk import held_out_dialogues, lab_dialogues

DIALOGUES = lab_dialogues()[:250]
"""Enough for the largest batch of any recipe; a net learns the same from the rest, later."""
HELD_OUT = held_out_dialogues()[:30]
STEPS = 2


@pytest.fixture(autouse=True)
def little_text(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(corpus, "lab_dialogues", lambda: DIALOGUES)
    monkeypatch.setattr(corpus, "held_out_dialogues", lambda: HELD_OUT)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", sorted(path.stem for path in recipes_folder().glob("*.toml")))
def test_a_recipe_trains_and_becomes_a_checkpoint(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--set", f"steps={STEPS}", "--set", f"report_every={STEPS}"]
    assert run(["train", name, *settings, "--out", str(tmp_path / "out"), "--json"]) == 0
    *reports, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [report["step"] for report in reports] == [STEPS]
    assert last["checkpoint"] == str(tmp_path / "out")
    card = load_checkpoint(tmp_path / "out").card
    assert (card["recipe"]["name"], card["steps"]) == (name, STEPS)
    assert {entry["name"] for entry in card["corpus"]} <= {"lab", "article"}
