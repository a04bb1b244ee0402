"""The shipped recipes as a family: which one is whose control, and what the one thing is in which they differ."""

from collections.abc import Iterator, Sequence

from chatbot_tui.core.paths import recipes_folder
from chatbot_tui.training.recipes import OWN, Recipe, load_recipe

NOT_LEARNT = ("name", *OWN, "report_every", "save_every", "weights", "probe")
"""What a recipe says that changes nothing in what its net learns: how it is described, watched and stored."""

ONE_THING = {
    "initial weights": ("init", "init_scale"),
    "optimiser": ("optimizer", "learning_rate"),
    "weight decay": ("weight_decay", "decay_biases"),
    "size of the net": ("vocab_size", "embedding_dim", "hidden_dim"),
}
"""Keys that mean nothing without each other: together they count as one thing."""


def shipped_recipes() -> tuple[Recipe, ...]:
    """Return every shipped recipe, each after its control. Raises InputError where one cannot be read."""
    return tuple(in_order([load_recipe(path.stem) for path in recipes_folder().glob("*.toml")]))


def in_order(recipes: Sequence[Recipe]) -> Iterator[Recipe]:
    """Yield recipes so that each control is followed by what it controls; the family with the most members first, else by name."""
    names = {recipe.name for recipe in recipes}
    families = {
        recipe.name: list(family(recipe, sorted(recipes, key=lambda other: other.name)))
        for recipe in recipes
        if recipe.control not in names
    }
    for name in sorted(families, key=lambda name: (-len(families[name]), name)):
        yield from families[name]


def family(root: Recipe, recipes: Sequence[Recipe]) -> Iterator[Recipe]:
    """Yield a recipe and all that stand on it, each after its control."""
    yield root
    for recipe in recipes:
        if recipe.control == root.name:
            yield from family(recipe, recipes)


def differences(recipe: Recipe, control: Recipe) -> set[str]:
    """Return in what two recipes differ: keys, or names of ONE_THING; what no net learns from is left out."""
    things = {key: thing for thing, keys in ONE_THING.items() for key in keys}
    own, other = recipe.to_json(), control.to_json()
    return {things.get(key, key) for key in own if key not in NOT_LEARNT and own[key] != other[key]}
