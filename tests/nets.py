"""Small real nets for tests: a tokenizer, weights from a fixed seed, and the checkpoint folder they make."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from chatbot_tui.model.checkpoint import Checkpoint, save_checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.tokenizer import Tokenizer

TEXT = ("the cat sat on the mat", "a dog saw the cat", "do you like the dog", "i'm fine and you", "the end of the day")


def word_tokenizer() -> Tokenizer:
    return Tokenizer.train_words(TEXT, 100)


def bpe_tokenizer() -> Tokenizer:
    return Tokenizer.train_bpe(TEXT, 300)


def tiny_checkpoint(
    tokenizer: Tokenizer, *, seed: int = 0, spread: float = 3.0, card: Mapping[str, Any] | None = None, **shape: Any
) -> Checkpoint:
    """A net with random weights, `spread` times as large as usual so that its distributions are not flat."""
    torch.manual_seed(seed)
    config = ModelConfig(vocab_size=tokenizer.size, **{"embedding_dim": 12, "hidden_dim": 16, "num_layers": 2, **shape})
    model = LanguageModel(config).requires_grad_(False).eval()
    for parameter in model.parameters():
        parameter.mul_(spread)
    counts = torch.arange(tokenizer.size, 0, -1)
    return Checkpoint(model, tokenizer, dict(card or {}), counts, "tiny", None, f"print-{seed}")


def save_tiny(folder: Path, tokenizer: Tokenizer, **options: Any) -> Path:
    """Write a tiny checkpoint's folder and return its path."""
    checkpoint = tiny_checkpoint(tokenizer, **options)
    assert checkpoint.counts is not None
    save_checkpoint(folder, checkpoint.model, tokenizer, {"end_token": "<eot>", **checkpoint.card}, checkpoint.counts, dtype=torch.float32)
    return folder
