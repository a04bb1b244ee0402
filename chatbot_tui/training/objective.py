"""What the net is trained to lower where it is not plain cross-entropy: the cures that are recommended, and one common mistake."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from chatbot_tui.training.losses import counted
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.stream import Tokens

Previous: TypeAlias = tuple[Tensor, Tensor]
"""Token ids that stood before a position, and which of them are meant: [..., n] and the same as booleans."""

EXPONENTS = {"inverse": 1.0, "square-root": 0.5}
"""Power of a token's frequency that its weight is divided by."""

LARGEST_P = 1 - 1e-5
"""Unlikelihood is taken at this probability where p is larger: ln(1 - p) has no bound."""


@dataclass(frozen=True, eq=False)
class Objective:
    """The mean over positions of weight * focal factor * smoothed cross-entropy + alpha * unlikelihood - beta * entropy."""

    weights: Tensor | None = None
    """What a target's own loss is multiplied by, [vocabulary]."""
    label_smoothing: float = 0.0
    focal_gamma: float = 0.0
    unlikelihood: float = 0.0
    """Alpha."""
    entropy_reward: float = 0.0
    """Beta."""
    double_softmax: bool = False

    def __call__(self, logits: Tensor, targets: Tensor, previous: Previous | None = None) -> Tensor:
        """Return the objective in nats for logits [n, vocabulary], targets [n] and previous tokens [n, m], needed for unlikelihood."""
        log_p = (logits.softmax(dim=1) if self.double_softmax else logits).log_softmax(dim=1)
        loss = smoothed_cross_entropy(log_p, targets, self.label_smoothing)
        if self.focal_gamma:
            loss = loss * focal_factor(log_p, targets, self.focal_gamma)
        if self.weights is not None:
            loss = loss * self.weights[targets]
        if self.unlikelihood and previous is not None:
            loss = loss + self.unlikelihood * unlikelihood(log_p, previous)
        if self.entropy_reward:
            loss = loss - self.entropy_reward * entropy(log_p)
        return loss.mean()


def make_objective(recipe: Recipe, streams: Iterable[Tokens], end: int, size: int, device: torch.device) -> Objective | None:
    """Return the recipe's objective; None for plain cross-entropy. The streams are read only where class weights need them."""
    settings = (recipe.label_smoothing, recipe.focal_gamma, recipe.unlikelihood, recipe.entropy_reward, recipe.double_softmax)
    if recipe.class_weights == "none" and not any(settings):
        return None
    weights = None if recipe.class_weights == "none" else class_weights(count_targets(streams, end, size), recipe.class_weights).to(device)
    return Objective(weights, *settings)


def count_targets(streams: Iterable[Tokens], end: int, size: int) -> Tensor:
    """Return how often each token is a target that counts, see losses.counted: [vocabulary]."""
    counts = np.zeros(size, np.int64)
    for stream in streams:
        targets = torch.from_numpy(stream[1:])
        kept = counted(torch.from_numpy(stream[:-1]), targets, end)
        counts += np.bincount(targets[kept].numpy(), minlength=size)
    return torch.from_numpy(counts)


def class_weights(counts: Tensor, kind: str) -> Tensor:
    """Return a weight a token, count^-1 (`inverse`) or count^-1/2 (`square-root`), scaled to a mean of 1 over the data.

    With the inverse every token that occurs weighs as much as any other in sum: total / (types * count). One that never occurs has
    weight 0.
    """
    occurring = counts > 0
    weights = counts.clamp(min=1).double() ** -EXPONENTS[kind] * occurring
    return (weights * counts.sum() / (weights * counts).sum()).float()


def smoothed_cross_entropy(log_p: Tensor, targets: Tensor, epsilon: float) -> Tensor:
    """Return -(1 - epsilon) ln p(target) - epsilon * mean ln p in nats, [n] (Szegedy et al. 2016), for log_p [n, vocabulary]."""
    loss = -log_p.gather(1, targets[:, None])[:, 0]
    return loss if epsilon == 0 else (1 - epsilon) * loss - epsilon * log_p.mean(dim=1)


def focal_factor(log_p: Tensor, targets: Tensor, gamma: float) -> Tensor:
    """Return (1 - p(target))^gamma, [n], by which focal loss turns from what is learnt already (Lin et al. 2017)."""
    missing = -torch.expm1(log_p.gather(1, targets[:, None])[:, 0])
    # Where p is 1 in float, a gamma below 1 would have an infinite slope.
    return missing.clamp(min=torch.finfo(missing.dtype).eps) ** gamma


def unlikelihood(log_p: Tensor, previous: Previous) -> Tensor:
    """Return -sum ln(1 - p) over the previous tokens, [n] (Welleck et al. 2019, equation 4), for log_p [n, vocabulary]."""
    tokens, meant = previous
    p = log_p.gather(1, tokens).exp().clamp(max=LARGEST_P)
    return -(torch.log1p(-p) * meant).sum(dim=1)


def previous_tokens(inputs: Tensor, targets: Tensor, end: int) -> Previous:
    """Return what unlikelihood speaks against, each [time, batch, time]: the tokens read so far in this window, once each.

    The target itself is left out, as in the source, and so is the end-of-turn, which has to come again and again.
    """
    steps = torch.arange(len(inputs), device=inputs.device)
    read = steps[:, None] >= steps  # [time, time]: what stands at or before each step
    rows = inputs.t()  # [batch, time]
    same = rows[:, :, None] == rows[:, None, :]
    first = ~(same & (steps[:, None] > steps)).any(dim=2)  # [batch, time]
    tokens = rows.expand(len(inputs), *rows.shape)
    meant = read[:, None, :] & first & (tokens != targets[:, :, None]) & (tokens != end)
    return tokens, meant


def entropy(log_p: Tensor) -> Tensor:
    """Return H(p) = -sum p ln p in nats, [n], whose reward speaks against overconfidence (Pereyra et al. 2017)."""
    return -(log_p.exp() * log_p).sum(dim=1)
