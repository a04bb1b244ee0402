"""The figures of one row of the comparison, for a peer's folder or for any checkpoint."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from chatbot_tui.benchmarks.peers.kept import RECORD, Subject, load_peer
from chatbot_tui.benchmarks.peers.replies import DEFAULT, GREEDY, SEED, figures, reply
from chatbot_tui.benchmarks.peers.voices import RecurrentVoice
from chatbot_tui.core.library import find
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.importers.load import load_named
from chatbot_tui.training.corpus import Dialogue
from chatbot_tui.training.evaluation import perplexity, prediction, read_held_out
from chatbot_tui.training.scoring import Recurrent

LARGEST = 1e18


def load_subject(name: str) -> Subject:
    """Read a fitted peer's folder, or a checkpoint by its name or folder. Raises InputError."""
    if (Path(name) / RECORD).is_file():
        return load_peer(Path(name))
    checkpoint, _ = load_named(find(name))
    return subject_of(checkpoint)


def subject_of(checkpoint: Checkpoint) -> Subject:
    """Return a checkpoint as what is measured."""
    model = checkpoint.model
    parameters = sum(parameter.numel() for parameter in model.parameters())
    known = trained_on(checkpoint)
    return Subject(checkpoint.name, checkpoint.tokenizer, Recurrent(model), RecurrentVoice(model), checkpoint.banned, parameters, known)


def trained_on(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the seed and the tokens of a checkpoint's training, in as far as its card tells: as if its last settings had always held."""
    card, recipe = checkpoint.card, checkpoint.card.get("recipe")
    recipe = recipe if isinstance(recipe, dict) else {}
    numbers = [card.get("steps"), recipe.get("batch_size"), recipe.get("fresh_rows", 0), recipe.get("sequence_length")]
    seed = card.get("seed")
    if not all(isinstance(number, int) for number in numbers):
        return {"seed": seed if isinstance(seed, int) else None}
    steps, columns, fresh, length = numbers
    return {"seed": seed if isinstance(seed, int) else None, "tokens": steps * (columns + fresh) * length}


def told(subject: Subject, minutes: float | None = None, millions: float | None = None) -> Subject:
    """Return a subject with what its training took of the processor's time, and how many tokens it read, where that is known better."""
    seconds = {} if minutes is None else {"seconds": 60.0 * minutes}
    tokens = {} if millions is None else {"tokens": 1e6 * millions}
    return replace(subject, figures={**subject.figures, **seconds, **tokens})


def measure(subject: Subject, dialogues: Sequence[Dialogue], openers: Sequence[str]) -> dict[str, Any]:
    """Return all figures of a peer or a checkpoint.

    Word perplexity and hits@1 are those of `evaluate`, whoever predicts. That hits@1 favours whoever has learnt to begin with any turn
    after nothing; hits_at_1_elsewhere is by how much likelier a turn is in its place than in other dialogues. Replies are at most 60
    tokens long, greedy and at temperature 0.7 and top-p 0.9; the n-th opener's has the random numbers of a conversation's n-th reply.
    Decoding is timed on one thread, batch 1, by the processor's time, every kind of model with what it keeps of the tokens before.

    Raises:
        InputError: the dialogues hold nothing to predict.
    """
    began = time.perf_counter()
    text = read_held_out(dialogues, subject.tokenizer)
    found = prediction(subject.predictor, text)
    with one_thread():
        greedy = [reply(subject, opener, number, GREEDY) for number, opener in enumerate(openers)]
        sampled = [reply(subject, opener, number, DEFAULT) for number, opener in enumerate(openers)]
    taken = [seconds for said in (*greedy, *sampled) for seconds in said.seconds]
    tokens, spent = known(subject.figures.get("tokens")), known(subject.figures.get("seconds"))
    return {
        "name": subject.name,
        "seed": subject.figures.get("seed"),
        "word_perplexity": found.word_perplexity,
        "comparable": text.comparable,
        "token_perplexity": perplexity(found.nats / text.tokens),
        "hits_at_1": found.hits_at_1,
        "hits_standard_error": found.hits_standard_error,
        "hits_at_1_elsewhere": found.hits_elsewhere,
        "hits_elsewhere_standard_error": found.hits_elsewhere_standard_error,
        "greedy": figures(greedy),
        "default": figures(sampled),
        "sampling_seed": SEED,
        "parameters": subject.parameters,
        "training_tokens": tokens,
        "training_seconds": spent,
        "training_tokens_per_second": known(tokens / spent) if tokens and spent else None,
        "decoding_tokens_per_second": len(taken) / sum(taken) if taken else None,
        "dialogues": len(dialogues),
        "turns": text.turns,
        "words": text.words,
        "seconds": time.perf_counter() - began,
    }


def known(value: object) -> float | None:
    """Return a figure that a file or a person gave; None where it is no number above 0, or larger than any such figure is."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < LARGEST else None


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread for a while: with batch 1 a second one would only make it wait."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
