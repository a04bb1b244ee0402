"""A net as an ONNX graph whose state is an input and an output, so that any runtime can carry a conversation on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.lstm import LanguageModel

if TYPE_CHECKING:
    import onnx

ONNX_FILE = "model.onnx"
OPSET = 20
IR_VERSION = 9
"""Older runtimes read it too: nothing newer is needed."""
MAX_BYTES = 2_000_000_000
"""A protocol buffer holds no more."""
CELLS = {"tanh": "Tanh", "relu": "Relu", "identity": "Affine"}
HEAD = {
    "relu": "Relu",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "gelu": "Gelu",
    "leaky_relu": "LeakyRelu",
    "elu": "Elu",
    "identity": "Identity",
}


def export_onnx(model: LanguageModel, path: Path) -> None:
    """Write tokens [time, batch], h and c [layers, batch, hidden] -> logits [time, batch, vocabulary], h_out and c_out.

    The state begins as zeros. Where a layer projects its hidden state, h is what it is before that.

    Raises:
        InputError: the extra is not installed, the net has a part that ONNX lacks, or the file cannot be written.
    """
    try:
        import onnx
    except ImportError:
        raise InputError("export to ONNX needs the package onnx: pip install 'chatbot-tui[onnx]'") from None
    config = model.config
    if config.cell_activation not in CELLS:
        raise InputError(f"ONNX's LSTM knows no {config.cell_activation}: export this net as PyTorch alone")
    if sum(parameter.numel() for parameter in model.parameters()) * 4 > MAX_BYTES:
        raise InputError("the net is larger than the 2 GB that an ONNX file holds: export it as PyTorch alone")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(Graph(model).build(), path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; check permissions and free space") from None


class Graph:
    """The nodes and numbers of a graph under construction."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._nodes: list[onnx.NodeProto] = []
        self._numbers: list[onnx.TensorProto] = []

    def build(self) -> onnx.ModelProto:
        """Return the whole model, checked."""
        import onnx
        from onnx import TensorProto, helper

        config = self._model.config
        self._add("embedding.weight", array(self._model.embedding.weight))
        x = self._node("Gather", ["embedding.weight", "tokens"])
        hs, cs = [], []
        for layer in range(config.num_layers):
            out, h, c = self._layer(layer, x)
            x = self._node("Add", [out, x]) if config.residual and layer else out
            hs.append(h)
            cs.append(c)
        for number, head in enumerate(self._model.head):
            x = self._linear(x, f"head.{number}", head.get_parameter("weight"), head.get_parameter("bias"))
            x = self._node(HEAD[config.head_activation], [x])
        if self._model.projection is not None:
            x = self._linear(x, "projection", self._model.projection.weight, None)
        self._linear(x, "fc", self._model.fc.weight, self._model.fc.bias, output="logits")
        self._node("Concat", hs, output="h_out", axis=0)
        self._node("Concat", cs, output="c_out", axis=0)
        value, floats = helper.make_tensor_value_info, TensorProto.FLOAT
        shape: list[str | int | None] = [config.num_layers, "batch", config.hidden_dim]
        graph = helper.make_graph(
            self._nodes,
            "lstm_language_model",
            [value("tokens", TensorProto.INT64, ["time", "batch"]), value("h", floats, shape), value("c", floats, shape)],
            [value("logits", floats, ["time", "batch", config.vocab_size]), value("h_out", floats, shape), value("c_out", floats, shape)],
            self._numbers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="chatbot-tui")
        onnx.checker.check_model(model)
        return model

    def _layer(self, layer: int, x: str) -> tuple[str, str, str]:
        """Add one LSTM layer; return the names of its output and of the state after it, [1, batch, hidden]."""
        config = self._model.config
        units = config.units[layer]
        w_ih, w_hh, b_ih, b_hh = (array(tensor) for tensor in self._model.layer_weights(layer))
        projection = self._model.recurrent_projection(layer)
        if projection is not None:
            # W_hh (W_hr m) = (W_hh W_hr) m: the recurrence runs on what is projected afterwards.
            w_hh = (w_hh.astype(np.float64) @ array(projection).astype(np.float64)).astype(np.float32)
        name = f"lstm.{layer}"
        self._add(f"{name}.w", by_onnx_gates(w_ih)[None])
        self._add(f"{name}.r", by_onnx_gates(w_hh)[None])
        self._add(f"{name}.b", np.concatenate([by_onnx_gates(b_ih), by_onnx_gates(b_hh)])[None])
        before = [self._part(state, layer, units) for state in ("h", "c")]
        outputs = [f"{name}.y", f"{name}.h", f"{name}.c"]
        squash = CELLS[config.cell_activation]
        inputs = [x, f"{name}.w", f"{name}.r", f"{name}.b", "", *before]
        # Only Affine, a x + b, takes numbers: 1 and 0 for the candidate and for the cell state.
        numbers = {"activation_alpha": [1.0, 1.0], "activation_beta": [0.0, 0.0]} if squash == "Affine" else {}
        self._nodes.append(make_node("LSTM", inputs, outputs, hidden_size=units, activations=["Sigmoid", squash, squash], **numbers))
        out = self._node("Squeeze", [outputs[0], self._add(f"{name}.axis", np.array([1]))])
        if projection is not None:
            out = self._linear(out, f"{name}.projection", projection, None)
        return out, self._widened(outputs[1], layer, units), self._widened(outputs[2], layer, units)

    def _part(self, state: str, layer: int, units: int) -> str:
        """Cut one layer's state, [1, batch, units], out of all layers'."""
        bounds = {"start": [layer, 0], "stop": [layer + 1, units], "axes": [0, 2]}
        names = [self._add(f"lstm.{layer}.{state}.{name}", np.array(values)) for name, values in bounds.items()]
        return self._node("Slice", [state, *names])

    def _widened(self, state: str, layer: int, units: int) -> str:
        """Fill a narrower layer's state up with zeros."""
        missing = self._model.config.hidden_dim - units
        if not missing:
            return state
        return self._node("Pad", [state, self._add(f"{state}.pads.{layer}", np.array([0, 0, 0, 0, 0, missing]))])

    def _linear(self, x: str, name: str, weight: Tensor, bias: Tensor | None, output: str | None = None) -> str:
        """Add x W^T + b."""
        tied = name == "fc" and self._model.config.tied
        matrix = "embedding.weight" if tied else self._add(f"{name}.weight", array(weight))
        product = self._node("MatMul", [x, self._node("Transpose", [matrix], perm=[1, 0])])
        return product if bias is None else self._node("Add", [product, self._add(f"{name}.bias", array(bias))], output=output)

    def _node(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        name = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(make_node(kind, inputs, [name], **attributes))
        return name

    def _add(self, name: str, values: npt.NDArray[Any]) -> str:
        from onnx import numpy_helper

        self._numbers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def make_node(kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> onnx.NodeProto:
    """Return a node of the graph."""
    from onnx import helper

    return helper.make_node(kind, inputs, outputs, **attributes)


def by_onnx_gates(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return rows in the gate order i, o, f, g for rows in PyTorch's i, f, g, o."""
    i, f, g, o = np.split(rows, 4)
    return np.concatenate([i, o, f, g])


def array(tensor: Tensor) -> npt.NDArray[np.float32]:
    """Return a tensor's numbers as float32."""
    values: npt.NDArray[np.float32] = tensor.detach().float().cpu().numpy()
    return values
