"""Languages that nobody speaks: text with real dependence between words, as many different ones as there are seeds."""

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

CONSONANTS = (*"bcdfghklmnprstvz", "br", "dr", "gr", "kl", "pl", "st", "tr", "sh")
VOWELS = (*"aeiou", "ai", "ou", "ea")

AGREES = 0.85
"""Chance that a word which depends on an earlier one of its sentence is the one that this demands."""
ON_TOPIC = 0.6
"""Chance that a content word is one of the dialogue's topic."""
TAKES_UP = 0.5
"""Chance that a turn takes up the content word with which the one before ended."""


@dataclass(frozen=True)
class Category:
    """Words that stand in the same places, the frequent ones first."""

    words: Sequence[str]
    cumulative: Sequence[float]
    """Zipf frequencies, summed up to each word."""
    topics: Sequence[Sequence[int]]
    """For each topic the places of the words that belong to it; none for function words."""


@dataclass(frozen=True)
class Slot:
    """A place in a sentence."""

    category: int
    depends_on: int | None
    """An earlier place of the sentence, whose word decides which one stands here."""
    shift: int
    """By how many places the two words lie apart in their categories."""


@dataclass(frozen=True)
class Language:
    """A grammar: categories of words, and sentences made of them."""

    categories: Sequence[Category]
    sentences: Sequence[Sequence[Slot]]
    cumulative: Sequence[float]
    topics: int


def invent(seed: int, types: int, exponent: float) -> Language:
    """Invent a language of about `types` words whose frequencies fall with rank to the power of -`exponent` within a category."""
    rng = random.Random(f"language {seed}")  # noqa: S311 (text, not secrets)
    words = iter(invent_words(rng, types + 40))
    topics = rng.randint(3, 8)
    functions = [rng.randint(2, 6) for _ in range(rng.randint(2, 4))]
    kinds = rng.randint(3, 6)
    left = max(types - sum(functions), 4 * kinds)
    parts = [rng.uniform(0.5, 1.5) for _ in range(kinds)]
    contents = [max(4, round(left * part / sum(parts))) for part in parts]
    categories = [build_category(rng, [next(words) for _ in range(size)], exponent, 0) for size in functions]
    categories += [build_category(rng, [word for _, word in zip(range(size), words, strict=False)], exponent, topics) for size in contents]
    count = rng.randint(6, 20)
    sentences = [build_sentence(rng, len(functions), len(categories)) for _ in range(count)]
    return Language(categories, sentences, zipf(count, 0.7), topics)


def invent_words(rng: random.Random, count: int) -> list[str]:
    """Return different words of one to three syllables, short ones first."""
    consonants, vowels = rng.sample(CONSONANTS, 14), rng.sample(VOWELS, 5)
    found: dict[str, None] = {}
    while len(found) < count:
        syllables = 1 + (len(found) > count // 12) + (len(found) > count // 2 and rng.random() < 0.5)
        found["".join(rng.choice(consonants) + rng.choice(vowels) for _ in range(syllables)) + rng.choice(("", "", "n", "s", "r"))] = None
    return list(found)


def zipf(count: int, exponent: float) -> list[float]:
    """Return the sums of rank^-exponent up to each of `count` ranks, scaled to end at 1."""
    sums = list(accumulate(rank**-exponent for rank in range(1, count + 1)))
    return [value / sums[-1] for value in sums]


def build_category(rng: random.Random, words: Sequence[str], exponent: float, topics: int) -> Category:
    """Return a category, its words dealt out to topics."""
    size = max(2, len(words) // max(1, topics))
    own = [rng.sample(range(len(words)), min(size, len(words))) for _ in range(topics)]
    return Category(words, zipf(len(words), exponent), own)


def build_sentence(rng: random.Random, functions: int, categories: int) -> list[Slot]:
    """Return a sentence of 3 to 9 places in which function and content words take turns, some content words decided by earlier ones."""
    slots: list[Slot] = []
    for place in range(rng.randint(3, 9)):
        is_function = place % 2 == 0 if rng.random() < 0.8 else rng.random() < 0.4
        category = rng.randrange(functions) if is_function else rng.randrange(functions, categories)
        earlier = [index for index in range(place) if slots[index].category >= functions]
        depends = rng.choice(earlier) if earlier and not is_function and rng.random() < 0.6 else None
        slots.append(Slot(category, depends, rng.randrange(1000)))
    return slots


def invented_dialogues(seed: int, types: int, exponent: float, words: int) -> list[list[str]]:
    """Return dialogues of 2 to 8 turns in the language of that seed, with at least so many words: a function of the arguments."""
    language = invent(seed, types, exponent)
    rng = random.Random(f"dialogues {seed}")  # noqa: S311 (text, not secrets)
    dialogues, total = [], 0
    while total < words:
        topic, told = rng.randrange(language.topics), None
        turns = []
        for _ in range(rng.randint(2, 8)):
            said, told = say(rng, language, topic, told)
            turns.append(" ".join(said))
            total += len(said)
        dialogues.append(turns)
    return dialogues


def say(rng: random.Random, language: Language, topic: int, told: tuple[int, int] | None) -> tuple[list[str], tuple[int, int] | None]:
    """Return one or two sentences, and the last content word as (category, place); `told` is that of the turn before."""
    words: list[str] = []
    last = None
    for _ in range(1 + (rng.random() < 0.3)):
        places: list[int] = []
        for slot in language.sentences[bisect(language.cumulative, rng.random())]:
            category = language.categories[slot.category]
            if slot.depends_on is not None and rng.random() < AGREES:
                place = (places[slot.depends_on] + slot.shift) % len(category.words)
            elif told is not None and told[0] == slot.category and rng.random() < TAKES_UP:
                place, told = told[1], None
            elif category.topics and rng.random() < ON_TOPIC:
                place = rng.choice(category.topics[topic])
            else:
                place = bisect(category.cumulative, rng.random())
            place = min(place, len(category.words) - 1)
            places.append(place)
            words.append(category.words[place])
            if category.topics:
                last = (slot.category, place)
    return words, last


def independent_dialogues(seed: int, types: int, exponent: float, words: int) -> list[list[str]]:
    """Return dialogues whose words are drawn independently of each other, rank^-exponent the frequency (0: uniform): nothing to learn."""
    rng = random.Random(f"independent {seed}")  # noqa: S311 (text, not secrets)
    forms = invent_words(rng, types)
    drawn = rng.choices(forms, cum_weights=zipf(types, exponent), k=words)
    dialogues, start = [], 0
    while start < words:
        turns = []
        for _ in range(rng.randint(2, 8)):
            length = rng.randint(3, 12)
            turns.append(" ".join(drawn[start : start + length]))
            start += length
        dialogues.append([turn for turn in turns if turn])
    return dialogues
