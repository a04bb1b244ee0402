from typing import Any

import pytest
import torch
from torch import nn

from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.optimisers import make_optimizer
from tests.training.tiny import recipe, trainer, weights


def after(gradients: list[float], **changes: Any) -> float:
    """Return where a weight of 2 stands after these gradients, at a learning rate of .1."""
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(2.0)
    optimizer = make_optimizer(recipe(learning_rate=0.1, **changes), layer)
    for gradient in gradients:
        layer.weight.grad = torch.full((1, 1), gradient)
        optimizer.step()
    return layer.weight.item()


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    # A gradient of 0 leaves the decay alone. Decoupled: w * (1 - lr * decay). As part of the gradient: SGD takes lr * decay * w, the
    # same; Adam divides by the root of its square, so the first step is lr in the direction of w.
    [("adamw", 2 * (1 - 0.1 * 0.5)), ("sgdw", 2 * (1 - 0.1 * 0.5)), ("sgd", 2 * (1 - 0.1 * 0.5)), ("adam", 2 - 0.1)],
)
def test_each_optimiser_decays_weights_its_own_way(optimizer: str, expected: float) -> None:
    assert after([0.0], optimizer=optimizer, weight_decay=0.5) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "sgdw"])
def test_sgd_has_momentum(optimizer: str) -> None:
    # .1 * 1, then .1 * (1 + .5).
    assert after([1.0, 1.0], optimizer=optimizer, momentum=0.5) == pytest.approx(2 - 0.25, abs=1e-6)
    assert after([1.0, 1.0], optimizer=optimizer) == pytest.approx(2 - 0.2, abs=1e-6)


def test_coupled_decay_enters_the_momentum_and_decoupled_decay_does_not() -> None:
    settings = {"momentum": 0.5, "weight_decay": 0.5}
    # Coupled: gradient 1 + .5 * 2 = 2, so 1.8; then 1 + .5 * 1.8 = 1.9 and half of 2: 2.9, so 1.51.
    assert after([1.0, 1.0], optimizer="sgd", **settings) == pytest.approx(1.51, abs=1e-6)
    # Decoupled: 2 * .95 - .1 = 1.8; then 1.8 * .95 - .1 * 1.5 = 1.56.
    assert after([1.0, 1.0], optimizer="sgdw", **settings) == pytest.approx(1.56, abs=1e-6)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "sgdw"])
def test_biases_can_be_spared(optimizer: str) -> None:
    for decay_biases in (True, False):
        layer = nn.Linear(1, 1)
        for parameter in layer.parameters():
            parameter.data.fill_(2.0)
            parameter.grad = torch.zeros_like(parameter)
        make_optimizer(recipe(optimizer=optimizer, learning_rate=0.1, weight_decay=0.5, decay_biases=decay_biases), layer).step()
        assert layer.weight.item() == pytest.approx(1.9, abs=1e-6)
        assert layer.bias.item() == pytest.approx(1.9 if decay_biases else 2.0, abs=1e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "sgdw"])
def test_without_decay_both_kinds_are_the_same(optimizer: str) -> None:
    made, plain = trainer(recipe(optimizer=optimizer, momentum=0.9)), trainer(recipe(optimizer="sgd", momentum=0.9))
    for net in (made, plain):
        list(net.run())
    for name, tensor in weights(plain).items():
        torch.testing.assert_close(weights(made)[name], tensor, rtol=0, atol=0)


def muon_step(matrix: torch.Tensor, gradient: torch.Tensor, rate: float) -> torch.Tensor:
    """Return where muon's first step leaves a matrix: by hand, in float64.

    Nesterov momentum of the first gradient is g * (1 - .95) * .95 + g * .05, a multiple of g, which is made orthogonal by five rounds
    of x <- 3.4445 x - 4.775 (x x^T) x + 2.0315 (x x^T)^2 x from unit norm, and scaled to .2 * sqrt(longer side).
    """
    x = gradient.double() / gradient.double().norm()
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x - 4.775 * gram @ x + 2.0315 * gram @ gram @ x
    moved: torch.Tensor = matrix - rate * 0.2 * max(matrix.shape) ** 0.5 * x
    return moved


def test_muon_makes_the_steps_of_the_hidden_matrices_orthogonal() -> None:
    net = LanguageModel(ModelConfig(vocab_size=7, embedding_dim=3, hidden_dim=5, num_layers=1))
    before = {name: parameter.detach().clone() for name, parameter in net.named_parameters()}
    generator = torch.Generator().manual_seed(0)
    for parameter in net.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)
    make_optimizer(recipe(optimizer="muon", learning_rate=0.1), net).step()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None
        if name.startswith("lstm.weight"):
            # It multiplies in bfloat16, 8 bits: each of five rounds may be off by some thousandths of the step of .1 * .2 * sqrt(20).
            torch.testing.assert_close(parameter, muon_step(before[name].double(), parameter.grad, 0.1).float(), rtol=0, atol=0.01)
        else:
            # The first step of Adam is the learning rate against the sign of the gradient.
            torch.testing.assert_close(parameter, before[name] - 0.1 * parameter.grad.sign(), rtol=0, atol=1e-5)
