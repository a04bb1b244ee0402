"""The LSTM that PyTorch's example word_language_model trains: the first one that many people meet."""

import math
from typing import Any

import torch
from torch import Tensor

from chatbot_tui.benchmarks.peers.recurrent import RecurrentLearner, initialise_vocabulary
from chatbot_tui.benchmarks.peers.settings import MAX_PARAMETERS, WordLanguageModelSettings
from chatbot_tui.benchmarks.peers.text import PeerText
from chatbot_tui.core.errors import InputError
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel, State


def config_of(settings: WordLanguageModelSettings, size: int) -> ModelConfig:
    """Return the net's shape for a vocabulary of `size` tokens. Raises InputError where it is too large for this program."""
    config = ModelConfig(size, settings.embedding_dim, settings.hidden_dim, settings.num_layers, dropout=settings.dropout)
    if sum(math.prod(shape) for shape in config.shapes().values()) > MAX_PARAMETERS:
        raise InputError(f"word-language-model has more than {MAX_PARAMETERS:,} parameters: lower hidden_dim or num_layers with --set")
    return config


class WordLanguageModel(RecurrentLearner):
    """Plain SGD whose rate is divided whenever the held-out loss has not fallen."""

    def __init__(self, settings: WordLanguageModelSettings, text: PeerText, seed: int) -> None:
        torch.manual_seed(seed)
        model = LanguageModel(config_of(settings, text.size))
        initialise_vocabulary(model)
        super().__init__(model, text, settings, seed, weight_decay=0.0)
        self._anneal = settings.anneal
        self._present_rate = settings.learning_rate

    def _losses(self, inputs: Tensor, targets: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, State]:
        features, state = self.model.hidden(inputs, self._state)
        loss = self._cross_entropy(features, self.model.fc, targets, mask)
        return loss, loss, state

    def _rate(self, steps: int) -> float:  # noqa: ARG002 (the same for all lengths)
        return self._present_rate

    def _judge(self, loss: float) -> None:
        if self._best is not None and loss > self._best[0]:
            self._present_rate /= self._anneal

    def progress(self) -> dict[str, Any]:
        """Return all that it takes to go on."""
        return super().progress() | {"rate": self._present_rate}

    def restore(self, values: dict[str, Any]) -> None:
        """Go on from what `progress` gave."""
        super().restore(values)
        self._present_rate = float(values["rate"])
