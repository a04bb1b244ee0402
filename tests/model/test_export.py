"""What leaves the program must say the same elsewhere: as a class of PyTorch's own, and in another runtime."""

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # brings no stubs
import pytest
import torch
from torch import nn

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.export import export_pytorch
from chatbot_tui.model.export_onnx import export_onnx
from chatbot_tui.model.importers.load import read_net
from chatbot_tui.model.lstm import LanguageModel
from tests.model.test_step import SHAPES
from tests.nets import word_tokenizer

TOKENS = torch.tensor([[1, 2], [0, 2], [2, 1], [1, 1], [0, 0], [2, 2]])
ONNX = {name: config for name, config in SHAPES.items() if config.cell_activation != "hardtanh"}
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections")


def net(config: ModelConfig) -> LanguageModel:
    torch.manual_seed(5)
    return LanguageModel(config).eval().requires_grad_(False)


def exported(model: LanguageModel, folder: Path) -> nn.Module:
    """The class of model.py with the weights of weights.pt, as a stranger would load them."""
    export_pytorch(Checkpoint(model, word_tokenizer(), name="a net"), folder)
    spec = importlib.util.spec_from_file_location("exported_model", folder / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stranger: nn.Module = module.LSTMModel().eval()
    stranger.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    return stranger.requires_grad_(False)


@pytest.mark.parametrize("config", SHAPES.values(), ids=SHAPES.keys())
def test_the_exported_class_gives_the_same_logits(config: ModelConfig, tmp_path: Path) -> None:
    model = net(config)
    stranger = exported(model, tmp_path)
    whole = stranger(TOKENS)[0]
    torch.testing.assert_close(whole, model(TOKENS)[0], rtol=0, atol=1e-5)
    first, state = stranger(TOKENS[:2])
    torch.testing.assert_close(torch.cat([first, stranger(TOKENS[2:], state)[0]]), whole, rtol=0, atol=1e-5)


def test_the_plain_class_takes_some_twenty_lines(tmp_path: Path) -> None:
    exported(net(ModelConfig(30, 8, 12, 2)), tmp_path)
    assert len([line for line in (tmp_path / "model.py").read_text().splitlines() if line.strip()]) <= 20


@pytest.mark.parametrize("name", ["plain", "deep", "tied with projection", "layers of unlike widths", "projected hidden states"])
def test_what_was_exported_can_be_brought_back(name: str, tmp_path: Path) -> None:
    model = net(SHAPES[name])
    exported(model, tmp_path)
    again = read_net(tmp_path / "weights.pt").checkpoint.model
    torch.testing.assert_close(again(TOKENS)[0], model(TOKENS)[0], rtol=0, atol=1e-6)
    assert again.config.tied == model.config.tied


@pytest.mark.parametrize("config", ONNX.values(), ids=ONNX.keys())
def test_another_runtime_gives_the_same_logits_and_carries_the_state_on(config: ModelConfig, tmp_path: Path) -> None:
    model = net(config)
    export_onnx(model, tmp_path / "new" / "model.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "new" / "model.onnx"), providers=["CPUExecutionProvider"])
    h = c = np.zeros((config.num_layers, 2, config.hidden_dim), np.float32)
    rows = []
    for part in (TOKENS[:1], TOKENS[1:4], TOKENS[4:]):
        logits, h, c = session.run(["logits", "h_out", "c_out"], {"tokens": part.numpy(), "h": h, "c": c})
        rows.append(logits)
    np.testing.assert_allclose(np.concatenate(rows), model(TOKENS)[0], atol=1e-5, rtol=0)


def test_what_onnx_lacks_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hardtanh"):
        export_onnx(net(ModelConfig(5, 3, 4, cell_activation="hardtanh")), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    model = net(ModelConfig(5, 3, 4))
    with pytest.raises(InputError, match="cannot write"):
        export_pytorch(Checkpoint(model, word_tokenizer()), tmp_path / "file" / "inside")
    with pytest.raises(InputError, match="cannot write"):
        export_onnx(model, tmp_path / "file" / "inside" / "model.onnx")
