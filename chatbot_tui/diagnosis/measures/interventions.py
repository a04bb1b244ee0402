"""What becomes of a net when something is done to it: interventions that decide close calls."""

import copy

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from chatbot_tui.diagnosis.measures.text import Reading
from chatbot_tui.diagnosis.subject import GivenText, Subject

RIDGE = 1e-2
"""Penalty, as a share of the mean square of the features."""
CLASSES = 64
"""The most frequent next tokens that the refitted layer tells apart."""

STEPS, FEWEST_STEPS = 40, 12
PARAMETERS = 3_000_000
"""A net with more is trained for fewer steps, so that the examination takes seconds whatever its size."""
STEP_ROWS = 16
STEP_TOKENS = 20
RATE = 3e-3


def refit_gain(reading: Reading) -> float:
    """Return how much of the next token a new linear layer finds in the states, as a share of the variance, on the half not fitted.

    Ridge regression (Hoerl and Kennard 1970) of the one-hot next token, the 64 most frequent ones, on the centred features: R^2, 0
    where the states hold nothing of use, whatever the net's own output layer makes of them.
    """
    features = reading.features.double()
    targets = torch.from_numpy(reading.targets)
    kept = torch.bincount(targets).topk(min(CLASSES, int(targets.max()) + 1)).indices
    wanted = (targets[:, None] == kept).double()  # [tokens, classes]
    middle = len(features) // 2
    if middle < 2:
        return 0.0
    x, y = features[:middle], wanted[:middle]
    centre, mean = x.mean(dim=0), y.mean(dim=0)
    x, y = x - centre, y - mean
    size = float(x.square().mean())
    if size <= 0:
        return 0.0
    # Features as long as each other, so that states near zero count like any other.
    gram = x.T @ x / (middle * size)
    gram.diagonal().add_(RIDGE)
    weights = torch.linalg.solve(gram, x.T @ y / (middle * size))
    rest, truth = features[middle:] - centre, wanted[middle:] - mean
    residual = float((truth - rest @ weights).square().sum())
    total = float(truth.square().sum())
    return 1.0 - residual / total if total > 0 else 0.0


def train_on_gain(subject: Subject, text: GivenText) -> float:
    """Return how many nats a token the net gains on the end of the text in 40 steps of Adam on its beginning, a large one in fewer.

    Next to nothing where weights are stuck or done learning; a good part of a nat where training was merely stopped too early.
    """
    model = copy.deepcopy(subject.checkpoint.model).requires_grad_(True)
    stream = torch.from_numpy(text.stream)
    held_out = stream[-min(2048, len(stream) // 4) :]
    train = stream[: len(stream) - len(held_out)]
    if len(train) <= STEP_TOKENS + 1 or len(held_out) < 2:
        return 0.0
    before = held_out_loss(model, held_out)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    rng = np.random.default_rng(0)
    for _ in range(steps_for(model)):
        begins = torch.from_numpy(rng.integers(len(train) - STEP_TOKENS - 1, size=STEP_ROWS))
        batch = train[begins[None, :] + torch.arange(STEP_TOKENS + 1)[:, None]]
        hidden, _ = model.hidden(batch[:-1])
        loss = functional.cross_entropy(model.fc(hidden).flatten(0, 1), batch[1:].flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return before - held_out_loss(model, held_out)


def steps_for(model: torch.nn.Module) -> int:
    """Return for how many steps a net is trained on."""
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return max(FEWEST_STEPS, min(STEPS, STEPS * PARAMETERS // max(parameters, 1)))


def held_out_loss(model: torch.nn.Module, stream: Tensor) -> float:
    """Return the mean of -ln p over a stream [tokens], cut into eight rows read from the fresh state."""
    columns = max(1, min(8, len(stream) // 32))
    length = len(stream) // columns
    table = stream[: length * columns].reshape(columns, length).T
    with torch.no_grad():
        logits, _ = model(table[:-1])
        return float(functional.cross_entropy(logits.flatten(0, 1).double(), table[1:].flatten()))
