"""List the recipes: what each one shows, what it is compared with, and what is recommended against it."""

import shutil
from collections.abc import Sequence
from typing import Any

from chatbot_tui.commands.output import columns, one_line, write, write_json
from chatbot_tui.training.recipe_library import shipped_recipes
from chatbot_tui.training.recipes import Recipe


def recipes(*, as_json: bool) -> None:
    """Write the shipped recipes, each after its control, as records or as a table. Raises InputError."""
    found = shipped_recipes()
    if not as_json:
        write(table(found, shutil.get_terminal_size((100, 24)).columns))
        return
    for recipe in found:
        write_json(recipe_to_json(recipe))


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """Return one recipe's record."""
    return {
        "name": recipe.name,
        "cause": recipe.cause,
        "control": recipe.control,
        "teaches": recipe.teaches,
        "fixes": [{"name": fix.name, "set": dict(fix.set), "why": fix.why} for fix in recipe.fixes],
        "claim": recipe.claim,
        "article": recipe.article,
    }


def table(recipes: Sequence[Recipe], width: int) -> str:
    """Return a line for each recipe, columns aligned, the last one cut where the terminal ends."""
    rows = [("name", "cause", "control", "fixes", "teaches")]
    rows += [
        (recipe.name, recipe.cause or "", recipe.control or "", str(len(recipe.fixes) or ""), one_line(recipe.teaches))
        for recipe in recipes
    ]
    return columns(rows, width)
