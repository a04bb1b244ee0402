"""How long one token takes with everything recorded, beside the plain class and beside the least that memory allows."""

import math
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import fmean, median

import torch
from torch import Tensor, nn

from chatbot_tui.backend import LocalBackend
from chatbot_tui.benchmarks.budgets import STEP_PLAIN, STEP_PRODUCT, Record
from chatbot_tui.core.frames import StepFrame
from chatbot_tui.core.ports import Pace, ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.drawing import AHEAD_TOKENS
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.step import TABLE_BYTES

IN_A_ROW = 3 * AHEAD_TOKENS
"""Steps of a kind before the next kind: each then finds the processor's cache as its own kind leaves it, and none is counted
without the part of it that was computed ahead."""
SAMPLING = SamplingSettings(temperature=0.8, top_k=40)
BYTES_OF_A_FLOAT = 4


class PlainModel(nn.Module):
    """Embedding, LSTM, linear layer: what everybody writes first."""

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_dim: int, num_layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, num_layers)
        self.fc = nn.Linear(hidden_dim, vocab_size)

    def forward(self, x: Tensor, hidden: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return logits [time, batch, vocabulary] and the new state for tokens [time, batch]."""
        output, hidden = self.lstm(self.embedding(x), hidden)
        return self.fc(output), hidden


def stepping(checkpoint: Path, rounds: int) -> list[Record]:
    """Take steps of the three kinds in turn, on one thread, IN_A_ROW of a kind in each round; medians of the rounds' means."""
    backend = LocalBackend()
    config = ModelConfig.from_json(backend.load(str(checkpoint)).architecture)
    kinds = [recorded_steps(backend, IN_A_ROW * rounds), plain_steps(config), products(config)]
    milliseconds: list[list[float]] = [[] for _ in kinds]
    for _ in range(rounds):
        for steps, figures in zip(kinds, milliseconds, strict=True):
            figures.append(1000 * fmean(islice(steps, IN_A_ROW)))
    backend.close()
    recorded, plain, product = map(median, milliseconds)
    return [STEP_PLAIN.judge(recorded, plain), STEP_PRODUCT.judge(recorded, product)]


def recorded_steps(backend: LocalBackend, tokens: int) -> Iterator[float]:
    """Yield the seconds of each token of a reply: 20 candidates, one watched word, every signal."""
    backend.set_pace(Pace(None))
    request = ReplyRequest(
        (Turn("you", "the"),), SAMPLING, max_tokens=tokens + AHEAD_TOKENS, min_tokens=tokens + AHEAD_TOKENS, pinned=("the",)
    )
    events = backend.reply(request)
    # The first tokens come with a step less than there are of them: the prompt's last was read before.
    while not (isinstance(event := next(events), StepFrame) and event.step == AHEAD_TOKENS - 1):
        pass
    while True:
        began = time.perf_counter()
        next(events)
        yield time.perf_counter() - began


def plain_steps(config: ModelConfig) -> Iterator[float]:
    """Yield the seconds of each call of the plain class's forward with one token."""
    model = PlainModel(config.vocab_size, config.embedding_dim, config.hidden_dim, config.num_layers).eval()
    zeros = torch.zeros(config.num_layers, 1, config.hidden_dim)
    hidden = (zeros, zeros)
    token = torch.zeros(1, 1, dtype=torch.int64)
    while True:
        began = time.perf_counter()
        with torch.no_grad():
            _, hidden = model(token, hidden)
        yield time.perf_counter() - began


def products(config: ModelConfig) -> Iterator[float]:
    """Yield the seconds of each product of a vector with one matrix as large as all the weights that a step reads."""
    # As near to a square as whole numbers allow: no shape that favours either side.
    width = math.isqrt(weights_of_a_step(config))
    matrix, vector = torch.randn(width, width), torch.randn(width)
    while True:
        began = time.perf_counter()
        torch.mv(matrix, vector)
        yield time.perf_counter() - began


def weights_of_a_step(config: ModelConfig) -> int:
    """Return how many numbers of the weight matrices a step must read."""
    gates, hidden = 4 * config.hidden_dim, config.hidden_dim
    tabled = config.vocab_size * gates * BYTES_OF_A_FLOAT <= TABLE_BYTES
    first = gates * (hidden if tabled else hidden + config.embedding_dim)
    others = (config.num_layers - 1) * gates * 2 * hidden
    projection = hidden * config.output_dim if config.projected else 0
    return first + others + projection + config.vocab_size * config.output_dim
