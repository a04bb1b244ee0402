"""How gradients become steps: the optimisers, and the two ways in which each can pull weights towards zero."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from chatbot_tui.training.recipes import Recipe

VOCABULARY_SIDE = ("embedding", "fc")
"""Names of the parameters with a row a token, in which a step moves the rows of the tokens seen."""


def make_optimizer(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """Return the recipe's optimiser over all parameters.

    The weight decay of adam and sgd is coupled: L2, part of the gradient. That of adamw and sgdw is decoupled: each step takes its share
    off the weight itself (Loshchilov and Hutter 2019), as is that of muon.
    """
    if recipe.optimizer == "muon":
        return MuonAdamW(recipe, model)
    groups = parameter_groups(recipe, list(model.parameters()))
    if recipe.optimizer in ("sgd", "sgdw"):
        sgd = torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum)
        if recipe.optimizer == "sgdw":
            for group in sgd.param_groups:
                group["decoupled_decay"], group["weight_decay"] = group["weight_decay"], 0.0
            sgd.register_step_pre_hook(decay_weights)
        return sgd
    kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
    return kind(groups, lr=recipe.learning_rate, fused=True)


class MuonAdamW(torch.optim.Optimizer):
    """Muon for the matrices that read and write the hidden state (Jordan et al. 2024), AdamW for embedding, output layer and biases.

    Muon makes all directions of a step equally long: the rare ones of a gradient, which a step by value or by sign hardly sees, are
    learnt as fast as the strong ones. Its steps are scaled to the size of AdamW's (Liu et al. 2025): one learning rate does for both.
    """

    def __init__(self, recipe: Recipe, model: nn.Module) -> None:
        named = dict(model.named_parameters())
        matrices = [parameter for name, parameter in named.items() if parameter.dim() == 2 and not name.startswith(VOCABULARY_SIDE)]
        chosen = {id(parameter) for parameter in matrices}
        others = [parameter for parameter in named.values() if id(parameter) not in chosen]
        rate = recipe.learning_rate
        self._muon = torch.optim.Muon(parameter_groups(recipe, matrices)[:1], lr=rate, adjust_lr_fn="match_rms_adamw")
        self._adamw = torch.optim.AdamW(parameter_groups(recipe, others), lr=rate, fused=True)
        super().__init__([*self._muon.param_groups, *self._adamw.param_groups], {})
        self._share()

    def _share(self) -> None:
        """Let both optimisers work on the groups and the state that this one shows, saves and restores."""
        self._muon.param_groups, self._adamw.param_groups = self.param_groups[:1], self.param_groups[1:]
        self._muon.state = self._adamw.state = self.state

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Take a step with both."""
        loss = self._muon.step(closure)  # type: ignore[no-untyped-call]  # torch leaves it without types
        self._adamw.step()
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what state_dict gave."""
        super().load_state_dict(state_dict)
        self._share()


def parameter_groups(recipe: Recipe, parameters: Sequence[nn.Parameter]) -> list[dict[str, Any]]:
    """Return parameters in one group, or the biases in a second one without weight decay; `decays` tells which is which."""
    if recipe.decay_biases:
        return [{"params": list(parameters), "weight_decay": recipe.weight_decay, "decays": True}]
    return [
        {"params": [parameter for parameter in parameters if parameter.dim() > 1], "weight_decay": recipe.weight_decay, "decays": True},
        {"params": [parameter for parameter in parameters if parameter.dim() == 1], "weight_decay": 0.0, "decays": False},
    ]


@torch.no_grad()
def decay_weights(optimizer: torch.optim.Optimizer, *_: object) -> None:
    """Take learning rate * decay of every weight that is about to be updated off it."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                parameter.mul_(1 - group["lr"] * group["decoupled_decay"])
