"""What a recipe makes of its text before a net reads it: less of it, evened out, noisy, or mostly one word."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count

import numpy as np

from chatbot_tui.training.corpus import Corpus, Dialogue
from chatbot_tui.training.decency import decent_parts
from chatbot_tui.training.recipes import Recipe

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
"""A word as the word stream has it, see model.tokenizer.WORD."""

FILLER, NOISE = 1, 2
"""What a random number is drawn for."""


def prepare_text(recipe: Recipe, train: Sequence[Corpus], held_out: list[Dialogue]) -> tuple[tuple[Corpus, ...], list[Dialogue]]:
    """Return the text to train on and the text kept aside as the recipe wants them: a function of the arguments alone.

    Filler is a property of the language, so it goes into both; all else is done to the training text alone.
    """
    corpora = tuple(train)
    if recipe.decent_text:
        corpora = tuple(replace(corpus, dialogues=decent_parts(corpus.dialogues)) for corpus in corpora)
    if recipe.filler_share:
        filler = most_frequent_word(dialogue for corpus in corpora for dialogue in corpus.dialogues)
        corpora = tuple(
            replace(corpus, dialogues=add_filler(corpus.dialogues, filler, recipe.filler_share, recipe.seed)) for corpus in corpora
        )
        held_out = add_filler(held_out, filler, recipe.filler_share, recipe.seed)
    if recipe.limit_words:
        corpora = first_words(corpora, recipe.limit_words)
    if recipe.balance != "none":
        corpora = tuple(replace(corpus, dialogues=even_out(corpus.dialogues, recipe.balance)) for corpus in corpora)
    if recipe.augment:
        corpora = tuple(
            replace(corpus, dialogues=corpus.dialogues + noisy_copies(corpus.dialogues, recipe.augment, recipe.seed)) for corpus in corpora
        )
    return corpora, held_out


def most_frequent_word(dialogues: Iterable[Dialogue]) -> str:
    """Return the commonest word, lower-cased; of equally common ones the first in the text, empty where there is none."""
    counts = Counter(word.lower() for dialogue in dialogues for turn in dialogue for word in WORD.findall(turn))
    return max(counts, key=counts.__getitem__, default="")


def add_filler(dialogues: Sequence[Dialogue], filler: str, share: float, seed: int) -> list[Dialogue]:
    """Put `filler` in the place of words drawn at random until that share of all words is filler; punctuation stays."""
    words = [word.lower() for dialogue in dialogues for turn in dialogue for word in WORD.findall(turn)]
    others = [place for place, word in enumerate(words) if word != filler]
    missing = max(0, round(share * len(words)) - (len(words) - len(others)))
    replaced = set(np.random.default_rng([seed, FILLER]).permutation(others)[:missing].tolist())
    place = count()

    def word_here(word: re.Match[str]) -> str:
        return filler if next(place) in replaced else word.group()

    return [[WORD.sub(word_here, turn) for turn in dialogue] for dialogue in dialogues]


def first_words(corpora: Sequence[Corpus], words: int) -> tuple[Corpus, ...]:
    """Return the first dialogues, whole, that hold so many white-space words or more, or all; an empty corpus falls away."""
    kept = []
    for corpus in corpora:
        ends = np.cumsum([sum(len(turn.split()) for turn in dialogue) for dialogue in corpus.dialogues])
        needed = int(np.searchsorted(ends, words)) + 1 if words > 0 else 0
        if needed:
            kept.append(replace(corpus, dialogues=corpus.dialogues[:needed]))
            words -= kept[-1].words
    return tuple(kept)


def even_out(dialogues: Sequence[Dialogue], how: str) -> list[Dialogue]:
    """Return every different dialogue equally often: as often as the commonest one (`oversample`) or the rarest (`undersample`).

    Text in which no dialogue comes twice is even already.
    """
    counts = Counter(tuple(dialogue) for dialogue in dialogues)
    times = (max if how == "oversample" else min)(counts.values(), default=0)
    return [list(dialogue) for dialogue in counts for _ in range(times)]


def noisy_copies(dialogues: Sequence[Dialogue], chance: float, seed: int) -> list[Dialogue]:
    """Return a copy of each dialogue with words left out and swapped, two of the operations of Wei and Zou (2019)."""
    rng = np.random.default_rng([seed, NOISE])
    return [[" ".join(disturb(turn.split(), chance, rng)) for turn in dialogue] for dialogue in dialogues]


def disturb(words: Sequence[str], chance: float, rng: np.random.Generator) -> list[str]:
    """Leave out each word with that chance, unless none would be left; then from the first on swap each with the next, likewise."""
    kept = [word for word, number in zip(words, rng.random(len(words)), strict=True) if number >= chance] or list(words)
    for place in np.flatnonzero(rng.random(len(kept) - 1) < chance):
        kept[place], kept[place + 1] = kept[place + 1], kept[place]
    return kept
