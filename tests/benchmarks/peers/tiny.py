"""What the tests of the peers learn from: a few short dialogues, and peers that take a moment each."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from chatbot_tui.benchmarks.peers.fitting import fit, recorded
from chatbot_tui.benchmarks.peers.settings import settings_of
from chatbot_tui.benchmarks.peers.text import PeerText
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training.corpus import Dialogue
from chatbot_tui.training.stream import encode_corpus, epoch_stream

THINGS = ("cats", "dogs", "cars", "rain", "tea", "milk", "bread", "cheese", "boats", "songs")
DIALOGUES: list[Dialogue] = [[f"hello there {thing}", f"yes i like {thing} a lot"] for thing in THINGS] + [
    [f"do you like {thing}", "no i do not"] for thing in THINGS
]
SMALL: dict[str, dict[str, Any]] = {
    "5-gram": {"order": 4},
    "word-language-model": {
        "embedding_dim": 12,
        "hidden_dim": 16,
        "learning_rate": 10.0,
        "batch_size": 2,
        "sequence_length": 8,
        "dropout": 0.05,
        "validate_every": 1000,
        "reset": 0.1,
    },
    "awd-lstm": {
        "learning_rate": 6.0,
        "batch_size": 2,
        "sequence_length": 8,
        "validate_every": 200,
        "word_dropout": 0.02,
        "input_dropout": 0.05,
        "hidden_dropout": 0.05,
        "output_dropout": 0.05,
        "weight_drop": 0.05,
        "activation_penalty": 0.01,
        "temporal_penalty": 0.01,
        "reset": 0.1,
        "num_layers": 2,
        "average_from": 0.6,
    },
    "transformer": {"num_layers": 2, "heads": 2, "context": 16, "learning_rate": 0.01, "batch_size": 4, "dropout": 0.05},
}
PARAMETERS = 6_000


def tokenizer() -> Tokenizer:
    return Tokenizer.train_words((turn for dialogue in DIALOGUES for turn in dialogue), 60)


def text() -> PeerText:
    words = tokenizer()
    assert words.end_id is not None
    corpus = encode_corpus(DIALOGUES, words)
    return PeerText((corpus,), epoch_stream((corpus,), 0, 1), words.size, words.end_id)


def ticks(seconds: float = 1.0) -> Callable[[], float]:
    """A clock on which a step, between two looks, takes so many seconds."""
    return map(float, itertools.count(0, seconds)).__next__


def record(name: str, steps: int, **changes: Any) -> dict[str, Any]:
    settings = settings_of(name, SMALL[name])
    return recorded(name, settings, text(), seed=0, minutes=steps / 60, parameters=PARAMETERS) | changes


def fitted(name: str, folder: Path, steps: int) -> list[dict[str, Any]]:
    """Fit a peer for so many steps of a second each, and return its reports."""
    return list(fit(settings_of(name, SMALL[name]), text(), tokenizer(), folder, record(name, steps), ticks()))


def unigram_loss() -> float:
    """What word frequencies alone lose on the text, nats a token, the first of each dialogue left out."""
    words = tokenizer()
    counts = np.bincount(np.concatenate([encode_corpus([dialogue], words).tokens[1:] for dialogue in DIALOGUES]), minlength=words.size)
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log(p)).sum())
