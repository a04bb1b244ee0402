"""What can be changed in a run under way: settings turned, and the sabotages and remedies of the laboratory."""

from dataclasses import replace
from typing import Any

import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.lab import INTERVENTIONS, LIVE_KNOBS
from chatbot_tui.training.loop import Trainer
from chatbot_tui.training.optimisers import make_optimizer
from chatbot_tui.training.recipes import NUMBERS, Recipe, read_value

RATE_FACTOR = 30.0
ALMOST_ZERO = 0.001
"""Upper bound of the article's initialiser."""
DECAY = 0.1
COUPLED = {"adamw": "adam", "sgdw": "sgd", "muon": "adam"}
"""The optimiser whose weight decay is part of the gradient, for those where it is not."""
ADAM_RATE = 0.002
DROPOUT = 0.95


def turn_knob(trainer: Trainer, key: str, text: str) -> str:
    """Change one of LIVE_KNOBS from the next step on, and say so. Raises InputError, the run as it was."""
    if key not in LIVE_KNOBS:
        raise InputError(f"{key} cannot change in mid-run: stop, change it, and start again")
    value = read_value(text)
    before = getattr(trainer.recipe, key)
    adopt(trainer, replace(trainer.recipe, **{key: value}))
    return f"{key} from {before} to {value}"


def intervene(trainer: Trainer, name: str, original: Recipe) -> str:
    """Do what INTERVENTIONS says under that name, and return its meaning; `original` is the recipe as the run began. Raises InputError."""
    meaning = next((entry.meaning for entry in INTERVENTIONS if entry.name == name), None)
    recipe = trainer.recipe
    changes: dict[str, Any] = {}
    match name:
        case "rate":
            changes = {"learning_rate": min(recipe.learning_rate * RATE_FACTOR, NUMBERS["learning_rate"][1])}
        case "near-zero":
            redraw_lstm(trainer)
        case "decay":
            changes = {"optimizer": COUPLED.get(recipe.optimizer, recipe.optimizer), "weight_decay": DECAY, "decay_biases": False}
        case "alike":
            make_identical(trainer)
        case "unshifted":
            changes = {"shift_targets": False}
        case "dropout":
            changes = {"dropout": DROPOUT}
        case "adam":
            changes = {"optimizer": "adam", "learning_rate": ADAM_RATE}
        case "mend":
            recipe = original
    if meaning is None:
        raise InputError(f"there is no intervention {name!r}: use one of {', '.join(entry.name for entry in INTERVENTIONS)}")
    adopt(trainer, replace(recipe, **changes))
    return meaning


def adopt(trainer: Trainer, recipe: Recipe) -> None:
    """Go on by another recipe, in as far as it can still matter; an optimiser of the same kind keeps what it has learnt."""
    old = trainer.recipe
    trainer.recipe = trainer.batches.recipe = recipe
    if (old.optimizer, old.decay_biases) != (recipe.optimizer, recipe.decay_biases):
        trainer.optimizer = make_optimizer(recipe, trainer.model)
    else:
        for group in trainer.optimizer.param_groups:
            if group["decays"]:
                group["decoupled_decay" if "decoupled_decay" in group else "weight_decay"] = recipe.weight_decay
            if recipe.optimizer in ("sgd", "sgdw"):
                group["momentum"] = recipe.momentum
    model = trainer.model
    model.config = replace(model.config, dropout=recipe.dropout)
    model.dropout.p = recipe.dropout
    model.lstm.dropout = recipe.dropout if model.config.num_layers > 1 else 0.0


@torch.no_grad()
def redraw_lstm(trainer: Trainer) -> None:
    """Draw every weight and bias of the LSTM from U(0, 0.001), a function of the recipe's seed and the step."""
    random = torch.Generator().manual_seed(trainer.recipe.seed + trainer.step)
    for parameter in trainer.model.lstm.parameters():
        parameter.copy_(torch.rand(parameter.shape, generator=random) * ALMOST_ZERO)


@torch.no_grad()
def make_identical(trainer: Trainer) -> None:
    """Give every token the mean of all embeddings."""
    weight = trainer.model.embedding.weight
    weight.copy_(weight.mean(dim=0, keepdim=True).expand_as(weight).clone())
