"""How the transformer learns: AdamW with warm-up and cosine, over windows that begin where dialogues do."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from chatbot_tui.benchmarks.peers.learner import Learner
from chatbot_tui.benchmarks.peers.ngrams import Counts
from chatbot_tui.benchmarks.peers.settings import TransformerSettings
from chatbot_tui.benchmarks.peers.text import PeerText
from chatbot_tui.benchmarks.peers.transformer import Transformer, width_of
from chatbot_tui.core.errors import InputError
from chatbot_tui.training.losses import counted
from chatbot_tui.training.schedule import learning_rate
from chatbot_tui.training.stream import Tokens

BETAS = 0.9, 0.95
"""As in GPT-3 (Brown et al. 2020)."""
PARTS = 100_000
"""Steps into which the schedule cuts the budget."""
LOOKS = 10
"""Looks at held-out text in a budget; nothing depends on them."""
VALID_BATCH = 16
ORDER = 3
"""What a random number is drawn for."""


class TransformerLearner(Learner):
    """Every window of an epoch once, in random order.

    Raises:
        InputError: the text is shorter than a window.
    """

    def __init__(self, settings: TransformerSettings, text: PeerText, seed: int, parameters: int) -> None:
        torch.manual_seed(seed)
        model = Transformer(text.size, width_of(settings, text.size, parameters), settings)
        super().__init__(model, settings.clip_norm)
        self.model = model
        self._text = text
        self._settings = settings
        self._seed = seed
        matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
        vectors = [parameter for parameter in model.parameters() if parameter.dim() == 1]
        groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=BETAS, fused=True)
        self._epoch, self._place = 0, 0
        self._spent, self._looks = 0.0, 0
        self._stream, self._starts = self._lay_out()

    def step(self, spent: float) -> tuple[float, int]:
        """Learn from the next windows, see Learner."""
        settings = self._settings
        window = self._next_windows()
        inputs, targets = window[:, :-1], window[:, 1:]
        self.model.train()
        with self._low_precision():
            features, _ = self.model.hidden(inputs)
            loss = self._cross_entropy(features, self.model.fc, targets, counted(inputs, targets, self._text.end))
        warmup = round(settings.warmup_share * PARTS)
        self.learning_rate = learning_rate(round(spent * PARTS), PARTS, settings.learning_rate, warmup, "cosine", settings.final_share)
        self._update(loss, self._optimizer)
        self.tokens += inputs.numel()
        self._spent = spent
        return float(loss.detach()), inputs.numel()

    def _next_windows(self) -> Tensor:
        if self._place >= len(self._starts):
            self._epoch, self._place = self._epoch + 1, 0
            self._stream, self._starts = self._lay_out()
        starts = self._starts[self._place : self._place + self._settings.batch_size]
        self._place += len(starts)
        return torch.from_numpy(self._stream[starts[:, None] + np.arange(self._settings.context + 1)]).long()

    def _lay_out(self) -> tuple[Tokens, Counts]:
        stream = self._text.stream(self._epoch, self._seed)
        starts = window_starts(stream, self._text.end, self._settings.context)
        return stream, np.random.default_rng([self._seed, self._epoch, ORDER]).permutation(starts)

    @property
    def due(self) -> bool:
        """Whether another tenth of the budget is spent."""
        return int(self._spent * LOOKS) > self._looks

    @torch.no_grad()
    def look(self) -> None:
        """Take the loss on windows of held-out text, nats a token."""
        self._looks = int(self._spent * LOOKS)
        context, valid = self._settings.context, self._text.valid
        if len(valid) <= context:
            return
        starts = np.arange(0, len(valid) - context, context)
        self.model.eval()
        total, tokens = 0.0, 0
        for begin in range(0, len(starts), VALID_BATCH):
            window = torch.from_numpy(valid[starts[begin : begin + VALID_BATCH, None] + np.arange(context + 1)]).long()
            mask = counted(window[:, :-1], window[:, 1:], self._text.end)
            with self._low_precision():
                features, _ = self.model.hidden(window[:, :-1])
                total += float(self._cross_entropy(features, self.model.fc, window[:, 1:], mask)) * int(mask.sum())
            tokens += int(mask.sum())
        self.valid_loss = total / max(tokens, 1)

    def conclude(self) -> None:
        """Keep the last weights: the learning rate has come to its end."""
        self.look()

    def progress(self) -> dict[str, Any]:
        """Return all that it takes to go on."""
        return super().progress() | {
            "optimizer": self._optimizer.state_dict(),
            "place": [self._epoch, self._place, self._looks],
        }

    def restore(self, values: dict[str, Any]) -> None:
        """Go on from what `progress` gave."""
        super().restore(values)
        self._optimizer.load_state_dict(values["optimizer"])
        epoch, self._place, self._looks = map(int, values["place"])
        if epoch != self._epoch:
            self._epoch = epoch
            self._stream, self._starts = self._lay_out()


def window_starts(stream: Tokens, end: int, context: int) -> Counts:
    """Return where windows of `context` inputs begin: at the beginning of each dialogue, and every `context` tokens from there.

    A window goes on into the next dialogue, which then has one of its own, so that no position of a batch is left empty and what
    the net sees most at the first position is what it will be measured on: the beginning of a dialogue. Dialogues begin with an
    end-of-turn that follows another.

    Raises:
        InputError: the text is shorter than a window.
    """
    last = len(stream) - context - 1
    if last < 0:
        raise InputError(
            f"the corpus has {len(stream):,} tokens, too few for a context of {context:,}: lower context with --set or add text"
        )
    opens = stream == end
    opens[1:] &= opens[:-1]
    begins = np.union1d([0], np.flatnonzero(opens))
    pieces = -(-np.diff(np.append(begins, len(stream))) // context)
    first = np.repeat(begins, pieces)
    number = np.arange(len(first)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return np.unique(np.minimum(first + context * number, last))
