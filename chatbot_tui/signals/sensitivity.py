"""Whether the next token depends on what the net has read: the one question that separates collapse from everything else."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.signals.divergence import jensen_shannon

PROMPTS = 32
PROMPT_TOKENS = 8
PROBE_SEED = 0


def probe_prompts(vocab_size: int, excluded: Iterable[int]) -> Tensor:
    """Draw the probe prompts, each token uniformly from the vocabulary without `excluded` (banned and end tokens).

    The same for every net of the same vocabulary: English prompts would all be unknown words to a small one.

    Returns:
        Token ids, int64 [8 tokens, 32 prompts].

    Raises:
        InputError: every token is excluded.
    """
    is_allowed = np.ones(vocab_size, bool)
    is_allowed[[token for token in excluded if 0 <= token < vocab_size]] = False
    allowed = np.flatnonzero(is_allowed)
    if not allowed.size:
        raise InputError("every token of the vocabulary is banned: shorten banned_tokens in card.json")
    drawn = np.random.default_rng(PROBE_SEED).choice(allowed, size=(PROMPT_TOKENS, PROMPTS))
    return torch.from_numpy(drawn)


def prompt_sensitivity(model: LanguageModel, prompts: Tensor) -> float:
    """Measure how far the net's answers to `prompts` [time, prompts] lie apart.

    Each prompt is read from the fresh state, with no end token before or after it.

    Returns:
        The generalised Jensen-Shannon divergence of the distributions after the last tokens, in nats: 0 for a net that ignores
        its input, ln(prompts) for one that gives every prompt an answer of its own.
    """
    with torch.no_grad():
        hidden, _ = model.hidden(prompts)
        p = model.fc(hidden[-1]).double().softmax(dim=1)  # [prompts, vocabulary]
    return jensen_shannon(p.cpu().numpy())
