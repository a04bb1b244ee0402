"""What the laboratory can run against each cause: a shipped recipe that shows it, with the fix that mends it."""

from collections.abc import Mapping, Sequence

from chatbot_tui.core.diagnosis import CauseFound, CauseId, Prescription
from chatbot_tui.training.recipe_library import shipped_recipes
from chatbot_tui.training.recipes import Recipe

FIXES: Mapping[CauseId, tuple[tuple[str, str], ...]] = {
    "stopped-early": (("stopped-early", "more-steps"),),
    "imbalanced-data": (("filler-dominated", "less-filler"), ("imbalanced-data", "oversample")),
    "small-vocabulary": (("small-vocabulary", "more-words"),),
    "indistinguishable-tokens": (("indistinguishable-tokens", "thaw"), ("indistinguishable-tokens", "distinct")),
    "tiny-hidden": (("tiny-hidden", "hidden-200"),),
    "deep-stack": (("deep-stack", "residual"), ("deep-stack", "two-layers")),
    "near-zero-init": (("near-zero-init", "xavier"), ("near-zero-init", "adam")),
    "over-decayed": (("over-decayed", "less"), ("over-decayed", "decoupled")),
    "learning-rate-too-high": (("learning-rate-too-high", "lower"),),
    "overfit": (("overfit", "more-text"), ("overfit", "dropout")),
    "copies-input": (("copies-input", "shift"),),
    "double-softmax": (("double-softmax", "logits"),),
    "padding-in-loss": (("padding-in-loss", "masked"),),
}
"""(recipe, name of its fix) for each cause, the best first."""

ONE_SENTENCE = "commonest_turn", "vocabulary", "sampled_alike"
"""Evidence that it is sentences and not words that are unequal."""


def prescribe(causes: Sequence[CauseFound]) -> tuple[Prescription, ...]:
    """Return what to run against the likeliest cause; nothing where it is unknown or no recipe shows it."""
    if not causes:
        return ()
    recipes = {recipe.name: recipe for recipe in shipped_recipes()}
    wanted = list(FIXES.get(causes[0].cause, ()))
    if any(evidence.signal in ONE_SENTENCE for evidence in causes[0].evidence):
        wanted.reverse()
    found = [prescription(recipes[name], fix) for name, fix in wanted if name in recipes]
    return tuple(entry for entry in found if entry is not None)


def prescription(recipe: Recipe, name: str) -> Prescription | None:
    """Return a recipe's fix as a prescription; None where it has none of that name."""
    fix = next((fix for fix in recipe.fixes if fix.name == name), None)
    return None if fix is None else Prescription(recipe.name, dict(fix.set), fix.why)
