import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from chatbot_tui.model.config import CELL_ACTIVATIONS, ModelConfig
from chatbot_tui.model.lstm import ACTIVATIONS, LanguageModel, State

V, E, H = 13, 5, 7


def net(**options: Any) -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(ModelConfig(V, E, H, **options)).double().eval().requires_grad_(False)


class LSTMModel(nn.Module):
    """The class that people write first."""

    def __init__(self, vocab_size: int, embedding_dim: int, hidden_dim: int, num_layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, num_layers)
        self.fc = nn.Linear(hidden_dim, vocab_size)

    def forward(self, x: Tensor, hidden: State) -> tuple[Tensor, State]:
        out, hidden = self.lstm(self.embedding(x), hidden)
        return self.fc(out), hidden


def test_weights_of_the_plain_class_load_as_they_are_and_say_the_same() -> None:
    torch.manual_seed(3)
    plain, ours = LSTMModel(V, E, H, 2), LanguageModel(ModelConfig(V, E, H, 2))
    ours.load_state_dict(plain.state_dict())
    tokens = torch.randint(V, (6, 3))
    zeros = torch.zeros(2, 3, H)
    torch.testing.assert_close(ours(tokens)[0], plain(tokens, (zeros, zeros))[0], rtol=0, atol=0)


@pytest.mark.parametrize("activation", CELL_ACTIVATIONS)
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_shapes_and_names_are_those_of_the_configuration(layers: int, tied: bool, residual: bool, activation: str) -> None:
    model = net(num_layers=layers, tied=tied, residual=residual, cell_activation=activation)
    logits, (h, c) = model(torch.zeros(4, 2, dtype=torch.int64))
    assert (logits.shape, h.shape, c.shape) == ((4, 2, V), (layers, 2, H), (layers, 2, H))
    assert {name: tuple(tensor.shape) for name, tensor in model.named_parameters()} == model.config.shapes()


@pytest.mark.parametrize("activation", CELL_ACTIVATIONS)
@pytest.mark.parametrize("residual", [False, True])
def test_agrees_with_the_equations(residual: bool, activation: str) -> None:
    model = net(num_layers=3, tied=True, residual=residual, cell_activation=activation)
    squash = ACTIVATIONS[activation]
    tokens = torch.tensor([2, 9, 4, 4])
    hs, cs = [torch.zeros(H).double()] * 3, [torch.zeros(H).double()] * 3
    for token in tokens:
        x = model.embedding.weight[token]
        for layer in range(3):
            w_ih, w_hh, b_ih, b_hh = model.layer_weights(layer)
            i, f, g, o = (w_ih @ x + b_ih + w_hh @ hs[layer] + b_hh).reshape(4, H)
            cs[layer] = f.sigmoid() * cs[layer] + i.sigmoid() * squash(g)
            hs[layer] = o.sigmoid() * squash(cs[layer])
            x = hs[layer] + x if residual and layer > 0 else hs[layer]
    assert model.projection is not None
    expected = model.embedding.weight @ (model.projection.weight @ x) + model.fc.bias
    logits, (h, c) = model(tokens[:, None])
    torch.testing.assert_close(logits[-1, 0], expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(h[:, 0], torch.stack(hs), rtol=0, atol=1e-12)
    torch.testing.assert_close(c[:, 0], torch.stack(cs), rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"residual": True}, {"cell_activation": "relu"}])
def test_a_sequence_in_two_parts_gives_what_it_gives_in_one(options: dict[str, Any]) -> None:
    model = net(num_layers=2, **options)
    tokens = torch.arange(10)[:, None]
    first, state = model(tokens[:4])
    second, _ = model(tokens[4:], state)
    torch.testing.assert_close(torch.cat([first, second]), model(tokens)[0], rtol=0, atol=1e-12)


def test_a_tied_net_of_equal_widths_needs_no_projection() -> None:
    model = LanguageModel(ModelConfig(V, H, H, tied=True))
    assert model.projection is None
    assert model.fc.weight is model.embedding.weight


def test_small_uniform_weights_fill_the_lstm_and_the_output_and_leave_the_embedding() -> None:
    torch.manual_seed(0)
    model = LanguageModel(ModelConfig(300, 40, 50, init="uniform-small")).requires_grad_(False)
    for name, tensor in model.named_parameters():
        if name.startswith("embedding"):
            # N(0, 1): 12,000 values have a standard deviation within 5 / sqrt(2 * 12,000) = .032 of 1.
            assert float(tensor.std()) == pytest.approx(1, abs=0.04)
        else:
            assert 0 <= float(tensor.min()) <= float(tensor.max()) <= 0.001
            # U(0, .001) has mean .0005 and standard deviation .001 / sqrt(12); the smallest tensor has 200 values.
            assert float(tensor.mean()) == pytest.approx(0.0005, abs=5 * 0.001 / math.sqrt(12 * 200))


def test_zeros_are_exact_and_leave_the_embedding() -> None:
    model = LanguageModel(ModelConfig(V, E, H, 2, init="zeros"))
    assert all(not tensor.any() for name, tensor in model.named_parameters() if not name.startswith("embedding"))
    assert model.embedding.weight.all()


def test_uniform_weights_fill_both_sides_of_zero() -> None:
    torch.manual_seed(0)
    model = LanguageModel(ModelConfig(300, 40, 50, init="uniform", init_scale=0.08)).requires_grad_(False)
    for name, tensor in model.named_parameters():
        if not name.startswith("embedding"):
            assert -0.08 <= float(tensor.min()) < -0.07
            assert 0.07 < float(tensor.max()) <= 0.08
            # U(-a, a) has mean 0 and standard deviation a / sqrt(3); the smallest tensor has 200 values.
            assert abs(float(tensor.mean())) < 5 * 0.08 / math.sqrt(3 * 200)


def test_normal_weights_have_their_standard_deviation_and_no_biases() -> None:
    torch.manual_seed(0)
    model = LanguageModel(ModelConfig(300, 40, 50, init="normal", init_scale=0.02)).requires_grad_(False)
    for name, tensor in model.named_parameters():
        if tensor.dim() == 1:
            assert not tensor.any()
        elif not name.startswith("embedding"):
            # 8,000 values or more: their standard deviation is within 5 / sqrt(2 * 8,000) = 4 % of the true one.
            assert float(tensor.std()) == pytest.approx(0.02, rel=0.04)
            assert abs(float(tensor.mean())) < 5 * 0.02 / math.sqrt(8000)


@pytest.mark.parametrize(("init", "bound"), [("xavier", math.sqrt(6 / (H + 4 * H))), ("he", math.sqrt(6 / H))])
def test_xavier_and_he_keep_to_their_bounds(init: str, bound: float) -> None:
    # Xavier: U(+-sqrt(6 / (fan in + fan out))), He: U(+-sqrt(6 / fan in)); weight_hh is [4H, H].
    _, w_hh, b_ih, b_hh = LanguageModel(ModelConfig(V, E, H, init=init)).requires_grad_(False).layer_weights(0)
    assert 0.9 * bound < float(w_hh.abs().max()) <= bound
    assert not b_ih.any()
    assert not b_hh.any()


@pytest.mark.parametrize("init", ["default", "zeros", "xavier", "normal", "uniform"])
def test_the_forget_bias_is_the_sum_of_both_biases(init: str) -> None:
    model = LanguageModel(ModelConfig(V, E, H, 2, init=init, forget_bias=1.5))
    for layer in range(2):
        _, _, b_ih, b_hh = model.layer_weights(layer)
        assert (b_ih + b_hh)[H : 2 * H].tolist() == [1.5] * H


def test_dropout_is_for_training_only() -> None:
    model = net(dropout=0.5)
    tokens = torch.arange(V)[:, None]
    torch.testing.assert_close(model(tokens)[0], model(tokens)[0], rtol=0, atol=0)
    assert not torch.equal(model.train()(tokens)[0], model(tokens)[0])
