"""How well a net predicts conversations: perplexity, what context gains over word frequencies, and the right reply among others."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.text import normalise
from chatbot_tui.model.tokenizer import Tokenizer, words
from chatbot_tui.signals.divergence import unigram
from chatbot_tui.training import retrieval
from chatbot_tui.training.corpus import Dialogue
from chatbot_tui.training.counts import BigramCounts
from chatbot_tui.training.retrieval import Ids
from chatbot_tui.training.scoring import Context, Predictor, Recurrent, predicted

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of tokens scored and of tokens in all."""


def evaluate(
    checkpoint: Checkpoint, dialogues: Sequence[Dialogue], bigrams: BigramCounts | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Measure a checkpoint on held-out dialogues.

    The state is fresh at each dialogue, an end-of-turn is fed first, and every token of every turn and its end-of-turn counts. A
    net without an end token reads the turns one after the other; the first token of a dialogue, which nothing stands before,
    does not count, and there is nothing to rank replies with.

    Returns:
        word_perplexity (a white-space word and a turn's end are one unit each), comparable (whether the tokenizer can give the text
        back, without which word perplexities of different nets cannot be compared), token_perplexity, unigram_loss and bigram_loss
        (nats a token by the counts of the training stream, one added), context_gain (unigram_loss less the net's own loss),
        hits_at_1 with hits_standard_error, dialogues, turns, words and seconds. None where a figure is unknown or overflows.

    Raises:
        InputError: the dialogues hold nothing to predict.
    """
    started = time.perf_counter()
    text = read_held_out(dialogues, checkpoint.tokenizer)
    found = prediction(Recurrent(checkpoint.model), text, progress)
    nats = found.nats / text.tokens
    unigram_loss, bigram_loss = reference_losses(checkpoint, text.streams, bigrams)
    return {
        "word_perplexity": found.word_perplexity,
        "comparable": text.comparable,
        "token_perplexity": perplexity(nats),
        "unigram_loss": unigram_loss,
        "bigram_loss": bigram_loss,
        "context_gain": None if unigram_loss is None else finite(unigram_loss - nats),
        "hits_at_1": found.hits_at_1,
        "hits_standard_error": found.hits_standard_error,
        "dialogues": len(dialogues),
        "turns": text.turns,
        "words": text.words,
        "seconds": time.perf_counter() - started,
    }


@dataclass(frozen=True)
class HeldOut:
    """Dialogues as whoever is measured on them reads them."""

    encoded: list[list[Ids]]
    """Tokens of every turn of every dialogue."""
    end: int | None
    """Id of the end-of-turn token."""
    words: int
    """White-space words."""
    turns: int
    comparable: bool
    """Whether the tokens hold all of the text."""

    @cached_property
    def streams(self) -> list[list[int]]:
        """Each dialogue as one row of tokens."""
        return [as_stream(turns, self.end) for turns in self.encoded]

    @cached_property
    def tokens(self) -> int:
        """How many tokens are predicted."""
        return sum(predicted(stream) for stream in self.streams)


def read_held_out(dialogues: Sequence[Dialogue], tokenizer: Tokenizer) -> HeldOut:
    """Return dialogues in tokens. Raises InputError where they hold nothing to predict."""
    texts = [normalise(turn) for dialogue in dialogues for turn in dialogue]
    encoded = encode(dialogues, tokenizer)
    comparable = tokenizer.end_id is not None and all(tokenizer.decode(ids) == text for ids, text in zip(flat(encoded), texts, strict=True))
    held_out = HeldOut(encoded, tokenizer.end_id, sum(1 for text in texts for _ in words(text)), len(texts), comparable)
    if not held_out.tokens:
        raise InputError("the corpus holds nothing to predict: give one whose words the vocabulary knows")
    return held_out


@dataclass(frozen=True)
class Prediction:
    """How well held-out dialogues are predicted."""

    nats: float
    """Sum of -ln p over every token that is predicted."""
    word_perplexity: float | None
    hits_at_1: float | None
    hits_standard_error: float | None
    hits_elsewhere: float | None
    """hits@1 by how much likelier the context makes a turn than other dialogues' contexts do, not than nothing does."""
    hits_elsewhere_standard_error: float | None


def prediction(predictor: Predictor[Context], text: HeldOut, progress: Progress | None = None) -> Prediction:
    """Measure whatever predicts tokens on held-out dialogues, as `evaluate` says."""
    questions = [] if text.end is None else retrieval.draw_questions(text.encoded)
    done, total = 0, text.tokens + retrieval.tokens_to_score(questions)

    def report(scored: int) -> None:
        nonlocal done
        done += scored
        if progress is not None:
            progress(done, total)

    contexts = [(question.place[0], opening(text.encoded, question.place)) for question in questions]
    scores = predictor.score(text.streams, keep=contexts, report=report)
    nats = -float(scores.log_p.sum())
    hits: tuple[float | None, float | None] = (None, None)
    hits_elsewhere = hits
    if questions and text.end is not None:
        kept = [scores.states[context] for context in contexts]
        likely = retrieval.likelihoods(predictor, text.end, questions, kept, report)
        hits = retrieval.hits_at_1(likely.given - likely.alone)
        hits_elsewhere = retrieval.hits_at_1(likely.given - retrieval.elsewhere(questions, likely))
    return Prediction(nats, perplexity(nats / (text.words + text.turns)), *hits, *hits_elsewhere)


def encode(dialogues: Sequence[Dialogue], tokenizer: Tokenizer) -> list[list[Ids]]:
    """Return the tokens of every turn of every dialogue, without end tokens."""
    turns = iter(tokenizer.encode_batch([turn for dialogue in dialogues for turn in dialogue]))
    return [[tuple(next(turns)) for _ in dialogue] for dialogue in dialogues]


def flat(encoded: Sequence[Sequence[Ids]]) -> list[Ids]:
    """Return the turns of all dialogues in one list."""
    return [ids for turns in encoded for ids in turns]


def as_stream(turns: Sequence[Ids], end: int | None) -> list[int]:
    """Return what the net reads of a dialogue: an end-of-turn, then each turn with its end-of-turn; without an end token, the turns."""
    stream = [] if end is None else [end]
    for ids in turns:
        stream += ids
        if end is not None:
            stream.append(end)
    return stream


def opening(encoded: Sequence[Sequence[Ids]], place: retrieval.Place) -> int:
    """Return how many tokens of a dialogue's stream stand before the end-of-turn that opens a turn."""
    dialogue, turn = place
    return sum(len(ids) + 1 for ids in encoded[dialogue][:turn])


def reference_losses(
    checkpoint: Checkpoint, streams: Sequence[Sequence[int]], bigrams: BigramCounts | None
) -> tuple[float | None, float | None]:
    """Return what word frequencies alone, and pairs of neighbours alone, would lose, in nats a token; None without counts."""
    before = np.concatenate([stream[:-1] for stream in streams]).astype(np.int64)
    after = np.concatenate([stream[1:] for stream in streams]).astype(np.int64)
    counts = checkpoint.counts
    by_frequency = None if counts is None else float(-np.log(unigram(counts.numpy())[after]).mean())
    by_pair = None if bigrams is None else float(-np.log(bigrams.probability(before, after, checkpoint.tokenizer.size)).mean())
    return by_frequency, by_pair


def perplexity(nats: float) -> float | None:
    """Return e to the `nats`; None where that overflows."""
    try:
        return finite(math.exp(nats))
    except OverflowError:
        return None


def finite(value: float) -> float | None:
    """Return `value`, or None for NaN and infinity, which JSON lacks."""
    return value if math.isfinite(value) else None
