"""The text that a specimen is trained on: where it comes from, what its words are, and which tokens besides words there are."""

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tokenizers import Tokenizer as Backend
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from chatbot_tui.core.errors import InputError
from chatbot_tui.diagnosis.calibration.languages import independent_dialogues, invented_dialogues
from chatbot_tui.training.corpus import Dialogue
from chatbot_tui.training.lab_text.article import article_sentences
from chatbot_tui.training.lab_text.smalltalk import Conversation
from chatbot_tui.training.lab_text.topics import load_talk
from chatbot_tui.training.sampling_of_text import WORD, add_filler, most_frequent_word
from chatbot_tui.training.stream import Tokens

LANGUAGE, SMALL_TALK, INDEPENDENT, ARTICLE = "language", "small-talk", "independent", "article"
"""Sources that need no file; every other one is the name of a corpus."""

HELD_OUT_WORDS = 5_000
"""How much is kept aside, in white-space words."""
WORD_OR_MARK = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[^\w\s]")
"""A word with its capitals, or a punctuation mark."""

Ids = tuple[int, ...]
TokenDialogue = tuple[Ids, ...]
"""The turns of a dialogue as token ids, without end tokens."""


@dataclass(frozen=True)
class TextPlan:
    """Everything that a specimen's text depends on."""

    source: str
    seed: int
    words: int
    """How much there is to learn from, in white-space words."""
    vocab_size: int
    """Entries of the vocabulary at most, special tokens among them."""
    unit: str = "words"
    """words (lower-cased, no punctuation), marks (as written, punctuation marks as words) or bpe."""
    end_token: str | None = None
    pad_token: str | None = None
    unknown_token: str | None = None
    """What a word outside the vocabulary becomes; None leaves it out."""
    order: str = "frequency"
    """In what order the words stand in the vocabulary: frequency, alphabet or appearance."""
    types: int = 400
    """Different words of an invented language."""
    exponent: float = 1.0
    """How steeply the frequencies of an invented language fall with the rank."""
    filler_share: float = 0.0
    """Share of the words that gave way to the most frequent one."""
    coverage: float = 0.0
    """Share of the text that the known words make up, where the vocabulary is cut by it; 0 leaves it to vocab_size."""
    copies: tuple[int, ...] = ()
    """How often each of so many different sentences stands in the text; empty for running text."""


@dataclass(frozen=True)
class Text:
    """A specimen's text as its net reads it."""

    vocabulary: tuple[str, ...]
    train: tuple[TokenDialogue, ...]
    held_out: tuple[TokenDialogue, ...]
    end: int | None
    pad: int | None
    unknown: int | None

    def stream(self, dialogues: Sequence[TokenDialogue]) -> Tokens:
        """Return the turns one after the other, each with its end token where there is one."""
        end = () if self.end is None else (self.end,)
        return np.fromiter((token for dialogue in dialogues for turn in dialogue for token in (*turn, *end)), np.int32)


def make_text(plan: TextPlan, corpora: Mapping[str, Sequence[Dialogue]]) -> Text:
    """Return the text of a plan: a function of the plan and of the dialogues of the corpus it names.

    Raises:
        InputError: the corpus is not given, or is too short.
    """
    dialogues = running_text(plan, corpora)
    if plan.copies:
        dialogues = copied_sentences(plan, dialogues)
    if plan.filler_share:
        dialogues = add_filler(dialogues, most_frequent_word(dialogues), plan.filler_share, plan.seed)
    train, held_out = divide(dialogues, plan.words)
    return by_bytes(plan, train, held_out) if plan.unit == "bpe" else by_words(plan, train, held_out)


def running_text(plan: TextPlan, corpora: Mapping[str, Sequence[Dialogue]]) -> list[Dialogue]:
    """Return dialogues of plan.words words and some kept aside. Raises InputError."""
    words = plan.words + HELD_OUT_WORDS
    if plan.source == LANGUAGE:
        return invented_dialogues(plan.seed, plan.types, plan.exponent, words)
    if plan.source == INDEPENDENT:
        return independent_dialogues(plan.seed, plan.types, plan.exponent, words)
    if plan.source == SMALL_TALK:
        return small_talk(plan.seed, words)
    if plan.source == ARTICLE:
        return shuffled(article_sentences(), plan.seed)
    if plan.source not in corpora:
        raise InputError(f"a specimen needs the corpus {plan.source!r}: give its file")
    return enough(shuffled(corpora[plan.source], plan.seed), words)


def small_talk(seed: int, words: int) -> list[Dialogue]:
    """Return the laboratory's small talk without some of its topics, which ones the seed decides: three to five are left."""
    rng = random.Random(f"small talk {seed}")  # noqa: S311 (text, not secrets)
    talk = load_talk()
    kept = rng.sample(sorted(talk.topics), rng.randint(4, 6))
    part = replace(talk, topics={name: talk.topics[name] for name in kept})
    dialogues: list[Dialogue] = []
    total = 0
    while total < words:
        dialogues.append(Conversation(part, rng).turns())
        total += sum(turn.count(" ") + 1 for turn in dialogues[-1])
    return dialogues


def shuffled(dialogues: Sequence[Dialogue], seed: int) -> list[Dialogue]:
    """Return the dialogues in an order that the seed decides."""
    return [dialogues[place] for place in np.random.default_rng([seed, 11]).permutation(len(dialogues))]


def enough(dialogues: Sequence[Dialogue], words: int) -> list[Dialogue]:
    """Return the first dialogues that hold so many words, or all."""
    ends = np.cumsum([sum(turn.count(" ") + 1 for turn in dialogue) for dialogue in dialogues])
    return list(dialogues[: int(np.searchsorted(ends, words)) + 1])


def copied_sentences(plan: TextPlan, dialogues: Sequence[Dialogue]) -> list[Dialogue]:
    """Return the first sentences of three to eight words that differ, each as often as the plan says, in a shuffled order."""
    found: dict[str, None] = {}
    for dialogue in dialogues:
        for turn in dialogue:
            words = WORD.findall(turn)
            if 3 <= len(words) <= 8:
                found.setdefault(" ".join(words).lower())
    sentences = list(found)[: len(plan.copies)]
    return shuffled([[sentence] for sentence, times in zip(sentences, plan.copies, strict=False) for _ in range(times)], plan.seed)


def divide(dialogues: Sequence[Dialogue], words: int) -> tuple[list[Dialogue], list[Dialogue]]:
    """Return what is learnt and what is kept aside: the dialogues after the first `words` words, or a seventh of a short text."""
    train = enough(dialogues, words)
    if len(dialogues) - len(train) < 2:
        train = list(dialogues[: max(1, len(dialogues) * 6 // 7)])
    return train, list(dialogues[len(train) :])


def by_words(plan: TextPlan, train: Sequence[Dialogue], held_out: Sequence[Dialogue]) -> Text:
    """Return the text as ids of the most frequent words."""
    learnt = [[split(turn, plan.unit) for turn in dialogue] for dialogue in train]
    counts = Counter(word for dialogue in learnt for turn in dialogue for word in turn)
    specials = [token for token in (plan.pad_token, plan.unknown_token, plan.end_token) if token is not None]
    room = max(1, plan.vocab_size - len(specials))
    if plan.coverage:
        room = max(2, covering(counts, plan.coverage))
    known = [word for word, _ in counts.most_common(room)]
    if plan.order == "alphabet":
        known.sort()
    elif plan.order == "appearance":
        kept = set(known)
        known = [word for word in counts if word in kept]
    vocabulary = (*specials, *known)
    ids = {word: number for number, word in enumerate(vocabulary)}
    unknown = None if plan.unknown_token is None else ids[plan.unknown_token]
    aside = [[split(turn, plan.unit) for turn in dialogue] for dialogue in held_out]

    def encode(dialogues: Sequence[Sequence[Sequence[str]]]) -> tuple[TokenDialogue, ...]:
        turns = (
            tuple(tuple(number for word in turn if (number := ids.get(word, unknown)) is not None) for turn in dialogue)
            for dialogue in dialogues
        )
        return tuple(dialogue for turns_of in turns if (dialogue := tuple(turn for turn in turns_of if turn)))

    return Text(vocabulary, encode(learnt), encode(aside), ids.get(plan.end_token or ""), ids.get(plan.pad_token or ""), unknown)


def split(turn: str, unit: str) -> list[str]:
    """Return the words of a turn."""
    return WORD_OR_MARK.findall(turn) if unit == "marks" else [word.lower() for word in WORD.findall(turn)]


def covering(counts: Counter[str], share: float) -> int:
    """Return how many of the most frequent words make up that share of the text."""
    frequencies = np.sort(np.fromiter(counts.values(), np.int64))[::-1]
    return int(np.searchsorted(np.cumsum(frequencies), share * frequencies.sum())) + 1


def by_bytes(plan: TextPlan, train: Sequence[Dialogue], held_out: Sequence[Dialogue]) -> Text:
    """Return the text as ids of a byte-level BPE learnt from it (Sennrich et al. 2016), with the plan's pad and end tokens."""
    specials = [token for token in (plan.pad_token, plan.end_token) if token is not None]
    backend = Backend(BPE())
    backend.pre_tokenizer = ByteLevel(add_prefix_space=True)
    alphabet = ByteLevel.alphabet()
    size = max(plan.vocab_size, len(alphabet) + 50)
    trainer = BpeTrainer(vocab_size=size, special_tokens=specials, initial_alphabet=alphabet, show_progress=False, min_frequency=2)
    backend.train_from_iterator((turn for dialogue in train for turn in dialogue), trainer)

    def encode(dialogues: Sequence[Dialogue]) -> tuple[TokenDialogue, ...]:
        turns = iter(backend.encode_batch([turn for dialogue in dialogues for turn in dialogue], add_special_tokens=False))
        return tuple(tuple(tuple(next(turns).ids) for _ in dialogue) for dialogue in dialogues)

    names = sorted(backend.get_vocab().items(), key=lambda entry: entry[1])
    end, pad = (None if token is None else backend.token_to_id(token) for token in (plan.end_token, plan.pad_token))
    return Text(tuple(name for name, _ in names), encode(train), encode(held_out), end, pad, None)
