"""One token at a time must be the same net as a whole sequence."""

import numpy as np
import pytest
import torch

from chatbot_tui.model import step as step_module
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.step import Stepper

SHAPES = {
    "plain": ModelConfig(30, 8, 12, 1),
    "deep": ModelConfig(30, 8, 12, 3),
    "tied with projection": ModelConfig(30, 8, 12, 2, tied=True),
    "tied without": ModelConfig(30, 8, 8, 2, tied=True),
    "residual": ModelConfig(30, 8, 12, 3, residual=True),
    "relu": ModelConfig(30, 8, 12, 2, cell_activation="relu"),
    "hardtanh": ModelConfig(30, 8, 12, 2, cell_activation="hardtanh", residual=True),
    "identity": ModelConfig(30, 8, 12, 2, cell_activation="identity"),
    "one unit": ModelConfig(3, 1, 1, 1),
    "layers of unlike widths": ModelConfig(30, 8, 20, 3, hidden_dims=(12, 20, 8)),
    "unlike widths, tied": ModelConfig(30, 8, 20, 3, tied=True, hidden_dims=(20, 12, 8)),
    "projected hidden states": ModelConfig(30, 8, 12, 2, projection_dims=(5, 7)),
    "projected in one layer": ModelConfig(30, 8, 12, 2, projection_dims=(0, 7), cell_activation="relu"),
    "hidden layers before the output": ModelConfig(30, 8, 12, 2, head_dims=(9, 14)),
    "hidden layers, tied, with projection": ModelConfig(30, 8, 12, 1, tied=True, head_dims=(9,), head_activation="tanh"),
    "everything at once": ModelConfig(
        30,
        8,
        20,
        3,
        hidden_dims=(12, 20, 16),
        projection_dims=(0, 6, 4),
        head_dims=(5,),
        head_activation="gelu",
        cell_activation="hardtanh",
    ),
}


@pytest.mark.parametrize("config", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("table", [True, False])
def test_step_agrees_with_forward_to_1e_10_in_float64(config: ModelConfig, table: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not table:
        monkeypatch.setattr(step_module, "TABLE_BYTES", 0)
    torch.manual_seed(1)
    model = LanguageModel(config).double().eval()
    tokens = torch.randint(0, config.vocab_size, (25, 1))
    stepper = Stepper(model)
    with torch.no_grad():
        logits, (h, c) = model(tokens)
    state = stepper.zero_state()
    for position, token in enumerate(tokens[:, 0].tolist()):
        trace = stepper.step(token, state)
        state = trace.state
        np.testing.assert_allclose(stepper.logits(trace.features), logits[position, 0], atol=1e-10, rtol=0)
    features, read = stepper.read(tokens[:, 0].tolist(), stepper.zero_state())
    np.testing.assert_allclose(stepper.logits(features)[-1], logits[-1, 0], atol=1e-10, rtol=0)
    np.testing.assert_allclose(read.h, h[:, 0], atol=1e-10, rtol=0)
    np.testing.assert_allclose(state.h, h[:, 0], atol=1e-10, rtol=0)
    np.testing.assert_allclose(state.c, c[:, 0], atol=1e-10, rtol=0)


def test_gates_are_those_of_the_equations() -> None:
    """Hochreiter and Schmidhuber 1997 with forget gates (Gers et al. 2000), written out for one layer."""
    torch.manual_seed(2)
    model = LanguageModel(ModelConfig(5, 3, 4, 1)).double().eval()
    stepper = Stepper(model)
    first = stepper.step(1, stepper.zero_state())
    trace = stepper.step(2, first.state)
    w_ih, w_hh, b_ih, b_hh = model.layer_weights(0)
    with torch.no_grad():
        z = w_ih @ model.embedding.weight[2] + b_ih + w_hh @ torch.from_numpy(first.state.h[0]) + b_hh
        i, f, g, o = z[0:4].sigmoid(), z[4:8].sigmoid(), z[8:12].tanh(), z[12:16].sigmoid()
        c = f * torch.from_numpy(first.state.c[0]) + i * g
    np.testing.assert_allclose(trace.gates[0], torch.stack([i, f, g, o]), atol=1e-14)
    np.testing.assert_allclose(trace.state.c[0], c, atol=1e-14)
    np.testing.assert_allclose(trace.state.h[0], o * c.tanh(), atol=1e-14)


def test_a_state_is_never_changed_by_later_steps() -> None:
    torch.manual_seed(3)
    stepper = Stepper(LanguageModel(ModelConfig(9, 4, 6, 2)).eval())
    first = stepper.step(1, stepper.zero_state())
    h, c = first.state.h.copy(), first.state.c.copy()
    for token in range(9):
        stepper.step(token, first.state)
    assert np.array_equal(first.state.h, h)
    assert np.array_equal(first.state.c, c)
    assert not stepper.zero_state().h.any()


def test_gates_that_are_all_but_shut_or_open_stay_between_0_and_1() -> None:
    # Biases of +-1000 are far beyond where exp overflows, in float32 too.
    model = LanguageModel(ModelConfig(3, 2, 4, 1)).eval().requires_grad_(False)
    for sign in (1.0, -1.0):
        model.lstm.get_parameter("bias_ih_l0").fill_(sign * 1000.0)
        gates = Stepper(model).step(1, Stepper(model).zero_state()).gates[0]
        assert gates[[0, 1, 3]].tolist() == [[max(sign, 0.0)] * 4] * 3
        assert gates[2].tolist() == [sign] * 4


def test_logits_of_many_features_are_those_of_each() -> None:
    torch.manual_seed(4)
    stepper = Stepper(LanguageModel(ModelConfig(9, 4, 6, 2, tied=True)).double().eval())
    features, _ = stepper.read([1, 2, 3], stepper.zero_state())
    np.testing.assert_allclose(stepper.logits(features), [stepper.logits(row) for row in features], atol=1e-12)


def test_a_token_reads_the_same_bit_for_bit_whatever_was_read_before() -> None:
    torch.manual_seed(3)
    model = LanguageModel(ModelConfig(vocab_size=150, embedding_dim=12, hidden_dim=8)).eval()
    order = torch.randperm(150).tolist()
    first, second = Stepper(model), Stepper(model)
    forward = [first.step(token, first.zero_state()).features.tobytes() for token in range(150)]
    shuffled = {token: second.step(token, second.zero_state()).features.tobytes() for token in order}
    assert forward == [shuffled[token] for token in range(150)]
