import json

import pytest

from chatbot_tui.cli import run
from chatbot_tui.commands.recipes import table
from chatbot_tui.training.recipe_entries import Fix
from chatbot_tui.training.recipe_library import shipped_recipes
from chatbot_tui.training.recipes import Recipe


def test_a_record_a_line_as_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recipes", "--json"]) == 0
    records = {record["name"]: record for record in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(records) == [recipe.name for recipe in shipped_recipes()]
    deep = records["deep-stack"]
    assert list(deep) == ["name", "cause", "control", "teaches", "fixes", "claim", "article"]
    assert (deep["cause"], deep["control"], deep["article"]) == ("deep-stack", "healthy", True)
    assert deep["fixes"][0] == {
        "name": "residual",
        "set": {"residual": True},
        "why": "Each layer adds to what it reads: the input reaches the top.",
    }
    assert (records["healthy"]["cause"], records["healthy"]["control"]) == ("healthy", None)


def test_the_table_is_aligned_and_ends_where_the_terminal_does() -> None:
    control = Recipe("plain", teaches="how " * 30, cause="healthy")
    broken = Recipe("deep", teaches="it\nstops", control="plain", fixes=(Fix("a", {"steps": 1}, "b"),))
    assert table([control, broken], 64) == (
        "name   cause    control  fixes  teaches\n"
        "plain  healthy                  how how how how how how how how…\n"
        "deep            plain    1      it stops\n"
    )


def test_without_json_it_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "cause", "control", "fixes", "teaches"]
    assert len(lines) == len(shipped_recipes()) + 1
