"""The LSTM layers among a file's tensors: found by PyTorch's names, checked and put in order by their shapes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.importers.foreign import ForeignTensor

NAME = re.compile(
    r"^(?P<prefix>.*?)(?P<kind>weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)(?:_l(?P<layer>\d{1,3}))?(?P<reverse>_reverse)?$"
)
MAX_SHUFFLED = 6
"""So many layers are tried in every order where their names do not tell it."""


@dataclass(frozen=True)
class Layer:
    """The tensors of one LSTM layer, by PyTorch's names without their endings: weight_ih, weight_hh, bias_ih, bias_hh, weight_hr."""

    name: str
    tensors: Mapping[str, ForeignTensor]

    @property
    def inputs(self) -> int:
        """How many numbers it reads."""
        return self.tensors["weight_ih"].shape[1]

    @property
    def units(self) -> int:
        """How many cells it has."""
        return self.tensors["weight_hh"].shape[0] // 4

    @property
    def outputs(self) -> int:
        """How many numbers it gives: fewer than cells where it projects them."""
        return self.tensors["weight_hh"].shape[1]


def find_layers(tensors: Mapping[str, ForeignTensor]) -> list[Layer]:
    """Return the LSTM layers in the order in which they run.

    Raises:
        InputError: there are none, they are of another kind, something is missing, shapes disagree, or the order cannot be told.
    """
    groups: dict[tuple[str, int], dict[str, ForeignTensor]] = {}
    for name, tensor in tensors.items():
        match = NAME.match(name)
        if match is None:
            continue
        if match["reverse"]:
            raise InputError(
                f"{name} belongs to a bidirectional LSTM, which reads a text from its end too and so cannot write one word after word: "
                "train with bidirectional=False"
            )
        groups.setdefault((match["prefix"], int(match["layer"] or 0)), {})[match["kind"]] = tensor
    if not groups:
        raise InputError("there is no LSTM in it (no weight_ih and weight_hh): give the weights of an LSTM language model")
    layers = []
    for (prefix, number), found in sorted(groups.items(), key=lambda item: natural(item[0])):
        layers.append(checked(f"{prefix.rstrip('._')}" + (f" layer {number}" if number else ""), found))
    return in_order(layers)


def natural(key: tuple[str, int]) -> tuple[list[tuple[int, str]], int]:
    """Return a sort key in which "rnns.2" stands before "rnns.10"."""
    parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,9})", key[0])]
    return parts, key[1]


def checked(name: str, tensors: Mapping[str, ForeignTensor]) -> Layer:
    """Return a layer whose shapes are those of an LSTM. Raises InputError."""
    what = name or "the recurrent layer"
    for kind in ("weight_ih", "weight_hh"):
        if kind not in tensors:
            raise InputError(f"{what} has no {kind}: the file is incomplete, save the whole state_dict")
        if len(tensors[kind].shape) != 2 or 0 in tensors[kind].shape:
            raise InputError(f"{tensors[kind].name} has shape {list(tensors[kind].shape)}: an LSTM's weights are matrices")
    rows, columns = tensors["weight_hh"].shape
    projection = tensors.get("weight_hr")
    if projection is None and rows == 3 * columns:
        raise InputError(f"{what} is a GRU (three blocks of rows where an LSTM has four): train the same net with nn.LSTM")
    if projection is None and rows == columns:
        raise InputError(f"{what} is a plain RNN (one block of rows where an LSTM has four): train the same net with nn.LSTM")
    units = columns if projection is None else (projection.shape[1] if len(projection.shape) == 2 else 0)
    expected: dict[str, tuple[int, ...]] = {"weight_ih": (4 * units, tensors["weight_ih"].shape[1]), "weight_hh": (4 * units, columns)}
    expected |= {kind: (4 * units,) for kind in ("bias_ih", "bias_hh") if kind in tensors}
    if projection is not None:
        expected["weight_hr"] = (columns, units)
    for kind, shape in expected.items():
        if tensors[kind].shape != shape:
            raise InputError(
                f"{tensors[kind].name} has shape {list(tensors[kind].shape)} where {list(shape)} would fit weight_hh's {[rows, columns]}: "
                "these tensors are not one LSTM's"
            )
    return Layer(name, tensors)


def in_order(layers: Sequence[Layer]) -> list[Layer]:
    """Return the layers so that each reads what the one before gives: as their names have it, else in the only order that fits."""
    if chains(layers):
        return list(layers)
    fitting = [order for order in permutations(layers) if chains(order)] if len(layers) <= MAX_SHUFFLED else []
    if len(fitting) == 1:
        return list(fitting[0])
    shapes = ", ".join(f"{layer.name or 'lstm'} reads {layer.inputs:,} and gives {layer.outputs:,}" for layer in layers[:6])
    raise InputError(f"its LSTM layers do not follow one another ({shapes}): an encoder and a decoder cannot be one language model")


def chains(layers: Sequence[Layer]) -> bool:
    """Return whether each layer reads as many numbers as the one before gives."""
    return all(before.outputs == after.inputs for before, after in pairwise(layers))
