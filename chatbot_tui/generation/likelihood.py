"""How likely given tokens are to a net that stands at a given place."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from chatbot_tui.model.step import Array, Stepper, StepTrace

SCORE_ROWS = 256
"""Positions that run through the net at once."""
LOGITS = 1 << 21
"""Most logits that are held at once; each takes 20 bytes on the way to a probability."""


def log_probabilities(stepper: Stepper, features: Sequence[Array], targets: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return ln p [n] of each of `targets`, by the bare model in float64, after what gave each of `features`, n times [output_dim]."""
    parts = []
    size = max(1, min(SCORE_ROWS, LOGITS // stepper.config.vocab_size))
    for start in range(0, len(targets), size):
        wanted = torch.tensor(targets[start : start + size])
        rows = np.stack(features[start : start + len(wanted)])
        log_p = torch.from_numpy(stepper.logits(rows)).double().log_softmax(dim=1)
        parts.append(log_p.gather(1, wanted[:, None])[:, 0].numpy())
    return np.concatenate(parts) if parts else np.zeros(0)


def sequence_log_probability(stepper: Stepper, begin: StepTrace | None, tokens: Sequence[int]) -> float:
    """Return ln p(tokens | what was read before `begin`) in nats.

    Args:
        stepper: The net.
        begin: What reading the token before them gave. None: they begin from the zero state, and the first is given, not scored.
        tokens: One or more ids.
    """
    if begin is None:
        begin, tokens = stepper.step(tokens[0], stepper.zero_state()), tokens[1:]
    if not tokens:
        return 0.0
    total, state = log_probabilities(stepper, [begin.features], tokens[:1]).sum(), begin.state
    for start in range(0, len(tokens) - 1, SCORE_ROWS):
        block = tokens[start : min(start + SCORE_ROWS, len(tokens) - 1)]
        features, state = stepper.read(block, state)
        total += log_probabilities(stepper, list(features), tokens[start + 1 : start + 1 + len(block)]).sum()
    return float(total)
