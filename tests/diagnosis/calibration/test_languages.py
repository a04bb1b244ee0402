import math
from collections import Counter
from itertools import pairwise

import pytest

from chatbot_tui.diagnosis.calibration.languages import independent_dialogues, invent_words, invented_dialogues, zipf


def entropies(dialogues: list[list[str]]) -> tuple[float, float]:
    """Return the entropy of a word, and of a word after another, in nats, by counting."""
    words = [word for dialogue in dialogues for turn in dialogue for word in turn.split()]
    singles, firsts, pairs = Counter(words), Counter(words[:-1]), Counter(pairwise(words))
    alone = -sum(n * math.log(n / len(words)) for n in singles.values()) / len(words)
    after = -sum(n * math.log(n / firsts[pair[0]]) for pair, n in pairs.items()) / pairs.total()
    return alone, after


def test_a_language_is_a_function_of_its_seed() -> None:
    assert invented_dialogues(3, 60, 1.0, 500) == invented_dialogues(3, 60, 1.0, 500)
    assert invented_dialogues(3, 60, 1.0, 500) != invented_dialogues(4, 60, 1.0, 500)


def test_an_invented_word_says_what_may_follow() -> None:
    # Counting overfits pairs: with 60 words and 20,000 of them a word drawn independently would lose about 60²/2/20,000 = .09 nats.
    for seed in range(5):
        alone, after = entropies(invented_dialogues(seed, 60, 1.0, 20_000))
        assert alone - after > 0.3


def test_independent_words_say_nothing_of_each_other() -> None:
    alone, after = entropies(independent_dialogues(0, 30, 1.0, 20_000))
    assert alone - after < 0.05  # 30²/2/20,000 = .02 by counting alone.


def test_without_an_exponent_words_are_equally_frequent() -> None:
    counts = Counter(word for dialogue in independent_dialogues(0, 10, 0.0, 10_000) for turn in dialogue for word in turn.split())
    # 1,000 expected of each, with a standard deviation of 30.
    assert all(850 < n < 1150 for n in counts.values())
    assert len(counts) == 10


def test_frequencies_fall_with_the_rank() -> None:
    # 1, 1/2, 1/3 and 1/4 of their sum, 25/12.
    assert zipf(4, 1.0) == pytest.approx([12 / 25, 18 / 25, 22 / 25, 1.0])


def test_invented_words_differ() -> None:
    import random

    assert len(set(invent_words(random.Random(0), 500))) == 500  # noqa: S311 (no secrets)
