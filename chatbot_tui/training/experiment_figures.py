"""What the experiment writes down about a net: what context gains it, and what it says to whom."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.signals.sensitivity import PROMPT_TOKENS, PROMPTS, probe_prompts, prompt_sensitivity
from chatbot_tui.training.evaluation import as_stream, encode, finite, flat, reference_losses
from chatbot_tui.training.retrieval import Ids
from chatbot_tui.training.run import TrainingRun
from chatbot_tui.training.scoring import predicted, score

REPLY_TOKENS = 16
"""Length of a probe's greedy reply where it does not end by itself."""

Reply = tuple[int, ...]


def measure(run: TrainingRun) -> dict[str, Any]:
    """Measure a net as it stands.

    Returns:
        context_gain and bigram_gain (by how much the net, and a model of neighbouring pairs, beat word frequencies, nats a token of the
        held-out text, or of the training text where none is kept aside); prompt_sensitivity (nats); and of the greedy replies to 32
        prompts of that text top_word, top_share (of all their words), top_is_most_frequent (whether the training stream has no commoner
        word that may be said) and distinct_replies. None where a figure is unknown or no finite number.
    """
    checkpoint = run.checkpoint()
    model, tokenizer = checkpoint.model, checkpoint.tokenizer
    dialogues = run.text.held_out or [dialogue for corpus in run.text.train for dialogue in corpus.dialogues]
    encoded = encode(dialogues, tokenizer)
    streams = [as_stream(turns, tokenizer.end_id) for turns in encoded]
    nats = -float(score(model, streams).log_p.sum()) / sum(map(predicted, streams))
    by_frequency, by_pair = reference_losses(checkpoint, streams, run.bigrams)
    probes = probe_prompts(tokenizer.size, {*checkpoint.banned, *([] if tokenizer.end_id is None else [tokenizer.end_id])})
    replies = greedy_replies(checkpoint, text_prompts(flat(encoded), probes))
    said = Counter(token for reply in replies for token in reply)
    top, times = said.most_common(1)[0]
    return {
        "context_gain": None if by_frequency is None else finite(by_frequency - nats),
        "bigram_gain": None if by_frequency is None or by_pair is None else by_frequency - by_pair,
        "prompt_sensitivity": finite(prompt_sensitivity(model, probes)),
        "top_word": tokenizer.texts[top].strip(),
        "top_share": times / said.total(),
        "top_is_most_frequent": top == checkpoint.most_frequent,
        "distinct_replies": len(set(replies)),
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
    banned = list(checkpoint.banned)
    turn_end = [] if end is None else [torch.full_like(prompts[:1], end)]
    hidden, state = model.hidden(torch.cat([*turn_end, prompts, *turn_end]))
    columns = []
    for step in range(tokens):
        logits = model.fc(hidden[-1])  # [prompts, vocabulary]
        logits[:, banned] = -torch.inf
        if step == 0 and end is not None:
            logits[:, end] = -torch.inf
        columns.append(logits.argmax(dim=1))
        hidden, state = model.hidden(columns[-1][None], state)
    replies = [tuple(reply) for reply in torch.stack(columns, dim=1).tolist()]
    return [reply[: reply.index(end)] if end in reply else reply for reply in replies]
