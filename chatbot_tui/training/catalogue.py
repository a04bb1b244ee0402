"""The recipes as the laboratory's screen lists them; reads them without torch, so that they stand there at once."""

import json
from collections.abc import Mapping
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.lab import Fix, RecipeCard, TrainRequest
from chatbot_tui.core.paths import recipes_folder
from chatbot_tui.training.recipes import Recipe, load_recipe, read_values

NOT_SETTINGS = ("name", "teaches", "sampling", "corpora", "banned_tokens", "cause", "control", "fixes", "claim", "article")
"""What a recipe says besides the settings that a person turns."""


def recipe_cards() -> tuple[RecipeCard, ...]:
    """Return every shipped recipe, a control before what it controls. Raises InputError."""
    cards = {path.stem: recipe_card(load_recipe(path.stem)) for path in sorted(recipes_folder().glob("*.toml"))}
    return tuple(sorted(cards.values(), key=lambda card: (lineage(card, cards), card.name)))


def lineage(card: RecipeCard, cards: Mapping[str, RecipeCard]) -> tuple[bool, int]:
    """Return what orders recipes: those that show no cause first; then how many controls stand above one."""
    above, seen = 0, {card.name}
    at = card
    while at.control in cards and at.control not in seen:
        at = cards[at.control]
        seen.add(at.name)
        above += 1
    return bool(card.cause), above


def recipe_card(recipe: Recipe) -> RecipeCard:
    """Return a recipe in the words of the screen."""
    values = recipe.to_json()
    cause = str(values.get("cause") or "")
    return RecipeCard(
        name=recipe.name,
        cause="" if cause == "healthy" else cause,
        control=str(values.get("control") or ""),
        teaches=recipe.teaches,
        fixes=tuple(read_fix(fix) for fix in values.get("fixes") or ()),
        settings={key: spell(value) for key, value in values.items() if key not in NOT_SETTINGS and value is not None},
    )


def read_fix(fix: Mapping[str, Any]) -> Fix:
    """Return a recipe's fix with its settings spelled out."""
    return Fix(str(fix["name"]), {key: spell(value) for key, value in fix["set"].items()}, str(fix.get("why", "")))


def spell(value: Any) -> str:
    """Return a value as `--set` takes it; read_value gives it back."""
    return value if isinstance(value, str) else json.dumps(value)


def requested_recipe(request: TrainRequest) -> Recipe:
    """Return the recipe that a request describes. Raises InputError."""
    changes = read_values(request.settings)
    forbidden = [key for key in changes if key in NOT_SETTINGS]
    if forbidden:
        raise InputError(f"{forbidden[0]} is no setting of the laboratory: change it in a recipe file of your own")
    return load_recipe(request.recipe, changes)
