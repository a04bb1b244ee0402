"""How fast a net trains while the laboratory watches it, beside the bare loop that everybody writes."""

import os
import pickle
import time
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from chatbot_tui.benchmarks.budgets import TRAINING, Record
from chatbot_tui.benchmarks.stepping import PlainModel
from chatbot_tui.core.lab import TrainRequest
from chatbot_tui.lab import step
from chatbot_tui.training.lab_run import LabRun
from chatbot_tui.training.stream import rows

WATCHED = TrainRequest("healthy")
"""The recipe that most others are compared with, reported as often as it says itself."""


def training(rounds: int, request: TrainRequest = WATCHED) -> list[Record]:
    """Train from one report to the next in both ways in turn, on as many threads as the laboratory takes; the middle round counts."""
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, (os.cpu_count() or 1) - 1))
    try:
        with LabRun(0, request) as run:
            kinds = watched_steps(run), bare_steps(run)
            timed = [(next(kinds[0]), next(kinds[1])) for _ in range(rounds + 1)]
    finally:
        torch.set_num_threads(threads)
    # The first round is warm-up. Within a round both kinds find the machine equally busy, so the rounds are compared by their ratios.
    watched, bare = sorted(timed[1:], key=lambda pair: pair[1] / pair[0])[(len(timed) - 2) // 2]
    return [TRAINING.judge(1000 * watched, 1000 * bare)]


def watched_steps(run: LabRun) -> Iterator[float]:
    """Yield the mean seconds of the laboratory's steps between two reports, with one report that is made and sent."""
    interval = run.trainer.recipe.report_every
    while True:
        began = time.perf_counter()
        for _ in range(interval):
            for event in step(run, single=False):
                pickle.dumps(event)
        yield (time.perf_counter() - began) / interval


def bare_steps(run: LabRun) -> Iterator[float]:
    """Yield the mean seconds of as many steps of the plain class: as large a batch of the same text, and the same optimiser."""
    recipe = run.trainer.recipe
    columns, length = recipe.batch_size + recipe.fresh_rows, recipe.sequence_length
    text = torch.from_numpy(rows(next(iter(run.trainer.batches.streams())), columns)).long()
    model = PlainModel(run.trainer.tokenizer.size, recipe.embedding_dim, recipe.hidden_dim, recipe.num_layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, fused=True)
    zeros = torch.zeros(recipe.num_layers, columns, recipe.hidden_dim)
    hidden: tuple[Tensor, Tensor] = (zeros, zeros)
    place = 0
    while True:
        began = time.perf_counter()
        for _ in range(recipe.report_every):
            place = place if place + length < len(text) else 0
            logits, hidden = model(text[place : place + length], hidden)
            hidden = hidden[0].detach(), hidden[1].detach()
            loss = functional.cross_entropy(logits.flatten(0, 1), text[place + 1 : place + length + 1].flatten())
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
            nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
            optimizer.step()
            place += length
        yield (time.perf_counter() - began) / recipe.report_every
