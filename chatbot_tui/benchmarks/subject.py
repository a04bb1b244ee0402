"""What is measured: the shipped net, or one of its shape with random weights, in a home folder that holds nothing else."""

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from chatbot_tui.core.library import CheckpointEntry, list_checkpoints
from chatbot_tui.core.settings import Settings, save_settings
from chatbot_tui.model.checkpoint import save_checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.tokenizer import Tokenizer

NAME = "bench-net"
"""Name that the net bears in every home; nothing else on the screen is called so."""
SHIPPED = "smalltalk"
ENDLESS = 1_000_000
"""Tokens of a reply that is not to end by itself."""


@dataclass(frozen=True)
class Shape:
    """The size of a random net."""

    words: int = 6000
    """Different made-up words that its tokenizer learns from."""
    vocabulary: int = 8000
    embedding: int = 256
    hidden: int = 512
    layers: int = 2


def shipped() -> CheckpointEntry | None:
    """Return the shipped chatbot; None where it is missing or broken."""
    return next((entry for entry in list_checkpoints() if entry.name == SHIPPED and entry.source == "shipped" and not entry.problem), None)


def place_net(home: Path, source: CheckpointEntry | None, shape: Shape | None = None) -> Path:
    """Put the net into a home and return its folder: a copy of `source`, or random weights."""
    folder = home / "checkpoints" / NAME
    if source is not None:
        shutil.copytree(source.path, folder)
    else:
        save_random(folder, shape or Shape())
    return folder


def save_random(folder: Path, shape: Shape) -> None:
    """Save a tied net with random weights and a tokenizer of random words."""
    draw = random.Random(0)  # noqa: S311 (nothing here is secret)
    words = ["the", *("".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 7))) for _ in range(shape.words))]
    tokenizer = Tokenizer.train_bpe((" ".join(words[at : at + 12]) for _ in range(2) for at in range(0, len(words), 12)), shape.vocabulary)
    torch.manual_seed(0)
    model = LanguageModel(ModelConfig(tokenizer.size, shape.embedding, shape.hidden, shape.layers, tied=True))
    save_checkpoint(folder, model, tokenizer, {}, torch.randint(1, 1000, (tokenizer.size,)))


def save_pace(home: Path, tokens: int) -> None:
    """Let replies in this home come as fast as they can and have exactly so many tokens."""
    settings = Settings(checkpoint=NAME, tokens_per_second=None, max_tokens=tokens, min_tokens=tokens)
    save_settings(settings, home / "settings.toml")
