"""How gradients become steps: the optimisers, and the two ways in which each can pull weights towards zero."""

from typing import Any

import torch
from torch import nn

from chatbot_tui.training.recipes import Recipe


def make_optimizer(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """Return the recipe's optimiser over all parameters.

    The weight decay of adam and sgd is coupled: L2, part of the gradient. That of adamw and sgdw is decoupled: each step takes its share
    off the weight itself (Loshchilov and Hutter 2019).
    """
    groups = parameter_groups(recipe, model)
    if recipe.optimizer in ("sgd", "sgdw"):
        sgd = torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum)
        if recipe.optimizer == "sgdw":
            for group in sgd.param_groups:
                group["decoupled_decay"], group["weight_decay"] = group["weight_decay"], 0.0
            sgd.register_step_pre_hook(decay_weights)
        return sgd
    kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
    return kind(groups, lr=recipe.learning_rate, fused=True)


def parameter_groups(recipe: Recipe, model: nn.Module) -> list[dict[str, Any]]:
    """Return all parameters in one group, or the biases in a second one without weight decay."""
    parameters = list(model.parameters())
    if recipe.decay_biases:
        return [{"params": parameters, "weight_decay": recipe.weight_decay}]
    return [
        {"params": [parameter for parameter in parameters if parameter.dim() > 1], "weight_decay": recipe.weight_decay},
        {"params": [parameter for parameter in parameters if parameter.dim() == 1], "weight_decay": 0.0},
    ]


@torch.no_grad()
def decay_weights(optimizer: torch.optim.Optimizer, *_: object) -> None:
    """Take learning rate * decay of every weight that is about to be updated off it."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                parameter.mul_(1 - group["lr"] * group["decoupled_decay"])
