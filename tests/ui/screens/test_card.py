"""A card in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from chatbot_tui.core.library import CheckpointEntry
from chatbot_tui.ui.screens.card import card_text, facts, says_one_word


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
    assert "word perplexity  87.66, as if in doubt among so many words" in lines
    assert "parameters       12,345" in lines


def test_a_control_is_not_compared_with_itself() -> None:
    assert "compare with" not in dict(facts(entry({"recipe": {"name": "healthy", "control": "healthy"}})))


def test_long_values_hang_beside_their_names() -> None:
    card: dict[str, object] = {
        "corpus": [{"name": "talk", "words": 5, "licence": "MIT"}],
        "greedy": {"answers": {"hello there you": "the the the the the the the"}},
    }
    lines = card_text(entry(card), 40).plain.splitlines()
    place = lines.index("corpus           talk: 5 words, MIT")
    assert lines[place + 1 :] == ["", "you  hello there you", "bot  the the the the the the the"]
    # Sixteen cells of the name and a blank leave seven of 24, of which at least twelve are taken.
    narrow = card_text(entry(card), 24).plain.splitlines()
    place = narrow.index("corpus           talk: 5")
    assert narrow[place + 1] == " " * 17 + "words, MIT"
    assert narrow[-2:] == ["bot  the the the the the", "     the the"]


def test_measures_say_what_they_mean_in_numbers_that_people_write() -> None:
    measures = {"word_perplexity": 11988.4, "hits_at_1": 0.4831, "context_gain": -0.0083}
    told = dict(facts(replace(entry({}), metrics=measures)))
    assert told["word perplexity"].startswith("11,988,")
    assert told["right reply"].startswith("found 48.3% of the time")
    assert told["context gain"].startswith("-0.0083 nats")


@pytest.mark.parametrize(("share", "told"), [(1.0, True), (0.9, True), (0.89, False), ("1", False), (None, False)])
def test_a_net_that_hardly_says_more_than_one_word_is_known_by_its_card(share: object, told: bool) -> None:
    assert says_one_word(entry({"greedy": {"top_share": share}})) == told


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
