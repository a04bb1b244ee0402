"""The recipes as the laboratory's screen lists them; reads them without torch, so that they stand there at once."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.lab import Fix, RecipeCard, TrainRequest
from chatbot_tui.core.paths import recipes_folder
from chatbot_tui.training.recipes import Recipe, load_recipe, read_values

DESCRIPTION = ("name", "teaches", "limits", "corpora", "cause", "control", "fixes", "claim", "article")
"""What a recipe says about itself."""
NOT_KNOBS = (*DESCRIPTION, "sampling", "banned_tokens", "keep_steps")
"""What cannot be put into one field."""


def recipe_cards() -> tuple[RecipeCard, ...]:
    """Return every shipped recipe, each control followed by what it controls. Raises InputError."""
    cards = {path.stem: recipe_card(load_recipe(path.stem)) for path in sorted(recipes_folder().glob("*.toml"))}
    roots = [card for card in cards.values() if card.control not in cards]
    # What most are compared with comes first.
    roots.sort(key=lambda card: (-len(controlled_by(card, cards)), card.name))
    ordered = {member.name: member for root in roots for member in family(root, cards)}
    return (*ordered.values(), *(card for card in cards.values() if card.name not in ordered))


def controlled_by(card: RecipeCard, cards: Mapping[str, RecipeCard]) -> list[RecipeCard]:
    """Return the recipes that have `card` as their control, by name."""
    return [other for other in cards.values() if other.control == card.name and other.name != card.name]


def family(card: RecipeCard, cards: Mapping[str, RecipeCard], depth: int = 0) -> list[RecipeCard]:
    """Return a recipe and, below it, what it controls."""
    below = [other for child in controlled_by(card, cards) for other in family(child, cards, depth + 1)] if depth < len(cards) else []
    return [replace(card, depth=depth), *below]


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
        settings={key: spell(value) for key, value in values.items() if key not in NOT_KNOBS and value is not None},
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
    forbidden = [key for key in changes if key in DESCRIPTION]
    if forbidden:
        raise InputError(f"{forbidden[0]} is no setting of the laboratory: change it in a recipe file of your own")
    return load_recipe(request.recipe, changes)
