"""What a net says greedily, to many at once: whether it is one word to everybody, one answer, or many."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.signals.continuation import continue_texts
from chatbot_tui.signals.sensitivity import PROMPT_TOKENS, PROMPTS, probe_prompts
from chatbot_tui.training.retrieval import Ids

REPLY_TOKENS = 16
"""Length of a probe's greedy reply where it does not end by itself."""
OPENERS = ("hello, how are you?", "what did you do today?", "i do not know what to say")
"""What a card shows the net's answers to, besides the recipe's probe."""

Reply: TypeAlias = tuple[int, ...]


def vocabulary_prompts(checkpoint: Checkpoint) -> Tensor:
    """Return the probe prompts drawn from a net's own vocabulary, without the tokens that it may not say, [8, 32]."""
    tokenizer = checkpoint.tokenizer
    return probe_prompts(tokenizer.size, {*checkpoint.banned, *([] if tokenizer.end_id is None else [tokenizer.end_id])})


def reply_figures(checkpoint: Checkpoint, turns: Sequence[Ids]) -> dict[str, Any]:
    """Return what the greedy replies to 32 prompts have in common; prompts are ends of `turns`, or drawn where there are too few.

    Returns:
        top_word, top_share (of all their words), top_is_most_frequent (whether the training stream has no commoner word that may be
        said) and distinct_replies.
    """
    replies = greedy_replies(checkpoint, text_prompts(turns, vocabulary_prompts(checkpoint)))
    said = Counter(token for reply in replies for token in reply)
    top, times = said.most_common(1)[0]
    return {
        "top_word": checkpoint.tokenizer.texts[top].strip(),
        "top_share": times / said.total(),
        "top_is_most_frequent": top == checkpoint.most_frequent,
        "distinct_replies": len(set(replies)),
    }


def answers(checkpoint: Checkpoint, prompts: Sequence[str]) -> dict[str, str]:
    """Return the greedy reply to each prompt that holds a word which the net knows."""
    encoded = {prompt: ids for prompt, ids in zip(prompts, checkpoint.tokenizer.encode_batch(list(prompts)), strict=True) if ids}
    return {
        prompt: checkpoint.tokenizer.decode(greedy_replies(checkpoint, torch.tensor([ids]).t())[0]).strip()
        for prompt, ids in encoded.items()
    }


def text_prompts(turns: Sequence[Ids], instead: Tensor) -> Tensor:
    """Return the last 8 tokens of 32 different turns, evenly spread over the text, [8, 32]; `instead` where there are too few so long.

    People do not talk in words drawn at random, and a net may well give the same answer to all who do.
    """
    ends = list(dict.fromkeys(turn[-PROMPT_TOKENS:] for turn in turns if len(turn) >= PROMPT_TOKENS))
    if len(ends) < PROMPTS:
        return instead
    return torch.tensor([ends[index * len(ends) // PROMPTS] for index in range(PROMPTS)]).t()


@torch.no_grad()
def greedy_replies(checkpoint: Checkpoint, prompts: Tensor, tokens: int = REPLY_TOKENS) -> list[Reply]:
    """Return the greedy replies, without end tokens, to prompts [time, prompts], each read as a turn at the beginning of a conversation.

    Banned tokens are never said, and no reply is empty: silence tells nothing.
    """
    model, end = checkpoint.model, checkpoint.tokenizer.end_id
    turn_end = [] if end is None else [torch.full_like(prompts[:1], end)]
    hidden, state = model.hidden(torch.cat([*turn_end, prompts, *turn_end]))
    return list(continue_texts(model, hidden[-1], state, tokens, banned=checkpoint.banned, end=end))
