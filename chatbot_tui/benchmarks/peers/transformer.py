"""A decoder transformer as in GPT-2: pre-norm blocks of causal attention over a bounded context, tied embeddings."""

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from chatbot_tui.benchmarks.peers.settings import TransformerSettings
from chatbot_tui.core.errors import InputError

Past: TypeAlias = Sequence[tuple[Tensor, Tensor]]
"""Keys and values of the tokens read so far, each [batch, heads, time, width / heads], layer by layer."""

SPREAD = 0.02
"""Standard deviation of all initial weights."""


class Block(nn.Module):
    """Attention and a two-layer network, each added to what it read the norm of."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_output = nn.Linear(width, width)
        self.network_norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, sight: Tensor, past: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the new x [batch, time, width], and keys and values with those of the past; `sight` is -inf where nobody may look."""
        split = self.query_key_value(self.attention_norm(x)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = split.unbind()  # [batch, heads, time, width / heads]
        if past is not None:
            key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
        # In so many words: on a processor half the time of scaled_dot_product_attention, forward and backward together.
        scores = (query * query.shape[3] ** -0.5) @ key.transpose(2, 3) + sight.to(query.dtype)
        attended = self._dropped(scores.softmax(dim=3)) @ value
        x = x + self._dropped(self.attention_output(attended.transpose(1, 2).flatten(2)))
        x = x + self._dropped(self.narrow(functional.gelu(self.widen(self.network_norm(x)), approximate="tanh")))
        return x, (key, value)

    def _dropped(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training)


class Transformer(nn.Module):
    """A language model that sees the last `context` tokens."""

    def __init__(self, size: int, width: int, settings: TransformerSettings) -> None:
        super().__init__()
        self.context = settings.context
        self.embedding = nn.Embedding(size, width)
        self.position = nn.Embedding(settings.context, width)
        self.dropout = nn.Dropout(settings.dropout)
        self.blocks = nn.ModuleList(Block(width, settings.heads, settings.dropout) for _ in range(settings.num_layers))
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Linear(width, size)
        self.fc.weight = self.embedding.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                # What is added 2 L times over starts so much smaller (Radford et al. 2019).
                added = name.endswith(("attention_output.weight", "narrow.weight"))
                nn.init.normal_(parameter, std=SPREAD * (2 * settings.num_layers) ** -0.5 if added else SPREAD)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def hidden(self, tokens: Tensor, past: Past | None = None) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """Return what the output layer reads, [batch, time, width], and keys and values, for tokens [batch, time] after the past.

        Past and tokens together may not be more than `context`.
        """
        before = 0 if past is None else past[0][0].shape[2]
        x = self.dropout(self.embedding(tokens) + self.position.weight[before : before + tokens.shape[1]])
        # Each token sees the past and, of those read with it, itself and what stands before it.
        sight = x.new_full((tokens.shape[1], before + tokens.shape[1]), -torch.inf).triu(before + 1)
        kept = []
        for layer, block in enumerate(self.blocks):
            x, keys_and_values = block(x, sight, None if past is None else past[layer])
            kept.append(keys_and_values)
        return self.norm(x), kept


def width_of(settings: TransformerSettings, size: int, parameters: int) -> int:
    """Return the largest width that the heads divide with at most `parameters` numbers in all. Raises InputError where there is none."""

    def numbers(width: int) -> int:
        return (size + settings.context + 2) * width + size + settings.num_layers * (12 * width * width + 13 * width)

    width = 0
    while numbers(width + settings.heads) <= parameters:
        width += settings.heads
    if not width:
        raise InputError(f"no transformer for {size:,} tokens has as few as {parameters:,} parameters: give more with --parameters")
    return width
