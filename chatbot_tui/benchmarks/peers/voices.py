"""How each kind of peer speaks: one token at a time, from what it keeps of those before."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

from chatbot_tui.benchmarks.peers.kneser_ney import KneserNey
from chatbot_tui.benchmarks.peers.transformer import Past, Transformer
from chatbot_tui.generation.vectors import Vector
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.step import Stepper


class Voice(Protocol):
    """Whatever can go on from a text."""

    def restart(self) -> None:
        """Forget all that was read."""
        ...

    def read(self, tokens: Sequence[int]) -> Vector:
        """Read one or more tokens and return the logits of the next one, [vocabulary]."""
        ...


class RecurrentVoice:
    """An LSTM with its state, token by token as the program runs every LSTM."""

    def __init__(self, model: LanguageModel) -> None:
        self._stepper = Stepper(model)
        self._state = self._stepper.zero_state()

    def restart(self) -> None:
        """Return to the zero state."""
        self._state = self._stepper.zero_state()

    def read(self, tokens: Sequence[int]) -> Vector:
        """Read tokens and return the logits of the next one."""
        for token in tokens[:-1]:
            self._state = self._stepper.step(token, self._state).state
        trace = self._stepper.step(tokens[-1], self._state)
        self._state = trace.state
        return np.asarray(self._stepper.logits(trace.features), np.float64)


class TransformerVoice:
    """A transformer in evaluation mode, with the keys and values of what it has read; where its context is full, half of it stays."""

    def __init__(self, model: Transformer) -> None:
        self._model = model
        self._tokens: list[int] = []
        self._past: Past | None = None

    def restart(self) -> None:
        """Forget all keys and values."""
        self._tokens, self._past = [], None

    @torch.inference_mode()
    def read(self, tokens: Sequence[int]) -> Vector:
        """Read tokens and return the logits of the next one."""
        context = self._model.context
        if len(self._tokens) + len(tokens) > context:
            # Positions are counted from the beginning of what is kept, so that its keys and values have to be made anew.
            tokens = [*self._tokens, *tokens][-max(context // 2, 1) :]
            self.restart()
        self._tokens += tokens
        features, self._past = self._model.hidden(torch.tensor([list(tokens)]), self._past)
        return np.asarray(self._model.fc(features[0, -1]).numpy(), np.float64)


class NgramVoice:
    """Counts, with the tokens that they look at."""

    def __init__(self, model: KneserNey) -> None:
        self._model = model
        self._tokens = model.fresh

    def restart(self) -> None:
        """Return to the beginning of a dialogue."""
        self._tokens = self._model.fresh

    def read(self, tokens: Sequence[int]) -> Vector:
        """Read tokens and return the logits of the next one."""
        self._tokens = self._model.tail((*self._tokens, *tokens))
        return np.log(self._model.distribution(self._tokens))
