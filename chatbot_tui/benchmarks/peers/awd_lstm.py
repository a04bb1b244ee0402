"""AWD-LSTM (Merity et al. 2018): an LSTM regularised everywhere, its weights averaged at the end."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from chatbot_tui.benchmarks.peers.recurrent import LENGTH, RecurrentLearner, initialise_vocabulary
from chatbot_tui.benchmarks.peers.settings import AwdLstmSettings
from chatbot_tui.benchmarks.peers.text import PeerText
from chatbot_tui.core.errors import InputError
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel, State

PROPORTION = 1150 / 400
"""Cells of the inner layers to the width of the embedding, in the paper."""
SHORTEST = 5
"""Time steps in a window, at least."""


def config_of(settings: AwdLstmSettings, size: int, parameters: int) -> ModelConfig:
    """Return the widest net of the paper's proportions with at most `parameters` numbers. Raises InputError where there is none."""
    widest = None
    for width in range(1, 1 << 14):
        cells = max(width, round(PROPORTION * width))
        config = ModelConfig(size, width, cells, settings.num_layers, tied=True, hidden_dims=(*[cells] * (settings.num_layers - 1), width))
        if sum(int(np.prod(shape)) for shape in config.shapes().values()) > parameters:
            break
        widest = config
    if widest is None:
        raise InputError(f"no awd-lstm for {size:,} tokens has as few as {parameters:,} parameters: give more with --parameters")
    return widest


class AwdNet(LanguageModel):
    """The net; its regularised form is for training, `hidden` for all else."""

    def regularised(self, tokens: Tensor, state: State, settings: AwdLstmSettings) -> tuple[Tensor, Tensor, State]:
        """Return what the output layer reads, the same before its dropout, both [time, batch, width], and the new state."""
        words = locked(torch.ones(1, self.config.vocab_size, 1), settings.word_dropout)[0]
        x = locked(self.embedding(tokens) * words[tokens], settings.input_dropout)
        self.recurrent_dropout = settings.weight_drop
        raw, hs, cs = x, [], []
        for layer in range(self.config.num_layers):
            initial = [part[layer : layer + 1, :, : self.config.units[layer]].to(x.dtype).contiguous() for part in state]
            raw, h, c = torch.lstm(x, initial, self._kept_weights(layer), True, 1, 0.0, True, False, False)
            last = layer == self.config.num_layers - 1
            x = locked(raw, settings.output_dropout if last else settings.hidden_dropout)
            hs.append(self._widened(h))
            cs.append(self._widened(c))
        return x, raw, (torch.cat(hs), torch.cat(cs))


def locked(x: Tensor, p: float) -> Tensor:
    """Drop the same units of x [time, batch, width] at all time steps (Gal and Ghahramani 2016)."""
    return x * functional.dropout(x.new_ones(1, *x.shape[1:]), p)


class AwdLstm(RecurrentLearner):
    """Non-monotonically triggered averaged SGD over windows of varying length."""

    def __init__(self, settings: AwdLstmSettings, text: PeerText, seed: int, parameters: int) -> None:
        torch.manual_seed(seed)
        model = AwdNet(config_of(settings, text.size, parameters))
        initialise_vocabulary(model)
        super().__init__(model, text, settings, seed, settings.weight_decay)
        self.net = model
        self.settings = settings
        self._losses_so_far: list[float] = []
        self._averaged = 0
        self._average: list[Tensor] = []

    def _losses(self, inputs: Tensor, targets: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, State]:
        features, raw, state = self.net.regularised(inputs, self._state, self.settings)
        nats = self._cross_entropy(features, self.model.fc, targets, mask)
        loss = nats + self.settings.activation_penalty * features.float().square().mean()
        if len(raw) > 1:
            loss = loss + self.settings.temporal_penalty * (raw[1:] - raw[:-1]).float().square().mean()
        return nats, loss, state

    def _length(self) -> int:
        """Return a length around the mean, or around half of it one time in twenty."""
        random = np.random.default_rng([self._seed, self.steps, LENGTH])
        mean = self.settings.sequence_length * (1.0 if random.random() < 0.95 else 0.5)
        return max(SHORTEST, int(random.normal(mean, SHORTEST)))

    def _rate(self, steps: int) -> float:
        """Return a learning rate in proportion to the length, so that short windows do not count for more."""
        return self.settings.learning_rate * steps / self.settings.sequence_length

    @torch.no_grad()
    def _after_update(self, spent: float) -> None:
        if not self._averaged and spent < self.settings.average_from:
            return
        weights = list(self.model.parameters())
        self._averaged += 1
        if not self._average:
            self._average = [weight.detach().clone() for weight in weights]
        for mean, weight in zip(self._average, weights, strict=True):
            mean.lerp_(weight, 1 / self._averaged)

    def look(self) -> None:
        """Look at held-out text with the averaged weights where there are such."""
        self._swap()
        super().look()
        self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        """Exchange the weights with their averages."""
        for mean, weight in zip(self._average, self.model.parameters(), strict=False):
            present = weight.detach().clone()
            weight.copy_(mean)
            mean.copy_(present)

    def _judge(self, loss: float) -> None:
        """Begin to average once a loss is worse than the best of those that are `patience` or more looks back."""
        earlier = self._losses_so_far[: -self.settings.patience]
        if not self._averaged and earlier and loss > min(earlier):
            self._averaged = 1
            self._average = [weight.detach().clone() for weight in self.model.parameters()]
        self._losses_so_far.append(loss)

    def progress(self) -> dict[str, Any]:
        """Return all that it takes to go on."""
        return super().progress() | {"averaged": self._averaged, "average": self._average, "losses": self._losses_so_far}

    def restore(self, values: dict[str, Any]) -> None:
        """Go on from what `progress` gave."""
        super().restore(values)
        self._averaged, self._average = int(values["averaged"]), list(values["average"])
        self._losses_so_far = [float(loss) for loss in values["losses"]]
