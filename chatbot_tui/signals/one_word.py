"""Whether a net says one word for ever, whatever it is asked."""

from collections.abc import Sequence

import torch
from torch import Tensor

from chatbot_tui.core.judgement import ONE_WORD, SAME_REPLY
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.signals.continuation import continue_texts
from chatbot_tui.signals.replies import commonest_share, distinct_share

REPLY_TOKENS = 48


@torch.inference_mode()
def greedy_replies(model: LanguageModel, prompts: Tensor, banned: Sequence[int], tokens: int = REPLY_TOKENS) -> tuple[tuple[int, ...], ...]:
    """Return how the net goes on greedily from each of `prompts` [time, prompts] without ever saying a banned token."""
    hidden, state = model.hidden(prompts)
    return continue_texts(model, hidden[-1], state, tokens, banned=banned)


def says_one_word(replies: Sequence[Sequence[int]]) -> bool:
    """Return whether greedy replies to different prompts are one word, and the same for nearly all, by the doctor's thresholds."""
    return commonest_share(replies)[1] >= ONE_WORD and distinct_share(replies) <= SAME_REPLY
