"""Whether the next token depends on what the net has read: the one question that separates collapse from everything else."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.signals.divergence import jensen_shannon

PROMPTS = 32
PROMPT_TOKENS = 8
PROBE_SEED = 0


EVENLY = 0.1
"""Share of the tokens of likely prompts that are drawn from the vocabulary evenly: no two prompts are to be the same word eight times."""


def probe_prompts(vocab_size: int, excluded: Iterable[int]) -> Tensor:
    """Draw probe prompts, each token evenly from the vocabulary without `excluded` (banned and end tokens).

    The same for every net of the same vocabulary: English prompts would all be unknown words to a small one.

    Returns:
        Token ids, int64 [8 tokens, 32 prompts].

    Raises:
        InputError: every token is excluded.
    """
    allowed = without(vocab_size, excluded)
    drawn = np.random.default_rng(PROBE_SEED).choice(allowed, size=(PROMPT_TOKENS, PROMPTS))
    return torch.from_numpy(drawn)


def likely_prompts(model: LanguageModel, excluded: Iterable[int]) -> Tensor:
    """Draw probe prompts from the words that the net itself expects, as often as it does after prompts drawn evenly.

    Most words of a vocabulary are rare, and what a net makes of words that it has hardly ever met says little about what it makes of
    people's. Frequencies are the first thing that any net learns, so that these prompts are as good as text, word by word.

    Args:
        model: A network in evaluation mode.
        excluded: Tokens that are never asked.

    Returns:
        Token ids, int64 [8 tokens, 32 prompts]; drawn evenly where the net's predictions are not finite.

    Raises:
        InputError: every token is excluded.
    """
    excluded = tuple(excluded)
    even = probe_prompts(model.config.vocab_size, excluded)
    allowed = without(model.config.vocab_size, excluded)
    expected = answers(model, even).mean(axis=0)[allowed]
    if not np.isfinite(expected).all() or not expected.sum():
        return even
    shares = (1 - EVENLY) * expected / expected.sum() + EVENLY / len(allowed)
    drawn = np.random.default_rng(PROBE_SEED).choice(allowed, size=(PROMPT_TOKENS, PROMPTS), p=shares / shares.sum())
    return torch.from_numpy(drawn)


def without(vocab_size: int, excluded: Iterable[int]) -> npt.NDArray[np.int64]:
    """Return the ids of a vocabulary that are not excluded, ascending. Raises InputError where none is left."""
    is_allowed = np.ones(vocab_size, bool)
    is_allowed[[token for token in excluded if 0 <= token < vocab_size]] = False
    allowed = np.flatnonzero(is_allowed)
    if not allowed.size:
        raise InputError("every token of the vocabulary is banned: shorten banned_tokens in card.json")
    return allowed


def prompt_sensitivity(model: LanguageModel, prompts: Tensor) -> float:
    """Measure how far the net's answers to `prompts` [time, prompts] lie apart.

    Each prompt is read from the fresh state, with no end token before or after it.

    Returns:
        The generalised Jensen-Shannon divergence of the distributions after the last tokens, in nats: 0 for a net that ignores
        its input, ln(prompts) for one that gives every prompt an answer of its own.
    """
    return jensen_shannon(answers(model, prompts))


def answers(model: LanguageModel, prompts: Tensor) -> npt.NDArray[np.float64]:
    """Return the distributions over the next token after `prompts` [time, prompts], [prompts, vocabulary]."""
    with torch.no_grad():
        hidden, _ = model.hidden(prompts)
        p: npt.NDArray[np.float64] = model.fc(hidden[-1]).double().softmax(dim=1).cpu().numpy()
    return p
