"""The network: embedding, LSTM stack, output layer, over whole sequences. One token at a time: see step.py."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.initialise import initialise

State: TypeAlias = tuple[Tensor, Tensor]
"""(h, c), each [layers, batch, hidden]: what nn.LSTM takes and gives. Where layers differ in width, the narrower ones' numbers stand
first, and zeros after them."""

ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {"tanh": torch.tanh, "relu": torch.relu, "hardtanh": functional.hardtanh, "identity": lambda x: x}
)
HEAD_ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "identity": lambda x: x,
        "sigmoid": torch.sigmoid,
        "gelu": functional.gelu,
        "leaky_relu": functional.leaky_relu,
        "elu": functional.elu,
    }
)


class UnitDropout(nn.Dropout):
    """Dropout of units of [time, batch, width], drawn anew at each step, or once for all steps of a call (Gal and Ghahramani 2016)."""

    locked = False

    def forward(self, x: Tensor) -> Tensor:
        """Return what is left, scaled so that its mean stays."""
        return x * super().forward(x.new_ones(1, *x.shape[1:])) if self.locked and self.training and self.p else super().forward(x)


class MixedLSTM(nn.Module):
    """The parameters of LSTM layers of any widths, by the names that nn.LSTM would give them."""

    def __init__(self, config: ModelConfig, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        for name, shape in config.shapes().items():
            if name.startswith("lstm."):
                # As nn.LSTM does: uniform within 1 / sqrt(cells).
                bound = config.units[int(name.rpartition("_l")[2])] ** -0.5
                parameter = nn.Parameter(torch.empty(shape))
                nn.init.uniform_(parameter, -bound, bound)
                self.register_parameter(name.removeprefix("lstm."), parameter)


class LanguageModel(nn.Module):
    """An LSTM language model whose parameters bear the names of the plain PyTorch class.

    `embedding.weight`, `lstm.weight_ih_l0`, ..., `fc.weight`, `fc.bias`; a tied net has no `fc.weight` of its own, and
    `projection.weight` where what it reads is wider or narrower than the embedding. Layers between the LSTM and the output are
    `head.0.weight`, `head.0.bias`, ...
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_dim)
        between = config.dropout if config.num_layers > 1 else 0.0
        self.lstm: nn.LSTM | MixedLSTM = (
            nn.LSTM(config.embedding_dim, config.hidden_dim, config.num_layers, dropout=between)
            if config.uniform
            else MixedLSTM(config, between)
        )
        widths = (config.outputs[-1], *config.head_dims)
        self.head = nn.ModuleList(nn.Linear(inputs, outputs) for inputs, outputs in pairwise(widths))
        self.projection = nn.Linear(widths[-1], config.embedding_dim, bias=False) if config.projected else None
        self.fc = nn.Linear(config.output_dim, config.vocab_size)
        if config.tied:
            self.fc.weight = self.embedding.weight
        self.dropout = UnitDropout(config.dropout)
        self.recurrent_dropout = 0.0
        """Probability of leaving a recurrent weight out of all steps of a call; in training only."""
        initialise(self, config)

    def zero_state(self, batch: int) -> State:
        """Return the fresh state: zeros, [layers, batch, hidden]."""
        weight = self.embedding.weight
        zeros = weight.new_zeros(self.config.num_layers, batch, self.config.hidden_dim)
        return zeros, zeros.clone()

    def hidden(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return what the output layer reads, [time, batch, output_dim], and the new state, for tokens [time, batch]."""
        state = self.zero_state(tokens.shape[1]) if state is None else state
        x = self.dropout(self.embedding(tokens))  # [time, batch, embedding]
        # PyTorch's own LSTM knows no other activation, and complains about projections.
        if self.config.cell_activation != "tanh" or self.config.outputs != self.config.units:
            x, state = self._unrolled(x, state)
        elif self.config.residual or not self.config.uniform or (self.training and (self.dropout.locked or self.recurrent_dropout)):
            x, state = self._layer_by_layer(x, state)
        else:
            x, state = self.lstm(x, state)
        for layer in self.head:
            x = HEAD_ACTIVATIONS[self.config.head_activation](layer(x))
        x = self.dropout(x)
        return (x if self.projection is None else self.projection(x)), state

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return next-token logits [time, batch, vocabulary] and the new state for tokens [time, batch]."""
        x, state = self.hidden(tokens, state)
        return self.fc(x), state

    def layer_weights(self, layer: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return weight_ih [4H, in], weight_hh [4H, H], bias_ih [4H] and bias_hh [4H] of a layer; gate order i, f, g, o."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        w_ih, w_hh, b_ih, b_hh = (self.lstm.get_parameter(f"{name}_l{layer}") for name in names)
        return w_ih, w_hh, b_ih, b_hh

    def recurrent_projection(self, layer: int) -> Tensor | None:
        """Return weight_hr [P, H], by which a layer projects its hidden state; None where it does not."""
        return self.lstm.get_parameter(f"weight_hr_l{layer}") if self.config.outputs[layer] != self.config.units[layer] else None

    def _layer_by_layer(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        hs, cs = [], []
        for layer in range(self.config.num_layers):
            initial = [part[layer : layer + 1, :, : self.config.units[layer]].to(x.dtype).contiguous() for part in state]
            out, h, c = torch.lstm(x, initial, self._kept_weights(layer), True, 1, 0.0, self.training, False, False)
            x = self._join(layer, x, out)
            hs.append(self._widened(h))
            cs.append(self._widened(c))
        return x, (torch.cat(hs), torch.cat(cs))

    def _kept_weights(self, layer: int) -> list[Tensor]:
        """Return a layer's weights, some of the recurrent ones left out in training (Wan et al. 2013, Merity et al. 2018)."""
        w_ih, w_hh, b_ih, b_hh = self.layer_weights(layer)
        return [w_ih, functional.dropout(w_hh, self.recurrent_dropout, self.training), b_ih, b_hh]

    def _widened(self, part: Tensor) -> Tensor:
        """Fill a layer's h or c, [..., width], up with zeros to [..., hidden_dim]."""
        missing = self.config.hidden_dim - part.shape[-1]
        return functional.pad(part, (0, missing)) if missing else part

    def _unrolled(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        squash = ACTIVATIONS[self.config.cell_activation]
        hs, cs = [], []
        for layer in range(self.config.num_layers):
            w_ih, w_hh, b_ih, b_hh = self._kept_weights(layer)
            projection = self.recurrent_projection(layer)
            h, c = state[0][layer, :, : self.config.outputs[layer]], state[1][layer, :, : self.config.units[layer]]
            inputs = functional.linear(x, w_ih, b_ih + b_hh)  # [time, batch, 4H]
            outputs = []
            for z in inputs:
                i, f, g, o = (z + functional.linear(h, w_hh)).chunk(4, dim=1)
                c = f.sigmoid() * c + i.sigmoid() * squash(g)
                h = o.sigmoid() * squash(c)
                h = h if projection is None else functional.linear(h, projection)
                outputs.append(h)
            x = self._join(layer, x, torch.stack(outputs))
            hs.append(self._widened(h))
            cs.append(self._widened(c))
        return x, (torch.stack(hs), torch.stack(cs))

    def _join(self, layer: int, x: Tensor, out: Tensor) -> Tensor:
        """Add the layer's input where residual connections are on, then drop units between layers."""
        if self.config.residual and layer > 0:
            out = out + x
        return self.dropout(out) if layer < self.config.num_layers - 1 else out
