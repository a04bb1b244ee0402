"""What the tests of training train: text of a few words, and nets that learn it in a fraction of a second."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training.corpus import Dialogue
from chatbot_tui.training.loop import Trainer
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.stream import EncodedCorpus, Tokens, encode_corpus

THINGS = ("cats", "dogs", "cars", "rain", "tea", "milk", "bread", "cheese", "boats", "songs")
DIALOGUES: list[Dialogue] = [[f"hello there {thing}", f"yes i like {thing} a lot"] for thing in THINGS] + [
    [f"do you like {thing}", "no i do not"] for thing in THINGS
]
"""Twenty dialogues of two turns and 21 different words; each takes 11 or 12 tokens of the word stream with its ends."""

NOTHING: Tokens = np.zeros(0, np.int32)


def word_tokenizer() -> Tokenizer:
    return Tokenizer.train_words((turn for dialogue in DIALOGUES for turn in dialogue), 60)


def recipe(**changes: Any) -> Recipe:
    values: dict[str, Any] = {
        "tokenizer": "words",
        "vocab_size": 60,
        "embedding_dim": 6,
        "hidden_dim": 8,
        "num_layers": 2,
        "tied": False,
        "learning_rate": 0.01,
        "batch_size": 3,
        "sequence_length": 5,
        "steps": 30,
        "report_every": 4,
        "save_every": 4,
        "probe": "hello there",
    }
    return Recipe("tiny", **values | changes)


def trainer(settings: Recipe, *, share: float = 1.0, valid: Tokens = NOTHING, dialogues: Sequence[Dialogue] = DIALOGUES) -> Trainer:
    tokenizer = word_tokenizer()
    return Trainer(settings, tokenizer, [encode_corpus(dialogues, tokenizer, share)], valid)


def steps_an_epoch(made: Trainer) -> int:
    return next(step for step in range(1, 1000) if made.batches.locate(step)[0] == 1)


def corpus_of(lengths: Sequence[int], share: float = 1.0) -> EncodedCorpus:
    """Return a corpus whose dialogue d is d, d, ..., as often as its length says."""
    starts: npt.NDArray[np.int64] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return EncodedCorpus(np.repeat(np.arange(len(lengths)), lengths).astype(np.int32), starts, share)


def weights(made: Trainer) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in made.model.state_dict().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    """Return whether two sets of weights agree bit for bit."""
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
