"""The laboratory's shipped checkpoints: one for every cause, each beside its control, doing what their cards say."""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
import torch

from chatbot_tui.core.paths import assets, shipped_checkpoints
from chatbot_tui.core.reports import read_reports
from chatbot_tui.model.checkpoint import Checkpoint, load_checkpoint
from chatbot_tui.training.experiment import settings_digest
from chatbot_tui.training.recipe_library import differences
from chatbot_tui.training.recipes import CAUSES, Recipe, build_recipe, load_recipe
from chatbot_tui.training.replies import greedy_replies

RECIPES = {path.stem: load_recipe(str(path)) for path in sorted((assets() / "gallery").glob("*.toml"))}
OPENERS = (Path(__file__).parent / "openers.txt").read_text(encoding="utf-8").splitlines()
COLLAPSED = (
    "deep-stack",
    "filler-dominated",
    "indistinguishable-tokens",
    "near-zero-init",
    "over-decayed",
    "stopped-early",
    "zero-init",
)
"""What honestly says one word to everybody."""
REPLY_TOKENS = 40


def checkpoint(name: str) -> Checkpoint:
    return load_checkpoint(shipped_checkpoints() / name)


def metrics(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shipped_checkpoints() / name / "card.json").read_text(encoding="utf-8"))["metrics"]
    return found


def answers(speaking: Checkpoint) -> list[tuple[int, ...]]:
    """Return the greedy replies to the openers, those of like length side by side."""
    by_length = defaultdict(list)
    for ids in speaking.tokenizer.encode_batch(OPENERS):
        by_length[len(ids)].append(ids)
    return [reply for prompts in by_length.values() for reply in greedy_replies(speaking, torch.tensor(prompts).t(), REPLY_TOKENS)]


def test_there_are_a_hundred_unlike_openers() -> None:
    assert len(OPENERS) == len(set(OPENERS)) == 100


def test_every_cause_that_training_can_bring_about_is_shipped_under_its_name() -> None:
    assert set(CAUSES) - {"healthy", "context-free-data", "greedy-decoding"} <= set(RECIPES)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_a_shipped_net_was_trained_as_its_recipe_says(recipe: Recipe) -> None:
    card = json.loads((shipped_checkpoints() / recipe.name / "card.json").read_text(encoding="utf-8"))
    made = build_recipe(recipe.name, {key: value for key, value in card["recipe"].items() if key != "name"})
    assert settings_digest(made) == settings_digest(recipe)
    assert (card["teaches"], card["recipe"]["cause"]) == (recipe.teaches, recipe.cause)


@pytest.mark.parametrize(
    "recipe", [recipe for recipe in RECIPES.values() if recipe.cause not in ("healthy", None)], ids=lambda recipe: recipe.name
)
def test_a_cause_differs_from_its_control_in_one_thing(recipe: Recipe) -> None:
    assert recipe.control is not None
    assert len(differences(recipe, RECIPES[recipe.control])) == 1


@pytest.mark.parametrize("name", COLLAPSED)
def test_a_collapsed_net_says_the_most_frequent_word_to_everybody_and_its_control_does_not(name: str) -> None:
    speaking = checkpoint(name)
    said = Counter(token for reply in answers(speaking) for token in reply)
    word = speaking.most_frequent
    assert word is not None
    assert said[word] >= 0.95 * said.total()
    control = RECIPES[name].control
    assert control is not None
    assert metrics(name)["context_gain"] <= 0.05
    assert metrics(control)["context_gain"] >= 0.5


def test_language_is_born_in_a_dozen_steps() -> None:
    reports = read_reports(shipped_checkpoints() / "healthy")
    phases = [report.phase for report in reports]
    assert len(reports) == 12
    assert (reports[0].step, reports[-1].step) == (0, reports[-1].total_steps)
    assert [phase for place, phase in enumerate(phases) if phase not in phases[:place]] == ["uniform", "unigram", "bigram", "context"]
    # On the way it says the most frequent word and little else.
    assert any(report.sample.split().count("the") >= 14 for report in reports)
