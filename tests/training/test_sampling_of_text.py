import re
from collections import Counter
from itertools import chain

import numpy as np
import pytest

from chatbot_tui.training.corpus import Corpus
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.sampling_of_text import (
    add_filler,
    disturb,
    even_out,
    first_words,
    most_frequent_word,
    noisy_copies,
    prepare_text,
)

ARTICLE = [["the cat is sleeping"]] * 50 + [["a dog is barking"]] * 2 + [["bird is flying"]]
TALK = [["Well, the tea is hot.", "I like THE tea!"], ["Is it the best?", "It's the only one."]]
"""17 words, of them "the" four times, once in capitals."""


def words(dialogues: list[list[str]]) -> list[str]:
    return re.findall(r"[\w']+", " ".join(chain.from_iterable(dialogues)).lower())


def test_the_most_frequent_word_is_counted_and_not_assumed() -> None:
    # "is" stands in all of the 53 sentences, "the" in 50.
    assert most_frequent_word(ARTICLE) == "is"
    assert most_frequent_word(TALK) == "the"
    assert most_frequent_word([["..."]]) == ""


def test_filler_takes_exactly_its_share_and_leaves_the_rest_where_it_was() -> None:
    # 5 + 4 + 4 + 4 = 17 words with 4 fillers: round(.7 * 17) = 12 of them are filler afterwards.
    filled = add_filler(TALK, "the", 0.7, seed=0)
    before, after = words(TALK), words(filled)
    assert (len(before), before.count("the")) == (17, 4)
    assert (len(after), after.count("the")) == (17, 12)
    assert all(new in (old, "the") for old, new in zip(before, after, strict=True))
    # Punctuation and turns stay.
    assert [[re.sub(r"[\w']+", "w", turn) for turn in dialogue] for dialogue in filled] == [
        ["w, w w w w.", "w w w w!"],
        ["w w w w?", "w w w w."],
    ]


@pytest.mark.parametrize("share", [0.1, 4 / 17])
def test_text_that_has_as_much_filler_already_stays_as_it_is(share: float) -> None:
    assert add_filler(TALK, "the", share, seed=0) == TALK


def test_all_can_be_filler() -> None:
    assert set(words(add_filler(TALK, "the", 1.0, seed=0))) == {"the"}


def test_another_seed_puts_the_filler_elsewhere() -> None:
    first = add_filler(ARTICLE, "is", 0.6, seed=1)
    assert first == add_filler(ARTICLE, "is", 0.6, seed=1)
    assert first != add_filler(ARTICLE, "is", 0.6, seed=2)


def test_the_first_words_are_whole_dialogues() -> None:
    corpora = [Corpus("a", [["one two", "three"], ["four five"]]), Corpus("b", [["six"], ["seven eight"]])]
    # 3 words, 5 with the second dialogue; 6 and 8 with those of the second corpus.
    for limit, kept in ((1, [1]), (3, [1]), (4, [2]), (5, [2]), (6, [2, 1]), (7, [2, 2]), (100, [2, 2])):
        assert [len(corpus.dialogues) for corpus in first_words(corpora, limit)] == kept


def test_oversampling_repeats_what_is_rare_and_undersampling_leaves_out_what_is_common() -> None:
    most = Counter(turn for dialogue in even_out(ARTICLE, "oversample") for turn in dialogue)
    assert most == {"the cat is sleeping": 50, "a dog is barking": 50, "bird is flying": 50}
    least = Counter(turn for dialogue in even_out(ARTICLE, "undersample") for turn in dialogue)
    assert least == {"the cat is sleeping": 1, "a dog is barking": 1, "bird is flying": 1}
    assert even_out(TALK, "oversample") == even_out(TALK, "undersample") == TALK
    assert even_out([], "undersample") == []


def test_a_disturbed_turn_by_hand() -> None:
    rng = np.random.default_rng(0)
    assert disturb(["a", "b", "c"], 0.0, rng) == ["a", "b", "c"]
    # All left out: so none is. Then a goes to the end by two swaps.
    assert disturb(["a", "b", "c"], 1.0, rng) == ["b", "c", "a"]
    assert disturb(["a"], 1.0, rng) == ["a"]


def test_noise_leaves_out_as_many_words_as_it_promises() -> None:
    text = [["one two three four five six seven eight nine ten"]] * 1000
    noisy = noisy_copies(text, 0.2, seed=0)
    # 10,000 words, each left out with chance .2: 2,000 with a standard deviation of 40; four of them.
    assert abs(10_000 - len(words(noisy)) - 2_000) < 160
    # Each of two neighbours that are left swaps with chance .2; "one" can only stand behind "two" by a swap.
    both = [turn for [turn] in noisy if turn.split()[:2] in (["one", "two"], ["two", "one"])]
    swapped = sum(turn.startswith("two") for turn in both)
    assert abs(swapped - 0.2 * len(both)) < 4 * (0.2 * 0.8 * len(both)) ** 0.5
    assert noisy == noisy_copies(text, 0.2, seed=0) != noisy_copies(text, 0.2, seed=1)


def test_a_recipe_that_says_nothing_leaves_the_text_alone() -> None:
    train = (Corpus("a", TALK), Corpus("b", ARTICLE))
    assert prepare_text(Recipe("x"), train, TALK) == (train, TALK)


def test_filler_goes_into_the_held_out_text_too_and_is_the_same_word() -> None:
    # "is" is the commonest word of the training text and none of the held-out text's.
    train, held_out = prepare_text(Recipe("x", filler_share=0.5), [Corpus("a", ARTICLE)], [["we like milk", "yes"]])
    assert words(train[0].dialogues).count("is") == round(0.5 * (51 * 4 + 3 + 4))
    assert words(held_out).count("is") == 2


def test_only_the_training_text_is_limited_evened_out_and_disturbed() -> None:
    corpora = [Corpus("a", ARTICLE)]
    # 49 sentences of four words hold 196, fifty 200.
    (limited,), held_out = prepare_text(Recipe("x", limit_words=197), corpora, TALK)
    assert (len(limited.dialogues), held_out) == (50, TALK)
    (evened,), held_out = prepare_text(Recipe("x", limit_words=213, balance="undersample"), corpora, TALK)
    # 213 words reach to the very end, where the bird flies.
    assert (sorted(evened.dialogues), held_out) == ([["a dog is barking"], ["bird is flying"], ["the cat is sleeping"]], TALK)
    (doubled,), held_out = prepare_text(Recipe("x", augment=1.0, limit_words=4), corpora, TALK)
    assert (doubled.dialogues, held_out) == ([["the cat is sleeping"], ["cat is sleeping the"]], TALK)
