"""How a net goes on from many texts at once: every figure about its speech rests on replies made here."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from chatbot_tui.model.lstm import LanguageModel, State

Choose: TypeAlias = Callable[[Tensor], Tensor]
"""Takes logits [texts, vocabulary], gives the next tokens, int64 [texts]."""


def likeliest(logits: Tensor) -> Tensor:
    """Choose greedily: the largest logit, the lower id of equals."""
    return logits.argmax(dim=1)


def drawn(generator: torch.Generator) -> Choose:
    """Choose by drawing from the softmax at temperature 1; what is drawn depends on the number of texts."""
    return lambda logits: torch.multinomial(logits.double().softmax(dim=1), 1, generator=generator)[:, 0]


@torch.inference_mode()
def continue_texts(
    model: LanguageModel,
    features: Tensor,
    state: State,
    tokens: int,
    *,
    banned: Sequence[int] = (),
    end: int | None = None,
    choose: Choose = likeliest,
) -> tuple[tuple[int, ...], ...]:
    """Return how a net goes on from texts that it has read.

    Args:
        model: The net.
        features: What the output layer reads after the last token of each text, [texts, output_dim].
        state: (h, c) after that token, each [layers, texts, hidden].
        tokens: How many to say.
        banned: Tokens that are never said; none where that would be all.
        end: The token that a reply stands before: it may not be the first, and is cut off with all that follows. None: replies do not end.
        choose: How a token is chosen among those that may be said; the others' logits are -inf.

    Returns:
        Token ids of a reply a text, `tokens` of them where no end comes before.
    """
    forbidden = list(banned) if len(set(banned)) < model.config.vocab_size else []
    said: list[Tensor] = []
    for step in range(tokens):
        logits = model.fc(features)  # [texts, vocabulary]
        logits[:, forbidden] = -torch.inf
        if step == 0 and end is not None:
            logits[:, end] = -torch.inf
        said.append(choose(logits))
        hidden, state = model.hidden(said[-1][None], state)
        features = hidden[-1]
    rows: list[list[int]] = torch.stack(said, dim=1).tolist()
    return tuple(tuple(row[: row.index(end)] if end is not None and end in row else row) for row in rows)
