"""One token through the network with everything in sight: the hot path of generation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from chatbot_tui.model.lstm import ACTIVATIONS, LanguageModel

TABLE_BYTES = 128 << 20
"""Largest table of first-layer input products that is precomputed, in bytes."""


@dataclass(frozen=True, slots=True)
class StepState:
    """Hidden and cell state of every layer, each [layers, hidden]; never changed in place."""

    h: Tensor
    c: Tensor


@dataclass(frozen=True, slots=True)
class StepTrace:
    """What one token did inside the stack."""

    state: StepState
    gates: Tensor
    """[layers, 4, hidden] activations in the order i, f, g, o."""
    features: Tensor
    """[output_dim]: what the output layer reads."""


class Stepper:
    """Runs a network one token at a time, batch 1.

    One matrix-vector product a layer, over input and recurrent weights side by side; the first layer's input product comes from
    a table of all tokens where that fits TABLE_BYTES. Agrees with LanguageModel.forward.
    """

    @torch.inference_mode()
    def __init__(self, model: LanguageModel) -> None:
        config = model.config
        self.config = config
        self._model = model
        self._squash = ACTIVATIONS[config.cell_activation]
        self._embedding = model.embedding.weight
        layers = [model.layer_weights(layer) for layer in range(config.num_layers)]
        self._bias = [b_ih + b_hh for _, _, b_ih, b_hh in layers]
        self._fused = [by_columns(torch.cat([w_ih, w_hh], dim=1)) for w_ih, w_hh, _, _ in layers]
        self._recurrent = by_columns(layers[0][1])
        table_bytes = config.vocab_size * 4 * config.hidden_dim * self._embedding.element_size()
        self._table = torch.addmm(self._bias[0], self._embedding, layers[0][0].t()) if table_bytes <= TABLE_BYTES else None
        self._projection = None if model.projection is None else by_columns(model.projection.weight)
        self._fc_weight, self._fc_bias = by_columns(model.fc.weight), model.fc.bias

    def zero_state(self) -> StepState:
        """Return the fresh state."""
        zeros = self._embedding.new_zeros(self.config.num_layers, self.config.hidden_dim)
        return StepState(zeros, zeros)

    @torch.inference_mode()
    def step(self, token: int, state: StepState) -> StepTrace:
        """Read one token; `logits` of the trace's features gives the next-token logits."""
        config = self.config
        h_all, c_all = torch.empty_like(state.h), torch.empty_like(state.c)
        gates = state.h.new_empty(config.num_layers, 4, config.hidden_dim)
        x = self._embedding[token]
        # Everything is computed where it is to stay: beside the products, a call costs more than the numbers it works on.
        rows = zip(gates.unbind(), state.h.unbind(), state.c.unbind(), h_all.unbind(), c_all.unbind(), strict=True)
        for layer, (gate, h, c_before, out, c) in enumerate(rows):
            z = gate.view(-1)
            if layer == 0 and self._table is not None:
                torch.addmv(self._table[token], self._recurrent, h, out=z)
            else:
                torch.addmv(self._bias[layer], self._fused[layer], torch.cat((x, h)), out=z)
            i, f, g, o = gate.unbind()
            gate[:2].sigmoid_()
            o.sigmoid_()
            g.copy_(self._squash(g))
            torch.mul(f, c_before, out=c).addcmul_(i, g)
            torch.mul(o, self._squash(c), out=out)
            x = out + x if config.residual and layer > 0 else out
        if self._projection is not None:
            x = torch.mv(self._projection, x)
        return StepTrace(StepState(h_all, c_all), gates, x)

    @torch.inference_mode()
    def read(self, tokens: Sequence[int] | npt.NDArray[np.int64], state: StepState) -> tuple[Tensor, StepState]:
        """Read many tokens at once, some eight times faster than one by one.

        Returns:
            The features after each token, [time, output_dim], and the state after the last. They differ from those of `step`
            by rounding, so that what must be repeated bit for bit has to be read the same way each time.
        """
        inputs = torch.as_tensor(tokens, dtype=torch.long)[:, None]
        features, (h, c) = self._model.hidden(inputs, (state.h[:, None].contiguous(), state.c[:, None].contiguous()))
        return features[:, 0], StepState(h[:, 0].contiguous(), c[:, 0].contiguous())

    @torch.inference_mode()
    def logits(self, features: Tensor) -> Tensor:
        """Return next-token logits [vocabulary] for features [output_dim], or [n, vocabulary] for [n, output_dim]."""
        if features.dim() == 1:
            return torch.addmv(self._fc_bias, self._fc_weight, features)
        return torch.addmm(self._fc_bias, features, self._fc_weight.t())


def by_columns(matrix: Tensor) -> Tensor:
    """Return the same matrix laid out column by column: its product with one vector then streams through memory, twice as fast."""
    return matrix.t().contiguous().t()


def as_array(tensor: Tensor) -> npt.NDArray[np.floating]:
    """Return a tensor's values as an array that shares its memory."""
    array: npt.NDArray[np.floating] = tensor.numpy()
    return array
