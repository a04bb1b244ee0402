"""From what a specimen's settings are drawn: two sets of values that do not meet, and how a healthy net comes out of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chatbot_tui.diagnosis.calibration.texts import LANGUAGE, SMALL_TALK

HELD_OUT_OF_FIVE = 2
"""Of five specimens, how many are held out."""
SECONDS = 6.5
"""How long a training may take on one core."""
FLOPS, CALL = 2.2e10, 6e-5
"""Multiply-adds a second of one core, and seconds that a layer's step costs however small it is: for estimates only."""
END_TOKENS = ("<eot>", "<eos>", "</s>", "<end>", "EOS", "[SEP]", "<|endoftext|>")
PAD_TOKENS = ("<pad>", "PAD", "[PAD]", "_")
UNKNOWN_TOKENS = ("<unk>", "UNK", "[UNK]", "<oov>")

Option = TypeVar("Option")


@dataclass(frozen=True)
class Pool:
    """The values of one part."""

    hidden: Sequence[int]
    tiny: Sequence[int]
    """States of a few numbers."""
    small: Sequence[int]
    """States that are enough for a few words."""
    few_words: Sequence[int]
    embedding: Sequence[int]
    layers: Sequence[int]
    deep: Sequence[int]
    vocabulary: Sequence[int]
    exponent: tuple[float, float]
    text_seeds: tuple[int, int]


POOLS = {
    "fit": Pool(
        hidden=(24, 32, 48, 64, 88, 128),
        tiny=(2, 4, 6, 8, 10, 12),
        small=(14, 18, 22),
        few_words=(20, 30, 40, 50),
        embedding=(16, 32, 50, 64),
        layers=(1, 1, 1, 2),
        deep=(4, 6),
        vocabulary=(60, 100, 160, 250, 400, 700, 1100),
        exponent=(0.8, 1.1),
        text_seeds=(0, 10**6),
    ),
    "held-out": Pool(
        hidden=(28, 40, 56, 96, 112, 160, 192),
        tiny=(3, 5, 7, 9, 11),
        small=(13, 16, 20),
        few_words=(25, 35, 45),
        embedding=(24, 40, 100, 128),
        layers=(1, 1, 2, 3),
        deep=(5, 7, 8),
        vocabulary=(80, 130, 200, 330, 520, 900, 1500, 2000),
        exponent=(0.7, 1.3),
        text_seeds=(10**6, 2 * 10**6),
    ),
}


@dataclass
class Draw:
    """A specimen while it is drawn: it begins as a healthy net of the kind that people train."""

    rng: random.Random
    pool: Pool
    corpora: tuple[str, ...]
    number: int
    settings: dict[str, Any] = field(default_factory=dict)
    text: dict[str, Any] = field(default_factory=dict)
    layout: str = "stream"
    turns_a_row: int = 1
    embedding_noise: float = 0.0

    def __post_init__(self) -> None:
        self._draw_text()
        self._draw_network()
        self._draw_training()

    def one_of(self, options: Sequence[Option]) -> Option:
        """Return one of the options."""
        return self.rng.choice(options)

    def between(self, low: float, high: float) -> float:
        """Return a positive number, its logarithm uniform between the bounds', with three digits."""
        return float(f"{low * (high / low) ** self.rng.random():.3g}")

    def chance(self, probability: float) -> bool:
        """Return true with that probability."""
        return self.rng.random() < probability

    def train(self, learning_rate: float, steps: float, optimizer: str = "adam", **others: Any) -> None:
        """Set how the net is trained."""
        self.settings |= {"learning_rate": learning_rate, "steps": max(1, round(steps)), "optimizer": optimizer, "momentum": 0.0} | others

    def resize(self, least: int, most: int) -> None:
        """Draw the size of the state anew where it does not lie between the bounds."""
        if not least <= self.settings["hidden_dim"] <= most:
            self.settings["hidden_dim"] = self.one_of([size for size in self.pool.hidden if least <= size <= most])
        if self.settings["tied"]:
            self.settings["embedding_dim"] = self.settings["hidden_dim"]

    def know(self, least: int, most: int) -> None:
        """Draw the size of the vocabulary anew where it does not lie between the bounds, and a language to match."""
        if not least <= self.text["vocab_size"] <= most:
            self.text["vocab_size"] = self.one_of([size for size in self.pool.vocabulary if least <= size <= most])
            self.text["types"] = round(self.text["vocab_size"] * 1.1)

    def fit_time(self) -> None:
        """Make the batch smaller, then the vocabulary, where training would take too long."""
        while self.seconds() > SECONDS and self.settings["batch_size"] > 6:
            self.settings["batch_size"] = max(6, int(self.settings["batch_size"] * 0.8))
        while self.seconds() > SECONDS and self.text["vocab_size"] > 600:
            self.text["vocab_size"] = int(self.text["vocab_size"] * 0.9)
        while self.seconds() > SECONDS and self.settings["steps"] > 400:
            self.settings["steps"] = int(self.settings["steps"] * 0.9)
        self.settings["vocab_size"] = self.text["vocab_size"]

    def seconds(self) -> float:
        """Return an estimate of how long training takes."""
        settings = self.settings
        hidden, layers = settings["hidden_dim"], settings["num_layers"]
        weights = 4 * hidden * (settings["embedding_dim"] + hidden + 2 * hidden * (layers - 1)) + hidden * self.text["vocab_size"]
        positions = settings["batch_size"] * settings["sequence_length"]
        a_step = (
            3 * positions * weights / FLOPS
            + settings["sequence_length"] * layers * CALL
            + 40 * positions * self.text["vocab_size"] / 2.5e10
        )
        return float(a_step * settings["steps"])

    def _draw_text(self) -> None:
        source = self.one_of((LANGUAGE, SMALL_TALK, self.one_of(self.corpora) if self.corpora else LANGUAGE))
        size = self.one_of(self.pool.vocabulary)
        unit = self.one_of(("words", "words", "words", "words", "marks", "bpe"))
        if source == LANGUAGE:
            unit = "words"
        has_end = self.chance(0.5)
        self.text = {
            "source": source,
            "seed": self.rng.randrange(*self.pool.text_seeds),
            "words": self.one_of((30_000, 45_000, 60_000)),
            "vocab_size": self.one_of([entry for entry in self.pool.vocabulary if entry >= 400]) if unit == "bpe" else size,
            "unit": unit,
            "end_token": self.one_of(END_TOKENS) if has_end else None,
            "pad_token": self.one_of(PAD_TOKENS) if self.chance(0.35) else None,
            # Running text cut to few words is another thing than a language of few words: there the unknown token reigns.
            "unknown_token": self.one_of(UNKNOWN_TOKENS) if self.chance(0.6) and (source == LANGUAGE or size >= 250) else None,
            "order": self.one_of(("frequency", "alphabet", "appearance")),
            "types": round(size * self.rng.uniform(0.9, 1.3)),
            "exponent": round(self.rng.uniform(*self.pool.exponent), 3),
        }

    def _draw_network(self) -> None:
        hidden = self.one_of(self.pool.hidden)
        tied = self.chance(0.15)
        self.settings |= {
            "hidden_dim": hidden,
            "embedding_dim": hidden if tied else self.one_of(self.pool.embedding),
            "num_layers": self.one_of(self.pool.layers),
            "tied": tied,
            "dropout": self.one_of((0.0, 0.0, 0.0, 0.1, 0.2, 0.3)),
            "init": self.one_of(("default", "default", "default", "default", "xavier", "uniform")),
            "init_scale": 0.1,
            "forget_bias": self.one_of((None, None, None, 1.0)),
        }

    def _draw_training(self) -> None:
        self.settings |= {
            "batch_size": self.one_of((8, 12, 16, 20, 32)),
            "sequence_length": self.one_of((20, 25, 30, 35)),
            "clip_norm": self.one_of((0.0, 0.25, 1.0, 1.0, 5.0)),
            "schedule": self.one_of(("constant", "constant", "cosine")),
            "fresh_rows": self.one_of((0, 0, 0, 6)),
        }
        if self.chance(0.15):
            self.layout = "turns"
            self.turns_a_row = self.one_of((1, 2, 4))
            self.settings["fresh_rows"] = 0
        how = self.rng.random()
        if how < 0.4:
            # A small state learns slowly; with small steps besides it would not be done in time.
            self.resize(48, 256)
            self.train(1e-3, self.rng.uniform(1000, 1400))
        elif how < 0.85:
            rate = self.between(2e-3, 6e-3)
            self.train(rate, max(400.0, 1.8 / rate), self.one_of(("adam", "adam", "adamw")), weight_decay=self.one_of((0.0, 0.0, 1e-5)))
        else:
            self.train(self.between(0.7, 2.0), 800, "sgd", momentum=0.9, clip_norm=1.0)
