"""Keras models, built array by array as Keras lays them out, beside its own equations written in NumPy."""

import io
import json
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]  # brings no stubs
import numpy as np
import numpy.typing as npt
import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.importers.load import read_net

Array = npt.NDArray[np.float32]
V, E = 30, 7
TOKENS = [3, 0, 29, 3, 17]
WIDTHS = (11, 6)


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)), np.float32)


class KerasNet:
    """Embedding, two LSTM layers, a Dense with ReLU and a Dense with softmax, as Keras computes them."""

    def __init__(self, *, bias: bool = True) -> None:
        draw = np.random.default_rng(4)

        def weight(*shape: int) -> Array:
            return draw.normal(0, 0.7, shape).astype(np.float32)

        self.embeddings = weight(V, E)
        inputs = (E, *WIDTHS)
        self.lstms = [
            [weight(before, 4 * units), weight(units, 4 * units), *([weight(4 * units)] if bias else [])]
            for before, units in zip(inputs, WIDTHS, strict=False)
        ]
        self.hidden = [weight(WIDTHS[-1], 9), weight(9)]
        self.output = [weight(9, V), weight(V)]

    @property
    def layers(self) -> list[tuple[str, str, list[Array], dict[str, Any]]]:
        """Class, name, arrays and settings of every layer in order."""
        lstm = {"activation": "tanh", "recurrent_activation": "sigmoid", "return_sequences": True}
        return [
            ("InputLayer", "input_layer", [], {}),
            ("Embedding", "words", [self.embeddings], {"mask_zero": True}),
            ("LSTM", "memory", self.lstms[0], lstm),
            ("Dropout", "dropout", [], {}),
            ("LSTM", "more_memory", self.lstms[1], lstm),
            ("Dense", "thought", self.hidden, {"activation": "relu"}),
            ("Dense", "next_word", self.output, {"activation": "softmax"}),
        ]

    def logits(self, tokens: list[int]) -> Array:
        """keras.layers.LSTM: z = x K + h R + b, cut into i, f, c and o in this order."""
        states = [(np.zeros(units, np.float32), np.zeros(units, np.float32)) for units in WIDTHS]
        rows = []
        for token in tokens:
            x = self.embeddings[token]
            for place, (kernel, recurrent, *bias) in enumerate(self.lstms):
                h, c = states[place]
                z = x @ kernel + h @ recurrent + (bias[0] if bias else 0)
                i, f, candidate, o = np.split(z, 4)
                c = sigmoid(f) * c + sigmoid(i) * np.tanh(candidate)
                h = sigmoid(o) * np.tanh(c)
                states[place] = (h, c)
                x = h
            x = np.maximum(x @ self.hidden[0] + self.hidden[1], 0)
            rows.append(x @ self.output[0] + self.output[1])
        return np.stack(rows)

    def config(self, *, functional: bool = False) -> dict[str, Any]:
        """What model.to_json gives."""
        layers = []
        for kind, name, _, settings in self.layers:
            layer: dict[str, Any] = {"module": "keras.layers", "class_name": kind, "config": {"name": name, **settings}}
            if functional:
                layer |= {"name": name, "inbound_nodes": [] if kind == "InputLayer" else [{"args": [], "kwargs": {}}]}
            layers.append(layer)
        return {"class_name": "Functional" if functional else "Sequential", "config": {"name": "net", "layers": layers}}


NAMES: Mapping[str, tuple[str, ...]] = {
    "Embedding": ("embeddings",),
    "LSTM": ("lstm_cell/kernel", "lstm_cell/recurrent_kernel", "lstm_cell/bias"),
    "Dense": ("kernel", "bias"),
    "InputLayer": (),
    "Dropout": (),
}


def write_h5(path: Path, net: KerasNet, config: Mapping[str, Any] | None, *, ending: str = "", nested: bool = True) -> Path:
    """The older format: model_config and model_weights, a group a layer, names of its weights as attributes."""
    with h5py.File(path, "w") as file:
        if config is not None:
            file.attrs["model_config"] = json.dumps(config)
        root = file.create_group("model_weights") if nested else file
        root.attrs["layer_names"] = [name.encode() for _, name, _, _ in net.layers]
        for kind, name, arrays, _ in net.layers:
            names = [f"net/{name}/{part}{ending}" for part, _ in zip(NAMES[kind], arrays, strict=False)]
            group = root.create_group(name)
            group.attrs["weight_names"] = [part.encode() for part in names]
            for part, array in zip(names, arrays, strict=True):
                group[part] = array
    return path


def weights_h5(net: KerasNet, *, named: bool = True) -> bytes:
    """The newer format of weights: a path made from each layer's class, and in some versions its own name beside the numbers."""
    content, count = io.BytesIO(), dict.fromkeys(NAMES, 0)
    with h5py.File(content, "w") as file:
        for kind, name, arrays, _ in net.layers:
            stem = {"InputLayer": "input_layer"}.get(kind, kind.lower())
            path = f"layers/{stem}" + (f"_{count[kind]}" if count[kind] else "")
            count[kind] += 1
            group = file.create_group(f"{path}/vars")
            if named:
                group.attrs["name"] = name
            for number, array in enumerate(arrays):
                file[f"{path}/{'cell/' if kind == 'LSTM' else ''}vars/{number}"] = array
    return content.getvalue()


def write_keras(path: Path, net: KerasNet, config: object, *, compression: int = zipfile.ZIP_STORED, named: bool = True) -> Path:
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("metadata.json", '{"keras_version": "3.9.0"}')
        file.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        file.writestr("model.weights.h5", weights_h5(net, named=named))
    return path


FORMATS: Mapping[str, Callable[[Path, KerasNet], Path]] = {
    "keras": lambda folder, net: write_keras(folder / "net.keras", net, net.config()),
    "keras, functional": lambda folder, net: write_keras(folder / "net.keras", net, net.config(functional=True)),
    "h5": lambda folder, net: write_h5(folder / "net.h5", net, net.config()),
    "h5 of Keras 2": lambda folder, net: write_h5(folder / "net.h5", net, net.config(), ending=":0"),
    "h5, weights alone": lambda folder, net: write_h5(folder / "net.h5", net, None, nested=False),
    "weights.h5": lambda folder, net: put(folder / "net.weights.h5", weights_h5(net)),
}


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS.keys())
def test_every_format_gives_the_logits_of_keras_equations(write: Callable[[Path, KerasNet], Path], bias: bool, tmp_path: Path) -> None:
    net = KerasNet(bias=bias)
    foreign = read_net(write(tmp_path, net))
    logits = foreign.checkpoint.model(torch.tensor(TOKENS)[:, None])[0][:, 0]
    np.testing.assert_allclose(logits, net.logits(TOKENS), atol=1e-4, rtol=0)
    assert foreign.recognition.layout == "Keras: Embedding, LSTM, Dense"
    assert foreign.checkpoint.model.config.hidden_dims == WIDTHS


def test_where_the_file_does_not_name_its_layers_their_classes_do(tmp_path: Path) -> None:
    net = KerasNet()
    config = net.config()
    # A second model in one session: the names go on counting, and "lstm_1" is the first layer, not the file's second.
    for layer, name in zip(
        config["config"]["layers"], ("input_1", "embedding_1", "lstm_1", "dropout_1", "lstm_2", "dense_2", "dense_3"), strict=True
    ):
        layer["config"]["name"] = name
    foreign = read_net(write_keras(tmp_path / "net.keras", net, config, named=False))
    logits = foreign.checkpoint.model(torch.tensor(TOKENS)[:, None])[0][:, 0]
    np.testing.assert_allclose(logits, net.logits(TOKENS), atol=1e-4, rtol=0)


def test_a_layer_for_every_step_is_called_by_its_wrapper(tmp_path: Path) -> None:
    net = KerasNet()
    config = net.config()
    last = config["config"]["layers"][-1]
    last |= {"class_name": "TimeDistributed", "config": {"name": "steps", "layer": {"class_name": "Dense", "config": dict(last["config"])}}}
    content = io.BytesIO(weights_h5(net, named=False))
    with h5py.File(content, "a") as file:
        file.create_group("layers/time_distributed")
        file.move("layers/dense_1", "layers/time_distributed/layer")
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", content.getvalue())
    logits = read_net(tmp_path / "net.keras").checkpoint.model(torch.tensor(TOKENS)[:, None])[0][:, 0]
    np.testing.assert_allclose(logits, net.logits(TOKENS), atol=1e-4, rtol=0)


def test_what_the_description_says_needs_no_assumption(tmp_path: Path) -> None:
    net = KerasNet()
    assert read_net(FORMATS["keras"](tmp_path, net)).recognition.warnings == ()
    assert any("relu is assumed" in line for line in read_net(FORMATS["weights.h5"](tmp_path, net)).recognition.warnings)


def test_other_activations_of_the_cell_are_run(tmp_path: Path) -> None:
    net = KerasNet()
    config = net.config()
    for layer in config["config"]["layers"]:
        if layer["class_name"] == "LSTM":
            layer["config"]["activation"] = "relu"
    assert read_net(write_keras(tmp_path / "net.keras", net, config)).checkpoint.model.config.cell_activation == "relu"


def changed(place: int, **settings: Any) -> Callable[[KerasNet], dict[str, Any]]:
    """The description with other settings, or another class, of the layer at a place."""

    def change(net: KerasNet) -> dict[str, Any]:
        config = net.config()
        layer = config["config"]["layers"][place]
        layer["class_name"] = settings.pop("kind", layer["class_name"])
        layer["config"] |= settings
        return config

    return change


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (changed(3, kind="Lambda", function="code that is never run"), "'dropout' is a Lambda"),
        (changed(2, kind="GRU"), "GRU"),
        (changed(2, kind="Bidirectional"), "Bidirectional"),
        (changed(2, recurrent_activation="hard_sigmoid"), "hard_sigmoid"),
        (changed(2, activation="selu"), "selu"),
        (changed(2, activation="relu"), "in all layers"),
        (changed(2, go_backwards=True), "backwards"),
        (changed(5, activation="swish"), "swish"),
        (changed(6, activation="sigmoid"), "ends in sigmoid"),
        (changed(2, name="somebody else"), "'somebody else' has 0 arrays"),
        (lambda _net: "{", "cannot be read"),
        (lambda _net: "[" * 100_000, "cannot be read"),
        (lambda _net: {"config": 3}, "cannot be read"),
        (lambda _net: {"config": {"layers": [{"class_name": ["x"], "config": {}}]}}, "cannot be read"),
    ],
)
def test_what_is_not_run_here_is_refused_by_name(config: Callable[[KerasNet], object], said: str, tmp_path: Path) -> None:
    net = KerasNet()
    with pytest.raises(InputError, match=said) as raised:
        read_net(write_keras(tmp_path / "net.keras", net, config(net)))
    assert "\n" not in str(raised.value)


def test_a_compressed_archive_is_refused(tmp_path: Path) -> None:
    net = KerasNet()
    with pytest.raises(InputError, match="compressed"):
        read_net(write_keras(tmp_path / "net.keras", net, net.config(), compression=zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("format", ["keras", "h5"])
def test_half_of_a_file_is_refused(share: float, format: str, tmp_path: Path) -> None:  # noqa: A002
    path = FORMATS[format](tmp_path, KerasNet())
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=r"whole|damaged|no file of weights"):
        read_net(path)


def replaced(write: Callable[[Any, Path], None]) -> Callable[[Path], Path]:
    """A good file in which the output's kernel is replaced."""

    def make(folder: Path) -> Path:
        net = KerasNet()
        path = write_h5(folder / "net.h5", net, net.config())
        with h5py.File(path, "a") as file:
            group = file["model_weights/next_word/net/next_word"]
            del group["kernel"]
            write(group, folder)
        return path

    return make


def outside(group: Any, folder: Path) -> None:
    (folder / "secret").write_bytes(bytes(9 * V * 4))
    group.create_dataset("kernel", (9, V), np.float32, external=[(str(folder / "secret"), 0, 9 * V * 4)])


def linked(group: Any, folder: Path) -> None:
    with h5py.File(folder / "other.h5", "w") as other:
        other["kernel"] = np.zeros((9, V), np.float32)
    group["kernel"] = h5py.ExternalLink(str(folder / "other.h5"), "/kernel")


def virtual(group: Any, _folder: Path) -> None:
    layout = h5py.VirtualLayout((9, V), np.float32)
    layout[:] = h5py.VirtualSource("other.h5", "kernel", (9, V))
    group.create_virtual_dataset("kernel", layout)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (replaced(outside), "another file"),
        (replaced(linked), "leads out of the file"),
        (replaced(virtual), "another file"),
        (replaced(lambda group, _: group.__setitem__("kernel", h5py.SoftLink("/model_weights"))), "leads out"),
        (replaced(lambda group, _: group.create_dataset("kernel", (9, 1 << 40), np.float32, chunks=(9, 1024))), "more than the file holds"),
        (replaced(lambda group, _: group.create_dataset("kernel", (9, V), np.float32, compression="gzip")), "compressed"),
        (replaced(lambda group, _: group.create_dataset("kernel", (9, V), "S9")), "type"),
        (replaced(lambda group, _: group.create_group("kernel")), "damaged|type|shape|whole"),
        (replaced(lambda _group, _folder: None), "1 arrays|lead|bias"),
        (replaced(lambda group, _: group.create_dataset("kernel", data=np.full((9, V), np.nan, np.float32))), "NaN"),
        (replaced(lambda group, _: group.create_dataset("kernel", data=np.zeros((9, V + 1), np.float32))), "lead|gives"),
    ],
)
def test_arrays_that_are_not_in_the_file_as_keras_writes_them_are_refused(make: Callable[[Path], Path], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said) as raised:
        read_net(make(tmp_path))
    assert "\n" not in str(raised.value)


def test_without_the_extra_the_person_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = FORMATS["h5"](tmp_path, KerasNet())
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match=r"pip install 'chatbot-tui\[keras\]'"):
        read_net(path)
