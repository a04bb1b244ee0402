"""Signals of what the net says: the same prompts answered greedily and at temperature 1, which parts the net from the decoder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor

from chatbot_tui.diagnosis.measured import Measured
from chatbot_tui.diagnosis.subject import Subject
from chatbot_tui.model.lstm import LanguageModel, State
from chatbot_tui.signals.replies import commonest_share, distinct_share, loops

REPLY_TOKENS = 64
DISTINCT_TOKENS = 16
"""Two replies are the same where their first tokens are."""
LOOP_REPEATS, LOOP_TOKENS = 3, 12
"""A reply loops if at its end a unit stands three times in a row over twelve tokens."""
SEED = 0

Choose = Callable[[Tensor], Tensor]
"""Takes logits [prompts, vocabulary], gives tokens [prompts]."""


@dataclass(frozen=True)
class Speech:
    """What the net says to each prompt, without end tokens."""

    greedy: tuple[tuple[int, ...], ...]
    sampled: tuple[tuple[int, ...], ...]
    """Drawn at temperature 1."""


def speak(subject: Subject) -> Speech:
    """Answer every prompt greedily and at temperature 1, with the bans that hold when the net speaks.

    A prompt is put as a turn is: between end tokens where the vocabulary has one.
    """
    model, prompts = subject.checkpoint.model, subject.prompts
    end = subject.specials.end
    if end is not None:
        row = torch.full((1, prompts.shape[1]), end)
        prompts = torch.cat([row, prompts, row])
    generator = torch.Generator().manual_seed(SEED)

    def draw(logits: Tensor) -> Tensor:
        return torch.multinomial(logits.softmax(dim=1), 1, generator=generator)[:, 0]

    with torch.inference_mode():
        hidden, state = model.hidden(prompts)
        return Speech(
            continue_text(model, hidden[-1], state, lambda logits: logits.argmax(dim=1), subject.banned, end),
            continue_text(model, hidden[-1], state, draw, subject.banned, end),
        )


def continue_text(
    model: LanguageModel, features: Tensor, state: State, choose: Choose, banned: Sequence[int], end: int | None
) -> tuple[tuple[int, ...], ...]:
    """Return what follows, up to an end token or 64 tokens, from what the output layer reads [prompts, output_dim] and the state."""
    forbidden = list(banned) if len(banned) < model.config.vocab_size else []
    said = []
    for _ in range(REPLY_TOKENS):
        logits = model.fc(features).double()
        logits[:, forbidden] = -torch.inf
        tokens = choose(logits)
        said.append(tokens)
        hidden, state = model.hidden(tokens[None], state)
        features = hidden[-1]
    rows: list[list[int]] = torch.stack(said, dim=1).tolist()
    return tuple(tuple(row[: row.index(end)] if end in row else row) for row in rows)


def speech_signals(speech: Speech, texts: Sequence[str]) -> dict[str, Measured]:
    """Measure the replies; `texts` names the tokens."""
    token, share = commonest_share(speech.greedy)
    begins = [begin for reply in speech.greedy if (begin := loops(reply, LOOP_REPEATS, LOOP_TOKENS)) is not None]
    return {
        "greedy_distinct": Measured(distinct_share([reply[:DISTINCT_TOKENS] for reply in speech.greedy])),
        "greedy_top_word": Measured(share, "" if token is None else texts[token].strip()),
        "greedy_loops": Measured(len(begins) / len(speech.greedy)),
        "greedy_loop_begins": Measured(float(median(begins)) if begins else None),
        "sampled_loops": Measured(
            sum(loops(reply, LOOP_REPEATS, LOOP_TOKENS) is not None for reply in speech.sampled) / len(speech.sampled)
        ),
        "sampled_distinct": Measured(distinct_share([reply[:DISTINCT_TOKENS] for reply in speech.sampled])),
        "silent": Measured(sum(not reply for reply in speech.greedy) / len(speech.greedy)),
    }
