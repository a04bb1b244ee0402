"""A card in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from chatbot_tui.core.library import CheckpointEntry
from chatbot_tui.ui.screens.card import card_text, facts


def entry(card: dict[str, object]) -> CheckpointEntry:
    return CheckpointEntry(
        name="net",
        path=Path("net"),
        source="own",
        architecture={"vocab_size": 1000, "embedding_dim": 50, "hidden_dim": 10, "num_layers": 1},
        parameters=12_345,
        card=card,
        metrics={"word_perplexity": 87.66},
        bytes=1_500_000,
    )


@pytest.mark.parametrize("recipe", ["smalltalk", {"name": "smalltalk", "steps": 7, "corpora": []}])
def test_a_recipe_is_told_by_its_name_alone(recipe: object) -> None:
    assert ("recipe", "smalltalk, seed 3, 4,570 steps") in facts(entry({"recipe": recipe, "seed": 3, "steps": 4570}))


def test_a_net_is_compared_with_its_control() -> None:
    assert ("compare with", "healthy") in facts(entry({"recipe": {"name": "deep-stack", "control": "healthy"}}))
    assert "compare with" not in dict(facts(entry({"recipe": {"name": "smalltalk", "control": None}})))


def test_names_stand_whole_before_their_values() -> None:
    lines = card_text(entry({})).plain.splitlines()
    # "token perplexity", the longest, has 16 letters.
    assert "word perplexity  87.66" in lines
    assert "parameters       12,345" in lines


def test_the_steps_that_a_checkpoint_keeps_are_told() -> None:
    kept = replace(entry({"steps": 3000}), steps=(0, 60, 3000))
    assert ("steps kept", "0, 60, 3,000") in facts(kept)
    assert "steps kept" not in dict(facts(entry({"steps": 3000})))


@pytest.mark.parametrize(("limits", "told"), [("arithmetic [b]", True), ("", False), (" ", False), (3, False), (None, False)])
def test_a_card_tells_what_its_net_is_bad_at(limits: object, told: bool) -> None:
    text = str(card_text(entry({"limits": limits})))
    assert ("bad at" in text) == told
    assert ("arithmetic [b]" in text) == told


def test_a_card_shows_what_the_net_answers_greedily() -> None:
    greedy = {"top_word": "the", "top_share": 0.975, "distinct_replies": 1, "answers": {"hello [b]": "the the", "bye": 3}}
    card: dict[str, object] = {"greedy": greedy}
    assert ("greedy replies", '1 of 32 differ, 98% is "the"') in facts(entry(card))
    assert card_text(entry(card)).plain.splitlines()[-2:] == ["you  hello [b]", "bot  the the"]


@pytest.mark.parametrize("greedy", [None, [], {"top_share": "much", "distinct_replies": 1}, {"answers": ["the"]}])
def test_a_strange_card_is_no_reason_to_fail(greedy: object) -> None:
    assert "greedy replies" not in dict(facts(entry({"greedy": greedy})))
    assert "bot  " not in card_text(entry({"greedy": greedy})).plain
