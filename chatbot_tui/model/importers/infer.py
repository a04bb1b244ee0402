"""Which tensor does what: an embedding, LSTM layers, an output layer and what stands between, told from shapes and names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.config import MAX_DIMENSION, MAX_LAYERS
from chatbot_tui.model.importers.foreign import ForeignTensor
from chatbot_tui.model.importers.recurrent import NAME, Layer, find_layers

IGNORED = re.compile(
    r"(^|\.)(num_batches_tracked|encoder_dp\.emb\.weight|(criterion|loss|loss_fn|loss_func|metrics?|\w*_acc|\w*accuracy)\..*)$"
)
"""What plays no part when the net speaks."""
REFUSED = (
    (re.compile(r"attn|attention|transformer|in_proj"), "attention", "only plain LSTMs are read"),
    (re.compile(r"(^|\.)conv|QRNN|qrnn"), "a convolution", "only plain LSTMs are read"),
    (
        re.compile(r"running_mean|running_var|(^|[._])(bn|ln|norm|layer_?norm|batch_?norm)\d*\."),
        "a normalisation layer",
        "train without it",
    ),
)
EMBEDDING_NAMES = re.compile(r"emb|encoder|wte|lookup|word", re.IGNORECASE)
OUTPUT_NAMES = re.compile(r"decoder|out|fc|head|linear|proj|logit|dense|hidden2", re.IGNORECASE)
MAX_HEAD = 6
MAX_ONE_HOT = 4096
"""Largest vocabulary whose one-hot input is written out as a matrix."""


class UnplacedError(InputError):
    """A tensor has no place in an LSTM language model; left out, it would not stand in the way."""

    def __init__(self, message: str, tensor: str) -> None:
        super().__init__(message)
        self.tensor = tensor
        """Its name in the file."""


@dataclass(frozen=True)
class Linear:
    """A matrix [out, in] and perhaps a bias [out]."""

    name: str
    weight: ForeignTensor
    bias: ForeignTensor | None


@dataclass(frozen=True)
class Roles:
    """The parts of a language model among the tensors of a file."""

    embedding: ForeignTensor | None
    """[vocabulary, embedding]; None where the net reads one-hot vectors."""
    layers: tuple[Layer, ...]
    head: tuple[Linear, ...]
    """Layers between the LSTM and the output layer."""
    output: ForeignTensor | None
    """[vocabulary, features]; None where the embedding serves."""
    output_bias: ForeignTensor | None
    ignored: tuple[str, ...]

    @property
    def vocab_size(self) -> int:
        """How many tokens the net knows."""
        matrix = self.embedding or self.output
        return 0 if matrix is None else matrix.shape[0]

    def named(self) -> Iterator[tuple[str, str, ForeignTensor]]:
        """Yield name in this program's nets, role in words, and tensor."""
        if self.embedding is not None:
            yield "embedding.weight", "embedding" if self.output is not None else "embedding and output weights (tied)", self.embedding
        words = {
            "weight_ih": "input weights",
            "weight_hh": "recurrent weights",
            "bias_ih": "input bias",
            "bias_hh": "recurrent bias",
            "weight_hr": "projection",
        }
        for number, layer in enumerate(self.layers):
            for kind, role in words.items():
                if kind in layer.tensors:
                    yield f"lstm.{kind}_l{number}", f"layer {number + 1}: {role}", layer.tensors[kind]
        for number, linear in enumerate(self.head):
            yield f"head.{number}.weight", f"hidden layer {number + 1}: weights", linear.weight
            if linear.bias is not None:
                yield f"head.{number}.bias", f"hidden layer {number + 1}: bias", linear.bias
        if self.output is not None:
            yield "fc.weight", "output weights", self.output
        if self.output_bias is not None:
            yield "fc.bias", "output bias", self.output_bias


def infer(tensors: Mapping[str, ForeignTensor]) -> Roles:
    """Tell what each tensor does, for names without wrappers' prefixes.

    Raises:
        InputError: this is no LSTM language model, or something is missing, left over, or of a shape that does not fit.
    """
    ignored = [name for name in tensors if IGNORED.search(name)]
    rest = {name: tensor for name, tensor in tensors.items() if name not in set(ignored)}
    for name in rest:
        for pattern, what, advice in REFUSED:
            if pattern.search(name):
                raise InputError(f"{name[:80]} is part of {what}, which this program's nets do not have: {advice}")
    layers = find_layers(rest)
    if len(layers) > MAX_LAYERS:
        raise InputError(f"it has {len(layers)} LSTM layers: at most {MAX_LAYERS} are read")
    others = {name: tensor for name, tensor in rest.items() if NAME.match(name) is None}
    matrices, biases = sort_out(others)
    embedding = find_embedding(matrices, biases, layers)
    if embedding is not None:
        matrices = {name: tensor for name, tensor in matrices.items() if tensor is not embedding}
    linears = [Linear(name, tensor, biases.pop(name, None)) for name, tensor in matrices.items()]
    size = embedding.shape[0] if embedding is not None else layers[0].inputs
    lone = [bias for bias in biases.values() if bias.shape == (size,)]
    tied_bias = lone[0] if embedding is not None and len(lone) == len(biases) == 1 else None
    if biases and tied_bias is None:
        raise InputError(
            f"{next(iter(biases.values())).name[:80]} is a bias without a matrix: the file is incomplete, save the whole state_dict"
        )
    width = layers[-1].outputs
    if tied_bias is not None and embedding is not None:
        return Roles(embedding, tuple(layers), tuple(chain(linears, width, embedding.shape[1])), None, tied_bias, tuple(ignored))
    check_output(linears, embedding, size)
    path = chain(linears, width, size)
    if size > MAX_DIMENSION:
        raise InputError(f"its vocabulary has {size:,} tokens: at most {MAX_DIMENSION:,} are read")
    if embedding is None and size > MAX_ONE_HOT:
        raise InputError(f"it has no embedding and reads vectors of {size:,}: one-hot input is read up to {MAX_ONE_HOT:,} tokens")
    return Roles(embedding, tuple(layers), tuple(path[:-1]), path[-1].weight, path[-1].bias, tuple(ignored))


def sort_out(tensors: Mapping[str, ForeignTensor]) -> tuple[dict[str, ForeignTensor], dict[str, ForeignTensor]]:
    """Return matrices and biases by the name of their module.

    Raises:
        InputError: a tensor is empty.
        UnplacedError: it is neither.
    """
    matrices: dict[str, ForeignTensor] = {}
    biases: dict[str, ForeignTensor] = {}
    for name, tensor in tensors.items():
        module, _, kind = name.rpartition(".")
        if 0 in tensor.shape:
            raise InputError(f"{tensor.name[:80]} is empty (shape {list(tensor.shape)}): the file is damaged")
        if kind == "weight" and len(tensor.shape) == 2:
            matrices[module] = tensor
        elif kind == "bias" and len(tensor.shape) == 1:
            biases[module] = tensor
        else:
            raise UnplacedError(
                f"nothing in an LSTM language model is called {tensor.name[:80]!r} with shape {list(tensor.shape)}: the net "
                "does more than can be followed here, or this plays no part in it; then leave it out",
                tensor.name,
            )
    return matrices, biases


def find_embedding(
    matrices: Mapping[str, ForeignTensor], biases: Mapping[str, ForeignTensor], layers: Sequence[Layer]
) -> ForeignTensor | None:
    """Return the embedding: a matrix without bias as wide as what the first layer reads; None where it reads one-hot vectors.

    Raises:
        InputError: there are two of them, or what the first layer reads cannot be told.
    """
    wide = {name: tensor for name, tensor in matrices.items() if name not in biases and tensor.shape[1] == layers[0].inputs}
    by_name = [name for name in wide if EMBEDDING_NAMES.search(name) and not OUTPUT_NAMES.search(name)]
    other = [name for name in matrices if re.search("emb", name, re.IGNORECASE) and name not in by_name]
    if len(by_name) + len(other) > 1:
        names = ", ".join([*by_name, *other][:3])
        raise InputError(f"it has several embeddings ({names}): an encoder and a decoder, or positions, cannot be one LSTM language model")
    if by_name:
        return wide[by_name[0]]
    if other:
        tensor = matrices[other[0]]
        raise InputError(
            f"{tensor.name[:80]} has shape {list(tensor.shape)} and the first layer reads {layers[0].inputs:,} numbers: they do not fit"
        )
    plain = [name for name in wide if not OUTPUT_NAMES.search(name)]
    if plain:
        return wide[plain[0]]
    # A net that reads one-hot vectors is as wide at its input as at its output.
    if any(tensor.shape[0] == layers[0].inputs for tensor in matrices.values()):
        return None
    raise InputError(
        f"nothing feeds the first LSTM layer, which reads {layers[0].inputs:,} numbers: the embedding is missing, save the whole state_dict"
    )


def check_output(linears: Sequence[Linear], embedding: ForeignTensor | None, size: int) -> None:
    """Raise InputError unless some matrix gives a number for every token."""
    if not linears:
        raise InputError("it has no output layer: it is an encoder, or the file is incomplete; save the whole language model's state_dict")
    if not any(linear.weight.shape[0] == size for linear in linears):
        last = linears[-1]
        rows = last.weight.shape[0]
        known = "the embedding has" if embedding is not None else "the LSTM reads"
        kind = "a classifier, not a language model" if rows < size // 2 else "not a language model over one vocabulary"
        raise InputError(
            f"{last.name[:80]} gives {rows:,} numbers and {known} {size:,} tokens: this is {kind}; give one that predicts the next token"
        )


def chain(linears: Sequence[Linear], width: int, last: int) -> list[Linear]:
    """Return the matrices so that they lead from `width` numbers to `last`, all of them used. Raises InputError."""
    if len(linears) <= MAX_HEAD:
        for order in paths(list(linears), width, last):
            return order
    shapes = ", ".join(f"{linear.name[:40]} {list(linear.weight.shape)}" for linear in linears[:6]) or "none"
    raise InputError(
        f"the matrices after the LSTM ({shapes}) do not lead from its {width:,} units to {last:,}: something is missing or left over"
    )


def paths(linears: list[Linear], width: int, last: int) -> Iterator[list[Linear]]:
    """Yield the orders in which all matrices follow one another, the file's own order first."""
    if not linears:
        if width == last:
            yield []
        return
    for place, linear in enumerate(linears):
        rows, columns = linear.weight.shape
        if columns == width and (linear.bias is None or linear.bias.shape == (rows,)):
            for others in paths(linears[:place] + linears[place + 1 :], rows, last):
                yield [linear, *others]
