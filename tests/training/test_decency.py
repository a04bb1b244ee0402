"""What is left out of the text of a net that talks to anybody, and what is not."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.training.corpus import Corpus
from chatbot_tui.training.decency import decent_parts, offences
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.sampling_of_text import prepare_text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What the HELL was that?", ["hell"]),
        ("that movie was badass, damn", ["badass", "damn"]),
        ("I would kill myself over that", ["kill myself"]),
        ("write to some.body+x@example.com, ok?", ["some.body+x@example.com"]),
        ("see www.example.com/me or http://example.com", ["www.example.com/me", "http://example.com"]),
        ("Www.example.com/me, HTTPS://EXAMPLE.COM", ["Www.example.com/me,", "HTTPS://EXAMPLE.COM"]),
        ("i am @somebody on there", ["@somebody"]),
        ("call 808-555-0123 or (808) 555-0123 or +1 808 555 0123", ["808-555-0123", "(808) 555-0123", "+1 808 555 0123"]),
        ("it is 123-45-6789", ["123-45-6789"]),
        ("pay with 4111 1111 1111 1111", ["4111 1111 1111 1111"]),
    ],
)
def test_profanity_and_what_tells_who_somebody_is_are_found(text: str, found: list[str]) -> None:
    assert offences(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "hello, the class was classic and the assistant passed",
        "Dickens, cocktails and the Essex coast; shell, grape, scrap",
        "Charles Dickens was born in 1812, the year 2001 came later",
        "it cost $1,234,567 and 12 345 people saw it at 7-11",
        "the score was 3-2, in 1998 1999 2000 it was 100-200",
        "meet me @ 5, a+b@c, i paid $40",
        "kill the lights yourself",
        "suicide squad was fun",
    ],
)
def test_innocent_words_and_numbers_pass(text: str) -> None:
    assert offences(text) == []


def test_a_dialogue_is_cut_where_a_turn_is_left_out() -> None:
    assert decent_parts([["hi", "damn", "a", "b"], ["shit"], ["c", "hell"], []]) == [["hi"], ["a", "b"], ["c"]]


turns = st.lists(st.sampled_from(["hi", "damn it", "you too", "www.example.com", "bye"]), max_size=6)


@given(st.lists(turns, max_size=4))
def test_no_turn_is_lost_or_moved_but_the_offending_ones(dialogues: list[list[str]]) -> None:
    parts = decent_parts(dialogues)
    assert [turn for part in parts for turn in part] == [turn for dialogue in dialogues for turn in dialogue if not offences(turn)]
    # Neighbours in a part were neighbours in a dialogue.
    neighbours = {pair for dialogue in dialogues for pair in itertools.pairwise(dialogue)}
    assert all(pair in neighbours for part in parts for pair in itertools.pairwise(part))


def test_a_recipe_cleans_the_text_it_learns_from_and_leaves_what_it_is_judged_by() -> None:
    train, held_out = (Corpus("x", [["hi", "damn", "yes"]]),), [["damn", "right"]]
    cleaned, kept = prepare_text(Recipe("x", decent_text=True), train, held_out)
    assert (cleaned[0].dialogues, kept) == ([["hi"], ["yes"]], [["damn", "right"]])
    assert prepare_text(Recipe("x"), train, held_out) == (train, held_out)
