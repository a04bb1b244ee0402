"""How a specimen learns: the plain loop that people write, on running text or on rows filled up with padding."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from chatbot_tui.core.errors import InputError
from chatbot_tui.diagnosis.calibration.specimens import Specimen
from chatbot_tui.diagnosis.calibration.texts import Text
from chatbot_tui.model.lstm import LanguageModel, State
from chatbot_tui.training.embeddings import prepare_embedding
from chatbot_tui.training.objective import Objective
from chatbot_tui.training.optimisers import make_optimizer
from chatbot_tui.training.schedule import learning_rate
from chatbot_tui.training.stream import Tokens, rows


@dataclass(frozen=True)
class Window:
    """The text of one step."""

    tokens: Tensor
    """Inputs and, one later, targets: [time + 1, columns]."""
    counted: Tensor
    """Which targets enter the loss, [time, columns]."""
    carried: int
    """How many columns go on where the step before ended; the others begin from the zero state."""
    goes_on: bool
    """Whether the state of the step before is carried into this one at all."""


@dataclass(frozen=True)
class Trained:
    """What came of a training."""

    model: LanguageModel
    stream: Tokens
    """What was read and counted once through the text, padding too where it was."""
    loss: float
    """Mean cross-entropy of the last tenth of the steps, in nats a token."""
    steps: int
    diverged: bool
    """Whether it was stopped since the gradient was no longer finite."""


def train(specimen: Specimen, text: Text) -> Trained:
    """Train a specimen: a function of the specimen and its text.

    Raises:
        InputError: the text is too short.
    """
    recipe = specimen.recipe
    torch.manual_seed(recipe.seed)
    model = LanguageModel(recipe.model_config(len(text.vocabulary)))
    prepare_embedding(recipe, model)
    if specimen.embedding_noise:
        with torch.no_grad():
            model.embedding.weight.add_(torch.randn_like(model.embedding.weight), alpha=specimen.embedding_noise)
    optimizer = make_optimizer(recipe, model)
    objective = Objective(double_softmax=recipe.double_softmax) if recipe.double_softmax else None
    windows = padded(specimen, text) if specimen.layout == "turns" else running(specimen, text)
    total = recipe.steps or 1
    losses: list[float] = []
    state: State | None = None
    model.train()
    for step, window in zip(range(total), windows, strict=False):
        rate = learning_rate(step, total, recipe.learning_rate, recipe.warmup_steps, recipe.schedule, recipe.final_share)
        for group in optimizer.param_groups:
            group["lr"] = rate
        hidden, state = model.hidden(window.tokens[:-1], begin(state, window))
        targets = window.tokens[1:] if recipe.shift_targets else window.tokens[:-1]
        logits, wanted = model.fc(hidden[window.counted]), targets[window.counted]
        loss = functional.cross_entropy(logits, wanted) if objective is None else objective(logits, wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
        norm = float(nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm or math.inf))
        if not math.isfinite(norm):
            break
        optimizer.step()
        state = (state[0].detach(), state[1].detach())
        nats = loss if objective is None else functional.cross_entropy(logits.detach(), wanted)
        losses.append(float(nats.detach()))
    model.eval()
    last = losses[-max(1, total // 10) :]
    return Trained(model, counted_stream(specimen, text), sum(last) / len(last) if last else math.nan, len(losses), len(losses) < total)


def begin(state: State | None, window: Window) -> State | None:
    """Return the state of every column before a window."""
    if state is None or not window.goes_on:
        return None
    fresh = window.tokens.shape[1] - window.carried
    h, c = (torch.cat([part[:, : window.carried], part.new_zeros(part.shape[0], fresh, part.shape[2])], dim=1) for part in state)
    return h, c


def running(specimen: Specimen, text: Text) -> Iterator[Window]:
    """Yield windows of running text without end, the state carried from each to the next; fresh rows begin at a turn drawn at random."""
    recipe = specimen.recipe
    stream = text.stream(text.train)
    table = torch.from_numpy(rows(stream, recipe.batch_size)).long()
    length = recipe.sequence_length
    if len(table) < 2:
        raise InputError(f"the text of {specimen.name} is too short for its batch")
    length = min(length, len(table) - 1)
    starts = np.cumsum([0, *(len(turn) + (text.end is not None) for dialogue in text.train for turn in dialogue)])
    starts = starts[starts < len(stream) - length - 1]
    rng = np.random.default_rng([recipe.seed, 5])
    while True:
        for start in range(0, len(table) - length, length):
            window = table[start : start + length + 1]
            if recipe.fresh_rows and len(starts):
                fresh = [stream[at : at + length + 1] for at in rng.choice(starts, recipe.fresh_rows)]
                window = torch.cat([window, torch.from_numpy(np.stack(fresh, axis=1)).long()], dim=1)
            yield Window(window, torch.ones(length, window.shape[1], dtype=torch.bool), recipe.batch_size, start > 0)


def padded(specimen: Specimen, text: Text) -> Iterator[Window]:
    """Yield windows without end whose columns are a turn or a few, from the zero state, filled up; the recipe says if filling counts."""
    recipe = specimen.recipe
    pieces = joined_turns(specimen, text)
    filling = text.pad if text.pad is not None else 0
    rng = np.random.default_rng([recipe.seed, 6])
    while True:
        order = rng.permutation(len(pieces))
        for start in range(0, max(1, len(order) - recipe.batch_size + 1), recipe.batch_size):
            chosen = [pieces[place] for place in order[start : start + recipe.batch_size]]
            # As long as the longest of them, as people's collate functions have it; or the whole length, where the filling is to count.
            length = recipe.sequence_length if recipe.count_padding else max(len(piece) for piece in chosen) - 1
            table = np.full((length + 1, len(chosen)), filling, np.int64)
            lengths = np.array([len(piece) for piece in chosen])
            for column, piece in enumerate(chosen):
                table[: len(piece), column] = piece
            counted = np.arange(1, length + 1)[:, None] < lengths
            mask = np.ones_like(counted) if recipe.count_padding else counted
            yield Window(torch.from_numpy(table), torch.from_numpy(mask), 0, goes_on=False)


def joined_turns(specimen: Specimen, text: Text) -> list[Tokens]:
    """Return rows of so many turns of a dialogue, two tokens or more each, cut off after the recipe's length."""
    count, limit = specimen.turns_a_row, specimen.recipe.sequence_length + 1
    pieces = [text.stream([dialogue[start : start + count]])[:limit] for dialogue in text.train for start in range(0, len(dialogue), count)]
    kept = [piece for piece in pieces if len(piece) > 1]
    if not kept:
        raise InputError(f"the text of {specimen.name} has no turn of two tokens")
    return kept


def counted_stream(specimen: Specimen, text: Text) -> Tokens:
    """Return the tokens that are counted in one pass over the text."""
    if specimen.layout != "turns" or not specimen.recipe.count_padding or text.pad is None:
        return text.stream(text.train)
    length = specimen.recipe.sequence_length + 1
    return np.concatenate(
        [np.concatenate([piece, np.full(length - len(piece), text.pad, np.int32)]) for piece in joined_turns(specimen, text)]
    )
