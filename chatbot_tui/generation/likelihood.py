"""How likely given tokens are to a net that stands at a given place."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from chatbot_tui.model.step import Array, Stepper, StepState, StepTrace

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


def sequence_log_probabilities(
    stepper: Stepper, begin: StepTrace | StepState, sequences: Sequence[Sequence[int]]
) -> npt.NDArray[np.float64]:
    """Return ln p(tokens | what was read before `begin`) in nats of each of several sequences, [n]; they run side by side.

    Args:
        stepper: The net.
        begin: What reading the token before them gave. A state: they are read from there, and the first token of each is given, not scored.
        sequences: Each of one or more ids.
    """
    count, longest = len(sequences), max(map(len, sequences))
    tokens = np.zeros((longest, count), np.int64)
    there = np.zeros((longest, count), bool)
    for column, sequence in enumerate(sequences):
        tokens[: len(sequence), column] = sequence
        there[: len(sequence), column] = True
    total = np.zeros(count)
    if isinstance(begin, StepTrace):
        total += log_probabilities(stepper, [begin.features] * count, tokens[0].tolist())
        begin = begin.state
    state = StepState(*(np.repeat(part[:, None], count, axis=1) for part in (begin.h, begin.c)))
    time = max(1, SCORE_ROWS // count)
    for start in range(0, longest - 1, time):
        stop = min(start + time, longest - 1)
        features, state = stepper.read(tokens[start:stop], state)
        scored = there[start + 1 : stop + 1]
        log_p = log_probabilities(stepper, list(features[scored]), tokens[start + 1 : stop + 1][scored].tolist())
        np.add.at(total, np.nonzero(scored)[1], log_p)
    return total
