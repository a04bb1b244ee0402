"""What the training of every neural peer has in common: steps that can be taken up anywhere, in bfloat16 where that is quicker."""

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from chatbot_tui.core.errors import InputError
from chatbot_tui.training.device import autocast_dtype
from chatbot_tui.training.losses import cross_entropy

CPU = torch.device("cpu")


class Learner(ABC):
    """The training of one net: a function of the text, the seed, the steps taken, and of how much of the budget is spent."""

    def __init__(self, module: nn.Module, clip_norm: float) -> None:
        self.module = module
        self._clip_norm = clip_norm
        self.steps = 0
        self.tokens = 0
        """Read so far, those of every epoch counted."""
        self.learning_rate = 0.0
        self.valid_loss: float | None = None
        """Latest loss on held-out text, nats a token."""
        self._autocast = autocast_dtype("auto", CPU, self.parameters)

    @property
    def parameters(self) -> int:
        """Numbers that are learnt, tied ones counted once."""
        return sum(parameter.numel() for parameter in self.module.parameters())

    @abstractmethod
    def step(self, spent: float) -> tuple[float, int]:
        """Take one step of the optimiser.

        Args:
            spent: Share of the budget that is spent, from 0 to 1.

        Returns:
            The mean loss in nats a token, and the tokens read.

        Raises:
            InputError: the training has diverged.
        """

    @property
    @abstractmethod
    def due(self) -> bool:
        """Whether the recipe wants a look at held-out text now."""

    @abstractmethod
    def look(self) -> None:
        """Look at held-out text, and draw the recipe's conclusions."""

    @abstractmethod
    def conclude(self) -> None:
        """Put the weights that the recipe would keep into the net, which then learns no more."""

    def progress(self) -> dict[str, Any]:
        """Return all that it takes to go on, as torch saves and loads it."""
        return {
            "module": self.module.state_dict(),
            "steps": self.steps,
            "tokens": self.tokens,
            "valid_loss": self.valid_loss,
            "random": torch.get_rng_state(),
        }

    def restore(self, values: dict[str, Any]) -> None:
        """Go on from what `progress` gave."""
        self.module.load_state_dict(values["module"])
        self.steps, self.tokens = int(values["steps"]), int(values["tokens"])
        self.valid_loss = None if values["valid_loss"] is None else float(values["valid_loss"])
        torch.set_rng_state(values["random"])

    def _low_precision(self) -> torch.autocast:
        return torch.autocast("cpu", self._autocast, enabled=self._autocast is not None)

    def _cross_entropy(self, features: Tensor, fc: nn.Linear, targets: Tensor, mask: Tensor) -> Tensor:
        """Return the mean of -ln p over the targets that count."""
        return cross_entropy(features, fc, targets, mask, fused=self._autocast is not None)

    def _update(self, loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Follow the gradient of a loss. Raises InputError where that is no number."""
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
        norm = float(nn.utils.clip_grad_norm_(self.module.parameters(), self._clip_norm or math.inf))
        if not math.isfinite(norm):
            raise InputError(f"training diverged at step {self.steps}: lower learning_rate with --set, in another folder with --out")
        for group in optimizer.param_groups:
            group["lr"] = self.learning_rate
        optimizer.step()
        self.steps += 1
