import numpy as np
import pytest
import torch

from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.step import Stepper
from chatbot_tui.signals.layers import layer_traces

SHAPES = [{"num_layers": 2}, {"num_layers": 3, "residual": True}, {"num_layers": 2, "tied": True}, {"cell_activation": "hardtanh"}]


@pytest.mark.parametrize("shape", SHAPES)
def test_states_and_gates_are_those_of_single_steps(shape: dict[str, object]) -> None:
    torch.manual_seed(0)
    model = LanguageModel(ModelConfig.from_json({"vocab_size": 11, "embedding_dim": 6, "hidden_dim": 8, **shape})).eval()
    model.requires_grad_(False)
    tokens = torch.randint(11, (5, 3))
    traces = layer_traces(model, tokens)
    stepper = Stepper(model)
    for column in range(3):
        state = stepper.zero_state()
        for step, token in enumerate(tokens[:, column].tolist()):
            trace = stepper.step(token, state)
            for layer, found in enumerate(traces):
                assert found.gates[step, column] == pytest.approx(trace.gates[layer], abs=1e-5)
            state = trace.state
        for layer, found in enumerate(traces):
            assert found.h[column] == pytest.approx(state.h[layer], abs=1e-5)


def test_layers_of_different_widths_are_traced_each_at_its_own() -> None:
    torch.manual_seed(0)
    model = LanguageModel(ModelConfig(11, 6, 8, 2, hidden_dims=(8, 5), projection_dims=(3, 0))).eval()
    first, second = layer_traces(model, torch.randint(11, (4, 2)))
    assert (first.h.shape, first.gates.shape) == ((2, 3), (4, 2, 4, 8))
    assert (second.h.shape, second.gates.shape) == ((2, 5), (4, 2, 4, 5))
    assert np.isfinite(second.gates).all()
