"""What the two LSTM recipes share: SGD over rows of one long stream, the state carried on, and the best weights kept."""

import copy
from abc import abstractmethod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from chatbot_tui.benchmarks.peers.learner import Learner
from chatbot_tui.benchmarks.peers.settings import AwdLstmSettings, WordLanguageModelSettings
from chatbot_tui.benchmarks.peers.text import PeerText
from chatbot_tui.model.lstm import LanguageModel, State
from chatbot_tui.training.losses import counted
from chatbot_tui.training.stream import rows

VALID_ROWS = 32
VALID_STEPS = 64
RESET, LENGTH = 1, 2
"""What a random number is drawn for."""


class RecurrentLearner(Learner):
    """Truncated back-propagation through time over an endless stream of shuffled dialogues.

    Raises:
        InputError: the text is too short for the batch.
    """

    def __init__(
        self, model: LanguageModel, text: PeerText, settings: WordLanguageModelSettings | AwdLstmSettings, seed: int, weight_decay: float
    ) -> None:
        super().__init__(model, settings.clip_norm)
        self.model = model
        self._text = text
        self._settings = settings
        self._seed = seed
        self._optimizer = torch.optim.SGD(model.parameters(), lr=settings.learning_rate, weight_decay=weight_decay)
        self._epoch, self._place = 0, 0
        self._rows = self._lay_out()
        self._state = model.zero_state(settings.batch_size)
        self._unseen = 0
        self._best: tuple[float, dict[str, Tensor]] | None = None

    def step(self, spent: float) -> tuple[float, int]:
        """Learn from the next tokens of every row, see Learner."""
        inputs, targets = self._next_window()
        self.model.train()
        with self._low_precision():
            nats, loss, state = self._losses(inputs, targets, counted(inputs, targets, self._text.end))
        self._state = state[0].detach(), state[1].detach()
        self.learning_rate = self._rate(len(inputs))
        self._update(loss, self._optimizer)
        self._after_update(spent)
        self.tokens += inputs.numel()
        self._unseen += inputs.numel()
        return float(nats.detach()), inputs.numel()

    @abstractmethod
    def _losses(self, inputs: Tensor, targets: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, State]:
        """Return the mean of -ln p over the targets that count, what is to be lowered, and the new state."""

    @abstractmethod
    def _rate(self, steps: int) -> float:
        """Return the learning rate for so many time steps."""

    @abstractmethod
    def _judge(self, loss: float) -> None:
        """Draw the conclusions from a loss on held-out text."""

    def _length(self) -> int:
        """Return the length of the next window."""
        return self._settings.sequence_length

    def _after_update(self, spent: float) -> None:
        """Do what is to be done after each step; nothing by default."""

    def _lay_out(self) -> Tensor:
        return torch.from_numpy(rows(self._text.stream(self._epoch, self._seed), self._settings.batch_size)).long()

    def _next_window(self) -> tuple[Tensor, Tensor]:
        """Return the next inputs and their targets, [time, batch], and prepare the state; a new epoch begins at the zero state."""
        if self._place >= len(self._rows) - 1:
            self._epoch, self._place = self._epoch + 1, 0
            self._rows = self._lay_out()
        if self._place == 0:
            self._state = self.model.zero_state(self._settings.batch_size)
        elif self._settings.reset:
            again = np.random.default_rng([self._seed, self.steps, RESET]).random(self._settings.batch_size) < self._settings.reset
            for part in self._state:
                part[:, torch.from_numpy(again)] = 0.0
        window = self._rows[self._place : self._place + self._length() + 1]
        self._place += len(window) - 1
        return window[:-1], window[1:]

    @property
    def due(self) -> bool:
        """Whether enough tokens have been read since the last look."""
        return self._unseen >= self._settings.validate_every

    def look(self) -> None:
        """Take the loss on held-out text, keep the best weights, and draw the recipe's conclusions."""
        self._unseen = 0
        self.valid_loss = self._loss_of_held_out()
        if self.valid_loss is None:
            return
        if self._best is None or self.valid_loss < self._best[0]:
            self._best = self.valid_loss, copy.deepcopy(self.model.state_dict())
        self._judge(self.valid_loss)

    @torch.no_grad()
    def _loss_of_held_out(self) -> float | None:
        """Return nats a token, the state carried on; None without such text."""
        if len(self._text.valid) < 2 * VALID_ROWS:
            return None
        table = torch.from_numpy(rows(self._text.valid, VALID_ROWS)).long()
        self.model.eval()
        total, tokens, state = 0.0, 0, None
        for begin in range(0, len(table) - 1, VALID_STEPS):
            window = table[begin : begin + VALID_STEPS + 1]
            mask = counted(window[:-1], window[1:], self._text.end)
            with self._low_precision():
                features, state = self.model.hidden(window[:-1], state)
                total += float(self._cross_entropy(features, self.model.fc, window[1:], mask)) * int(mask.sum())
            tokens += int(mask.sum())
        return total / max(tokens, 1)

    def conclude(self) -> None:
        """Take the weights that did best on held-out text."""
        self.look()
        if self._best is not None:
            self.model.load_state_dict(self._best[1])

    def progress(self) -> dict[str, Any]:
        """Return all that it takes to go on."""
        return super().progress() | {
            "place": [self._epoch, self._place, self._unseen],
            "state": list(self._state),
            "best": None if self._best is None else [*self._best],
        }

    def restore(self, values: dict[str, Any]) -> None:
        """Go on from what `progress` gave."""
        super().restore(values)
        epoch, self._place, self._unseen = map(int, values["place"])
        if epoch != self._epoch:
            self._epoch = epoch
            self._rows = self._lay_out()
        h, c = values["state"]
        self._state = h, c
        self._best = None if values["best"] is None else (float(values["best"][0]), values["best"][1])


@torch.no_grad()
def initialise_vocabulary(model: LanguageModel) -> None:
    """Draw embedding and output matrix from U(-0.1, 0.1) and set the output bias to 0, as both recipes do."""
    for matrix in {model.embedding.weight, model.fc.weight}:
        matrix.uniform_(-0.1, 0.1)
    model.fc.bias.zero_()
