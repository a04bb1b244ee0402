"""The learning rate over a run."""

import math
from dataclasses import dataclass

IMPROVEMENT = 1e-4
"""Share by which a loss must fall below the best one to count as better."""


def learning_rate(
    step: int,
    total_steps: int,
    peak: float,
    warmup_steps: int,
    kind: str,
    final_share: float,
    *,
    drop_every: int = 1,
    drop_factor: float = 1.0,
    drops: int = 0,
    decay_share: float = 1.0,
) -> float:
    """Return the learning rate of optimiser step `step` (from 0).

    Linear warm-up that reaches `peak` with its last step, then `constant`; or `cosine`, half a wave from `peak` that would reach
    `final_share` * `peak` one step after the last (Loshchilov and Hutter 2017); or `linear`, `peak` until a straight line down to the
    same place takes up the last `decay_share` of all steps (Haegele et al. 2024); or a drop to `drop_factor` of what it was, never below
    `final_share` * `peak`, with `step` each `drop_every` steps after the warm-up, with `plateau` as often as `drops` says.
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    if kind == "constant":
        return peak
    if kind in ("step", "plateau"):
        times = (step - warmup_steps) // drop_every if kind == "step" else drops
        return peak * max(final_share, drop_factor**times)
    if kind == "linear":
        left = (total_steps - step) / max(1.0, decay_share * total_steps)
        return peak * (final_share + (1 - final_share) * max(0.0, min(1.0, left)))
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    return peak * (final_share + (1 - final_share) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


@dataclass(frozen=True)
class Plateau:
    """How long the loss has not fallen, and how often that has made the learning rate drop."""

    best: float = math.inf
    """Lowest loss so far, in nats a token."""
    waited: int = 0
    """Reports since then, or since the last drop."""
    drops: int = 0

    def after(self, loss: float, patience: int) -> "Plateau":
        """Return where things stand after a report: one more drop once more than `patience` in a row were no better."""
        if loss < self.best * (1 - IMPROVEMENT):
            return Plateau(loss, 0, self.drops)
        if self.waited < patience:
            return Plateau(self.best, self.waited + 1, self.drops)
        return Plateau(self.best, 0, self.drops + 1)
