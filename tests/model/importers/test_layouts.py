"""The same weights through every layout must give the logits of the program that made them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import ImportChoices
from chatbot_tui.model.importers.load import Foreign, read_net
from chatbot_tui.model.step import Stepper
from tests.model.importers import programs
from tests.model.importers.programs import Article, E, H, V, answer, seeded

PROGRAMS: Mapping[str, tuple[Callable[[], nn.Module], str]] = {
    "article": (lambda: seeded(Article), "embedding, lstm, fc"),
    "word language model": (lambda: seeded(programs.WordLanguageModel, tied=False), "word_language_model"),
    "word language model, tied": (lambda: seeded(programs.WordLanguageModel, tied=True), "word_language_model"),
    "awd-lstm": (lambda: seeded(programs.AwdLstm), "AWD-LSTM"),
    "awd-lstm, raw outside": (lambda: seeded(programs.AwdLstm, raw_inside=False), "AWD-LSTM"),
    "char-rnn": (lambda: seeded(programs.CharRnn), "char-rnn"),
    "cells": (lambda: seeded(programs.Cells), "nn.LSTMCell"),
    "named cells": (lambda: seeded(programs.NamedCells), "nn.LSTMCell"),
    "one module a layer": (lambda: seeded(programs.OneModuleALayer), "one's own"),
    "projected": (lambda: seeded(programs.Projected), "embedding, lstm, fc"),
    "projected, without biases": (lambda: seeded(programs.Projected, bias=False), "embedding, lstm, fc"),
    "hidden layer": (lambda: seeded(programs.Headed), "one's own"),
    "bottleneck, tied": (lambda: seeded(programs.Bottleneck), "one's own"),
    "unnamed": (lambda: seeded(programs.Unnamed), "one's own"),
}
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections")
TOKENS = [3, 0, 39, 3, 17, 8]


def saved(folder: Path, content: object, name: str = "net.pt", **options: Any) -> Path:
    path = folder / name
    torch.save(content, path, **options)
    return path


def ours(foreign: Foreign) -> Tensor:
    """What this program's net answers, token by token as it speaks."""
    stepper = Stepper(foreign.checkpoint.model)
    state, rows = stepper.zero_state(), []
    for token in TOKENS:
        trace = stepper.step(token, state)
        state = trace.state
        rows.append(torch.tensor(stepper.logits(trace.features)))
    return torch.stack(rows)


def assert_same(foreign: Foreign, expected: Tensor, tolerance: float = 1e-4) -> None:
    torch.testing.assert_close(ours(foreign), expected, rtol=0, atol=tolerance)
    torch.testing.assert_close(foreign.checkpoint.model(torch.tensor(TOKENS)[:, None])[0][:, 0], expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("make", "layout"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_state_dict_gives_the_logits_of_its_program(make: Callable[[], nn.Module], layout: str, tmp_path: Path) -> None:
    net = make()
    foreign = read_net(saved(tmp_path, net.state_dict()))
    assert layout in foreign.recognition.layout
    assert_same(foreign, answer(net))


@pytest.mark.parametrize("make", [make for make, _ in PROGRAMS.values()], ids=PROGRAMS.keys())
def test_safetensors_give_them_too(make: Callable[[], nn.Module], tmp_path: Path) -> None:
    net = make()
    # safetensors does not share: tied weights are written twice.
    save_file({name: tensor.clone() for name, tensor in net.state_dict().items()}, tmp_path / "net.safetensors")
    assert_same(read_net(tmp_path / "net.safetensors"), answer(net))


def test_safetensors_without_the_shared_matrix_are_tied(tmp_path: Path) -> None:
    net = seeded(programs.WordLanguageModel, tied=True)
    state = net.state_dict()
    del state["decoder.weight"]
    save_file(state, tmp_path / "net.safetensors")
    foreign = read_net(tmp_path / "net.safetensors")
    assert foreign.checkpoint.model.config.tied
    assert_same(foreign, answer(net))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model_state_dict": state, "optimizer_state_dict": {"state": {0: {"exp_avg": torch.ones(3)}}}, "loss": 1.5},
        # As PyTorch's own tutorial on checkpoints has it: the loss is a tensor.
        lambda state: {"epoch": 5, "model_state_dict": state, "optimizer_state_dict": {}, "loss": torch.tensor(0.4)},
        lambda state: {"model": state, "rng": torch.get_rng_state(), "best": {"loss": torch.tensor(0.4)}},
        lambda state: {"model": state, "opt": {}},
        lambda state: {"net": {"state_dict": state}},
        lambda state: {"epoch": 1, "pytorch-lightning_version": "2.4.0", "state_dict": {f"model.{name}": t for name, t in state.items()}},
        lambda state: {
            "state_dict": {f"model._orig_mod.{name}": t for name, t in state.items()} | {"criterion.weight": torch.ones(V)},
            "hyper_parameters": {"lr": 0.1},
            "callbacks": {"ModelCheckpoint": {"best": torch.tensor(1.0)}},
        },
        lambda state: {f"module.{name}": t for name, t in state.items()},
        lambda state: {f"_orig_mod.module.{name}": t for name, t in state.items()},
        lambda state: [state, {"lr": 0.1}],
        lambda state: {name: nn.Parameter(t) for name, t in state.items()},
    ],
)
def test_wrappers_and_prefixes_are_seen_through(wrap: Callable[[dict[str, Tensor]], object], tmp_path: Path) -> None:
    net = seeded(Article)
    foreign = read_net(saved(tmp_path, wrap(net.state_dict())))
    assert foreign.checkpoint.model.config.num_layers == 2
    assert_same(foreign, answer(net))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_give_what_their_numbers_give_in_float32(dtype: torch.dtype, tmp_path: Path) -> None:
    net = seeded(Article).to(dtype)
    path = saved(tmp_path, net.state_dict())
    assert_same(read_net(path), answer(net.float()))


def test_files_from_before_pytorch_1_6_are_read(tmp_path: Path) -> None:
    net = seeded(Article)
    path = saved(tmp_path, {"state_dict": net.half().state_dict(), "best": 2.5}, _use_new_zipfile_serialization=False)
    assert_same(read_net(path), answer(net.float()))


def test_tensors_that_were_on_a_gpu_are_read(tmp_path: Path) -> None:
    # A tensor says in the pickle where it was: as long as the word, so that no length in the archive changes.
    net = seeded(Article)
    path = saved(tmp_path, net.state_dict())
    data = path.read_bytes()
    assert data.count(b"X\x03\x00\x00\x00cpu") == 1
    path.write_bytes(data.replace(b"X\x03\x00\x00\x00cpu", b"X\x03\x00\x00\x00xla"))
    assert_same(read_net(path), answer(net))


def test_transposed_tensors_are_read_as_they_were_meant(tmp_path: Path) -> None:
    net = seeded(Article)
    state = {name: tensor.t().contiguous().t() if tensor.dim() == 2 else tensor for name, tensor in net.state_dict().items()}
    assert_same(read_net(saved(tmp_path, state)), answer(net))


def test_a_slice_of_a_larger_tensor_is_read_alone(tmp_path: Path) -> None:
    net = seeded(Article)
    state = dict(net.state_dict())
    state["fc.bias"] = torch.cat([torch.full((5,), torch.nan), state["fc.bias"]])[5:]
    assert_same(read_net(saved(tmp_path, state)), answer(net))


def test_fastai_names_are_known(tmp_path: Path) -> None:
    net = seeded(programs.AwdLstm, raw_inside=False)
    state = {("1." if name.startswith("decoder") else "0.") + name: tensor for name, tensor in net.state_dict().items()}
    # fastai keeps the copy from which connections were dropped, and the embedding once more: neither is what counts.
    state["0.rnns.0.module.weight_hh_l0"] = torch.zeros(80, 20)
    state["0.encoder_dp.emb.weight"] = state["0.encoder.weight"]
    foreign = read_net(saved(tmp_path, {"model": state, "opt": {"lr": 0.1}}))
    assert_same(foreign, answer(net))
    assert set(foreign.recognition.ignored) == {"0.rnns.0.module.weight_hh_l0", "0.encoder_dp.emb.weight", "opt"}
    assert foreign.checkpoint.model.config.hidden_dims == (20, 20, E)


def test_what_was_recognised_is_told(tmp_path: Path) -> None:
    recognition = read_net(saved(tmp_path, {"model": seeded(Article, num_layers=1).state_dict(), "epoch": 3})).recognition
    assert [(row.tensor, row.shape, row.role) for row in recognition.recognised] == [
        ("embedding.weight", (V, E), "embedding"),
        ("lstm.weight_ih_l0", (4 * H, E), "layer 1: input weights"),
        ("lstm.weight_hh_l0", (4 * H, H), "layer 1: recurrent weights"),
        ("lstm.bias_ih_l0", (4 * H,), "layer 1: input bias"),
        ("lstm.bias_hh_l0", (4 * H,), "layer 1: recurrent bias"),
        ("fc.weight", (V, H), "output weights"),
        ("fc.bias", (V,), "output bias"),
    ]
    assert recognition.ignored == ("epoch",)
    assert recognition.warnings == ()
    assert len(recognition.sha256) == 64


def test_an_activation_that_is_not_in_the_file_is_assumed_aloud_and_can_be_set(tmp_path: Path) -> None:
    net = seeded(programs.Headed)
    path = saved(tmp_path, net.state_dict())
    assert any("relu is assumed" in warning for warning in read_net(path).recognition.warnings)
    chosen = read_net(path, None, ImportChoices(head_activation="tanh"))
    assert chosen.recognition.warnings == ()
    with pytest.raises(AssertionError):
        assert_same(chosen, answer(net))


def test_a_tensor_can_be_placed_by_hand(tmp_path: Path) -> None:
    net = seeded(Article)
    state = {**net.state_dict(), "mystery": torch.ones(3)}
    state["thing"] = state.pop("fc.weight")
    state["other"] = state.pop("fc.bias")
    path = saved(tmp_path, state)
    with pytest.raises(InputError, match="mystery"):
        read_net(path)
    becomes = {"mystery": None, "thing": "fc.weight", "other": "fc.bias"}
    foreign = read_net(path, None, ImportChoices(becomes=becomes))
    assert foreign.recognition.ignored == ("mystery",)
    assert_same(foreign, answer(net))


def test_a_vocabulary_beside_the_weights_is_used(tmp_path: Path) -> None:
    characters = [chr(ord("a") + number) for number in range(26)] + [" ", *"0123456789.,!"]
    content = {"n_hidden": H, "n_layers": 2, "state_dict": seeded(programs.CharRnn).state_dict(), "tokens": tuple(characters)}
    foreign = read_net(saved(tmp_path, content))
    assert foreign.checkpoint.tokenizer.encode("ab c") == [0, 1, 26, 2]
    assert foreign.checkpoint.tokenizer.decode([26, 0, 26, 26, 1]) == " a  b"
    assert foreign.recognition.vocabulary == "the file itself, 40 characters"


@pytest.mark.parametrize("name", ["itos", "ix_to_word", "idx_to_token", "index2word", "all_characters"])
def test_it_is_found_under_every_name_that_a_vocabulary_file_may_use(name: str, tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(V)]
    foreign = read_net(saved(tmp_path, {"model": seeded(Article).state_dict(), name: words}))
    assert foreign.checkpoint.tokenizer.encode("word3 word1") == [3, 1]
