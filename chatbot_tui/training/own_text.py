"""The text that a recipe names as its own: where the program cannot have it, the laboratory's takes its place, and the run says so."""

import importlib.util
from collections.abc import Sequence
from dataclasses import replace

from chatbot_tui.training.corpus import CHITCHAT, LAB, NAMED
from chatbot_tui.training.recipe_entries import CorpusShare
from chatbot_tui.training.recipes import Recipe


def with_text_at_hand(recipe: Recipe) -> tuple[Recipe, str]:
    """Return a recipe that can be trained without files, and what there is to say about that; empty where the recipe is as it was."""
    absent = absent_corpora([share.name for share in recipe.corpora])
    if not absent:
        return recipe, ""
    package = " (chitchat comes with pip install 'chatbot-tui[train]')" if CHITCHAT in absent else ""
    remark = f"the recipe's own text, {', '.join(absent)}, is not here{package}: it learns from the built-in small talk instead"
    return replace(recipe, corpora=(CorpusShare(LAB, licence="MIT"),)), remark


def absent_corpora(names: Sequence[str]) -> list[str]:
    """Return which corpora are not at hand: files of the user's, or a package that is not installed."""
    return [name for name in names if name not in NAMED or (name == CHITCHAT and importlib.util.find_spec("chitchat_dataset") is None)]
