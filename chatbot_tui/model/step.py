"""One token through the network with everything in sight: the hot path of generation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from chatbot_tui.model.lstm import HEAD_ACTIVATIONS, LanguageModel

Array: TypeAlias = npt.NDArray[np.floating]

TABLE_BYTES = 128 << 20
"""Largest table of first-layer input products that is precomputed, in bytes."""

SQUASH: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "hardtanh": lambda x: np.clip(x, -1, 1), "identity": np.copy}
)
"""lstm.ACTIVATIONS for arrays; what they give is always new."""


@dataclass(frozen=True, slots=True)
class StepState:
    """Hidden and cell state of every layer, each [layers, hidden]; never changed in place. Narrower layers are filled up with zeros."""

    h: Array
    c: Array


@dataclass(frozen=True, slots=True)
class StepTrace:
    """What one token did inside the stack."""

    state: StepState
    gates: Array
    """[layers, 4, hidden] activations in the order i, f, g, o; zeros beyond the cells of a narrower layer."""
    features: Array
    """[output_dim]: what the output layer reads."""


class Stepper:
    """Runs a network one token at a time, batch 1, for one thread at a time.

    One matrix-vector product a layer, over input and recurrent weights side by side; the first layer's input product comes from
    a table of all tokens where that fits TABLE_BYTES. Agrees with LanguageModel.forward.

    PyTorch multiplies, NumPy does the rest: a product drives everything else out of the processor's cache, and then a call of
    PyTorch's takes 10 microseconds or more whatever it does, where one of NumPy's takes 2.
    """

    @torch.no_grad()
    def __init__(self, model: LanguageModel) -> None:
        config = model.config
        self.config = config
        self._model = model
        self._squash = SQUASH[config.cell_activation]
        embedding = model.embedding.weight.detach()
        self._embedding = as_array(embedding)
        layers = [model.layer_weights(layer) for layer in range(config.num_layers)]
        # sigmoid(z) = tanh(z / 2) / 2 + 1 / 2: one function for all gates, which nothing makes overflow. To halve is exact.
        halves = torch.tensor([0.5, 0.5, 1.0, 0.5], dtype=embedding.dtype)
        rows = [halves.repeat_interleave(units) for units in config.units]
        self._scale = as_array(halves[:, None])
        self._shift = 1 - self._scale
        biases = [(b_ih + b_hh) * scale for (_, _, b_ih, b_hh), scale in zip(layers, rows, strict=True)]
        table_bytes = config.vocab_size * 4 * config.units[0] * embedding.element_size()
        tabled = table_bytes <= TABLE_BYTES
        self._table = InputTable(embedding, layers[0][0] * rows[0][:, None], biases[0]) if tabled else None
        self._bias = [as_array(bias) for bias in biases]
        self._products = [
            Product((w_hh if tabled and layer == 0 else torch.cat([w_ih, w_hh], dim=1)) * rows[layer][:, None])
            for layer, (w_ih, w_hh, _, _) in enumerate(layers)
        ]
        # None: every layer is as wide as the arrays that hold its state.
        self._mixed = None if config.uniform else [Widths(model, layer) for layer in range(config.num_layers)]
        self._head = [(Product(layer.weight), as_array(layer.bias.detach())) for layer in model.head if isinstance(layer, nn.Linear)]
        self._activate = HEAD_ACTIVATIONS[config.head_activation]
        self._projection = None if model.projection is None else Product(model.projection.weight)
        self._output, self._output_bias = Product(model.fc.weight), as_array(model.fc.bias.detach())
        self._zeros = np.zeros((config.num_layers, config.hidden_dim), self._embedding.dtype)

    def zero_state(self) -> StepState:
        """Return the fresh state."""
        return StepState(self._zeros, self._zeros)

    def step(self, token: int, state: StepState) -> StepTrace:
        """Read one token; `logits` of the trace's features gives the next-token logits."""
        h_all, c_all = np.empty_like(state.h), np.empty_like(state.c)
        gates = np.empty((len(h_all), 4, h_all.shape[1]), h_all.dtype)
        mixed = self._mixed
        if mixed is not None:
            for array in (h_all, c_all, gates):
                array.fill(0)
        x = self._embedding[token]
        for layer, product in enumerate(self._products):
            z, inputs = product.y, product.x
            gate, h, c = gates[layer], h_all[layer], c_all[layer]
            h_before, c_before, widths = state.h[layer], state.c[layer], None
            if mixed is not None:
                widths = mixed[layer]
                gate, c, c_before = gate[:, : widths.cells], c[: widths.cells], c_before[: widths.cells]
                h, h_before = h[: widths.hidden], h_before[: widths.hidden]
            if layer == 0 and self._table is not None:
                z[:] = self._table.row(token)
                inputs[:] = h_before
            else:
                z[:] = self._bias[layer]
                inputs[: len(x)] = x
                inputs[len(x) :] = h_before
            product.add()
            np.tanh(z.reshape(4, -1), out=gate)
            gate *= self._scale
            gate += self._shift
            i, f, g, o = gate
            if self._squash is not np.tanh:
                g[:] = self._squash(z.reshape(4, -1)[2])
            np.multiply(f, c_before, out=c)
            c += i * g
            if widths is None or widths.projection is None:
                np.multiply(o, self._squash(c), out=h)
            else:
                h[:] = widths.projection.of(o * self._squash(c))
            x = h + x if self.config.residual and layer > 0 else h
        for product, bias in self._head:
            x = as_array(self._activate(torch.from_numpy(product.of(x, bias))))
        if self._projection is not None:
            x = self._projection.of(x)
        return StepTrace(StepState(h_all, c_all), gates, x)

    @torch.inference_mode()
    def read(self, tokens: Sequence[int] | npt.NDArray[np.int64], state: StepState) -> tuple[Array, StepState]:
        """Read many tokens at once, some eight times faster than one by one.

        Args:
            tokens: [time], or [time, rows] for several sequences side by side.
            state: Before them, [layers, hidden], or [layers, rows, hidden].

        Returns:
            The features after each token, [time, output_dim] or [time, rows, output_dim], and the state after the last. They differ
            from those of `step` by rounding, so that what must be repeated bit for bit has to be read the same way each time.
        """
        inputs = torch.as_tensor(tokens, dtype=torch.long)
        h, c = torch.tensor(state.h), torch.tensor(state.c)
        if inputs.ndim == 2:
            features, (h, c) = self._model.hidden(inputs, (h, c))
            return as_array(features), StepState(as_array(h), as_array(c))
        features, (h, c) = self._model.hidden(inputs[:, None], (h[:, None], c[:, None]))
        return as_array(features[:, 0]), StepState(as_array(h[:, 0].contiguous()), as_array(c[:, 0].contiguous()))

    def logits(self, features: Array) -> Array:
        """Return next-token logits [vocabulary] for features [output_dim], or [n, vocabulary] for [n, output_dim]."""
        return self._output.of(features, self._output_bias)


class Widths:
    """How wide one layer is among layers that differ, and how it projects its hidden state."""

    def __init__(self, model: LanguageModel, layer: int) -> None:
        self.cells, self.hidden = model.config.units[layer], model.config.outputs[layer]
        weight = model.recurrent_projection(layer)
        self.projection = None if weight is None else Product(weight)


class InputTable:
    """What the first layer's input product gives for every token, worked out for a block of tokens when one of them is first read.

    All of it at once would take longer than everything else that a net needs before it can speak. A token's block is always
    the same, so that its row is the same bit for bit whatever was read before.
    """

    BLOCK = 64
    """Tokens in a block: a millisecond of work for a net of 512 units."""

    def __init__(self, embedding: Tensor, weight: Tensor, bias: Tensor) -> None:
        self._embedding, self._weight, self._bias = embedding, weight.t().contiguous(), bias
        self._rows: Array = np.empty((len(embedding), len(weight)), as_array(bias).dtype)
        self._known = [False] * -(-len(embedding) // self.BLOCK)

    def row(self, token: int) -> Array:
        """Return bias + weight @ embedding[token], [rows of weight]."""
        block = token // self.BLOCK
        if not self._known[block]:
            tokens = slice(block * self.BLOCK, (block + 1) * self.BLOCK)
            with torch.inference_mode():
                self._rows[tokens] = as_array(torch.addmm(self._bias, self._embedding[tokens], self._weight))
            self._known[block] = True
        row: Array = self._rows[token]
        return row


class Product:
    """A fixed matrix [rows, columns] and its product with one vector, in memory that PyTorch and NumPy share."""

    def __init__(self, matrix: Tensor) -> None:
        # Column by column: the product with one vector then streams through memory, twice as fast.
        self._matrix = matrix.detach().t().contiguous().t()
        self._x, self._y = matrix.new_zeros(matrix.shape[1]), matrix.new_zeros(matrix.shape[0])
        self.x = as_array(self._x)
        """[columns]: the vector."""
        self.y = as_array(self._y)
        """[rows]: what the product is added to."""

    def add(self) -> None:
        """Add the product of the matrix with `x` to `y`."""
        self._y.addmv_(self._matrix, self._x)

    def of(self, x: Array, bias: Array | float = 0.0) -> Array:
        """Return bias + matrix x, [rows], in memory of its own; for n vectors [n, columns], one after the other, [n, rows]."""
        if x.ndim == 2:
            return as_array(torch.from_numpy(x) @ self._matrix.t()) + bias
        self.x[:], self.y[:] = x, bias
        self.add()
        return self.y.copy()


def as_array(tensor: Tensor) -> Array:
    """Return a tensor's values as an array that shares its memory."""
    array: Array = tensor.numpy()
    return array
