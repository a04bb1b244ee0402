"""Keras stacks of Embedding, LSTM and Dense: kernels turned as PyTorch has them, gates in the same order (i, f, candidate, o)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import parse
from chatbot_tui.model.importers.foreign import ForeignFile, ForeignTensor
from chatbot_tui.model.importers.hdf5 import Array, KerasFile

SILENT = frozenset({"InputLayer", "Dropout", "SpatialDropout1D", "NotEqual", "GaussianNoise", "ActivityRegularization"})
"""Layers that do nothing when the net speaks."""
CELLS = {"tanh": "tanh", "relu": "relu", "linear": "identity"}
HEAD = {"relu": "relu", "tanh": "tanh", "linear": "identity", "sigmoid": "sigmoid", "gelu": "gelu", "elu": "elu"}
OUTPUT = ("softmax", "linear")


def from_keras(saved: KerasFile) -> ForeignFile:
    """Return a Keras model's tensors by names that PyTorch's own modules would give them.

    Raises:
        InputError: it has a layer, or an activation, that this program's nets do not.
    """
    described = [] if saved.config is None else list(layers_of(saved))
    if not described:
        assumed = "the file has no description of the model: LSTM layers with tanh and sigmoid are assumed"
        return replace(assemble(saved, [(kind_of(arrays), name) for name, arrays in saved.layers.items()]), warnings=(assumed,))
    wanted = [(kind, settings) for kind, settings in described if kind in ("Embedding", "LSTM", "Dense")]
    file = assemble(saved, [(kind, str(settings.get("name"))) for kind, settings in wanted])
    lstms = [settings for kind, settings in wanted if kind == "LSTM"]
    settings = activations(lstms, [settings for kind, settings in wanted if kind == "Dense"])
    whole = "it was trained to continue whole texts of one length: here it reads token by token, which may suit it less"
    warnings = (whole,) if lstms and not lstms[-1].get("return_sequences") else ()
    return replace(file, settings=settings, warnings=warnings)


def layers_of(saved: KerasFile) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield class and settings of each layer of a Sequential or a straight Functional model. Raises InputError for any other layer."""
    try:
        described = parse(saved.config or b"")
        layers = described["config"]["layers"] if isinstance(described["config"], dict) else described["config"]
        pairs = [(layer["class_name"], layer["config"], layer.get("inbound_nodes") or []) for layer in layers]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError("its description of the model cannot be read: save it again with model.save") from None
    seen: Counter[str] = Counter()
    for kind, settings, inbound in pairs:
        own = class_name(kind, seen)
        if kind == "TimeDistributed" and isinstance(settings, dict) and isinstance(settings.get("layer"), dict):
            inner = settings["layer"]
            kind, settings = inner.get("class_name"), {**(inner.get("config") or {}), "name": settings.get("name")}
        if not isinstance(kind, str) or not isinstance(settings, dict):
            raise InputError("its description of the model cannot be read: save it again with model.save")
        if kind == "Activation" and settings.get("activation") in OUTPUT:
            continue
        if kind not in ("Embedding", "LSTM", "Dense", *SILENT):
            raise InputError(f"its layer {str(settings.get('name'))[:60]!r} is a {kind[:40]}: only Embedding, LSTM and Dense are read")
        if len(inbound) > 1:
            raise InputError(f"its layer {str(settings.get('name'))[:60]!r} is used more than once: only a straight row of layers is read")
        if kind not in SILENT:
            yield kind, {**settings, "name": own} if saved.by_class else settings


def class_name(kind: object, seen: Counter[str]) -> str:
    """Return the name that a file without layers' names gives the next layer of a class: lstm, lstm_1, ..., and count it."""
    # As keras.src.utils.naming.to_snake_case has it: TimeDistributed becomes time_distributed, LSTM lstm.
    stem = re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z]+)", r"\1_\2", str(kind)[:80])).lower()
    seen[stem] += 1
    return stem if seen[stem] == 1 else f"{stem}_{seen[stem] - 1}"


def kind_of(arrays: Sequence[Array]) -> str:
    """Return the class of a layer, told from its arrays."""
    matrices = [array for array in arrays if len(array.shape) == 2]
    if len(matrices) == 2:
        return "LSTM"
    return "Embedding" if len(arrays) == 1 and not arrays[0].name.rstrip(":0").endswith("kernel") else "Dense"


def activations(lstms: Sequence[Mapping[str, Any]], denses: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the activations as ModelConfig names them. Raises InputError for those that it does not have."""
    settings: dict[str, Any] = {}
    for lstm in lstms:
        if lstm.get("recurrent_activation", "sigmoid") != "sigmoid":
            raise InputError(
                f"its LSTM's gates use {str(lstm.get('recurrent_activation'))[:40]}: train with recurrent_activation='sigmoid'"
            )
        if lstm.get("go_backwards"):
            raise InputError("its LSTM reads backwards: a net that speaks reads forwards")
        cell = CELLS.get(str(lstm.get("activation", "tanh")))
        if cell is None or settings.setdefault("cell_activation", cell) != cell:
            raise InputError(
                f"its LSTM's activation {str(lstm.get('activation'))[:40]} is not run here: use one of {', '.join(CELLS)} in all layers"
            )
    if denses and denses[-1].get("activation", "linear") not in OUTPUT:
        raise InputError(f"its output layer ends in {str(denses[-1].get('activation'))[:40]}: a language model's ends in softmax")
    for dense in denses[:-1]:
        head = HEAD.get(str(dense.get("activation", "linear")))
        if head is None or settings.setdefault("head_activation", head) != head:
            raise InputError(
                f"its Dense layer's activation {str(dense.get('activation'))[:40]} is not run here: use one of {', '.join(HEAD)} in all"
            )
    return settings


def assemble(saved: KerasFile, layers: Sequence[tuple[str, str]]) -> ForeignFile:
    """Return the file with tensors named by kind and number of their layers. Raises InputError where a layer lacks its numbers."""
    tensors: dict[str, ForeignTensor] = {}
    for number, (kind, name) in enumerate(layers):
        arrays = saved.layers.get(name, ())
        expected = {"Embedding": (1, 1), "LSTM": (2, 3), "Dense": (1, 2)}[kind]
        if not expected[0] <= len(arrays) <= expected[1]:
            raise InputError(f"its layer {name[:60]!r} has {len(arrays)} arrays where a {kind} has {expected[1]}: the file is damaged")
        if kind == "Embedding":
            tensors[f"embedding.{number}.weight"] = as_tensor(arrays[0], turned=False)
        elif kind == "LSTM":
            for array, target in zip(arrays, ("weight_ih", "weight_hh", "bias_ih"), strict=False):
                tensors[f"lstm.{number}.{target}_l0"] = as_tensor(array)
        else:
            for array, target in zip(arrays, ("weight", "bias"), strict=False):
                tensors[f"dense.{number}.{target}"] = as_tensor(array)
    return ForeignFile(saved.path, tensors, "Keras", layout="Embedding, LSTM, Dense")


def as_tensor(array: Array, *, turned: bool = True) -> ForeignTensor:
    """Return an array as a tensor, matrices turned from [in, out] to [out, in]."""
    if not turned or len(array.shape) != 2:
        return ForeignTensor(array.name, array.shape, array.dtype, array.read)
    return ForeignTensor(array.name, array.shape[::-1], array.dtype, lambda: array.read().t().contiguous())
