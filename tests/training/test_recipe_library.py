from collections.abc import Mapping
from typing import Any

import pytest

from chatbot_tui.core.paths import recipes_folder
from chatbot_tui.training.recipe_library import ONE_THING, differences, in_order, shipped_recipes
from chatbot_tui.training.recipes import Recipe, load_recipe

RECIPES = {recipe.name: recipe for recipe in shipped_recipes()}
CONTROLLED = [recipe for recipe in RECIPES.values() if recipe.control]
FIXES = [pytest.param(recipe, fix.set, id=f"{recipe.name}+{fix.name}") for recipe in RECIPES.values() for fix in recipe.fixes]


def recipe(name: str, control: str | None = None, **changes: Any) -> Recipe:
    return Recipe(name, control=control, **changes)


def test_every_shipped_recipe_is_in_the_family_once() -> None:
    assert len(shipped_recipes()) == len(RECIPES)
    assert set(RECIPES) == {path.stem for path in recipes_folder().glob("*.toml")}


def test_a_control_comes_before_what_it_controls_and_the_largest_family_first() -> None:
    order = list(RECIPES)
    assert order[0] == "healthy"
    assert all(order.index(str(controlled.control)) < order.index(controlled.name) for controlled in CONTROLLED)


def test_the_order_by_hand() -> None:
    family = [recipe("d", "b"), recipe("c", "a"), recipe("z"), recipe("b", "a"), recipe("a"), recipe("e", "elsewhere"), recipe("f", "e")]
    assert [member.name for member in in_order(family)] == ["a", "b", "d", "c", "e", "f", "z"]


@pytest.mark.parametrize("controlled", CONTROLLED, ids=lambda controlled: controlled.name)
def test_a_recipe_differs_from_its_control_in_one_thing(controlled: Recipe) -> None:
    assert len(differences(controlled, RECIPES[str(controlled.control)])) == 1


@pytest.mark.parametrize(("broken", "settings"), FIXES)
def test_a_fix_can_be_put_on_its_recipe_and_changes_what_is_learnt(broken: Recipe, settings: Mapping[str, Any]) -> None:
    assert differences(load_recipe(broken.name, settings), broken)


def test_the_fixes_of_a_recipe_have_names_of_their_own_and_say_why() -> None:
    for found in RECIPES.values():
        assert len({fix.name for fix in found.fixes}) == len(found.fixes)
        assert all(fix.why.endswith(".") and fix.name.replace("-", "").isalnum() for fix in found.fixes)


@pytest.mark.parametrize("found", [recipe for recipe in RECIPES.values() if recipe.control], ids=lambda found: found.name)
def test_a_recipe_of_the_laboratory_says_what_it_is_about(found: Recipe) -> None:
    assert found.claim.endswith(".")
    assert found.teaches.endswith(".")
    text = (recipes_folder() / f"{found.name}.toml").read_text(encoding="utf-8")
    # A sentence at the top, for whoever opens the file.
    assert text.startswith("# ")
    assert text.partition("\n")[0].endswith(".")


def test_every_cause_that_training_can_bring_about_has_a_recipe_with_a_control() -> None:
    shown = {recipe.cause for recipe in CONTROLLED}
    # What is left: text that nobody needs to train on, and a way of drawing tokens.
    assert {
        "stopped-early",
        "imbalanced-data",
        "small-vocabulary",
        "indistinguishable-tokens",
        "tiny-hidden",
        "deep-stack",
        "near-zero-init",
        "over-decayed",
        "learning-rate-too-high",
        "overfit",
        "copies-input",
        "double-softmax",
        "padding-in-loss",
    } <= shown


def test_what_belongs_together_counts_as_one_thing() -> None:
    plain = recipe("a")
    assert differences(recipe("b", init="uniform", init_scale=0.1), plain) == {"initial weights"}
    assert differences(recipe("b", optimizer="sgd", momentum=0.9), plain) == {"optimiser", "momentum"}
    assert differences(recipe("b", teaches="x", report_every=3, weights="float32", probe="hi"), plain) == set()
    assert all(key in plain.to_json() for keys in ONE_THING.values() for key in keys)
