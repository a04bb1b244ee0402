"""The learning rate over a run."""

import math


def learning_rate(step: int, total_steps: int, peak: float, warmup_steps: int, kind: str, final_share: float) -> float:
    """Return the learning rate of optimiser step `step` (from 0).

    Linear warm-up that reaches `peak` with its last step, then constant, or a half cosine from `peak` that would reach
    `final_share` * `peak` one step after the last (Loshchilov and Hutter 2017).
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    if kind == "constant":
        return peak
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    return peak * (final_share + (1 - final_share) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
