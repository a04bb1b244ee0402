"""Which tokens each optimiser step trains on: a function of the step alone, so that a run can be taken up anywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from chatbot_tui.training.losses import counted
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.stream import (
    Dialogues,
    EncodedCorpus,
    Tokens,
    chunks_in,
    epoch_choice,
    epoch_length,
    epoch_stream,
    openings,
    row_length,
    rows,
)


@dataclass(frozen=True)
class Batch:
    """The text of one step. The first columns go on where the step before ended, the others begin from the zero state."""

    inputs: Tensor
    """Token ids, [time, columns]."""
    targets: Tensor
    """The token after each input, or by mistake the input itself, [time, columns]."""
    counted: Tensor
    """Which targets enter the loss, [time, columns]."""
    carried: int
    """How many columns carry their state on to the next step."""
    first_of_epoch: bool
    """No state is carried into this step: another epoch's text begins."""


class Batches:
    """The text of a run, cut into steps.

    Raises:
        InputError: the text is too short for the recipe's batch.
    """

    def __init__(self, recipe: Recipe, corpora: Sequence[EncodedCorpus], end: int, device: torch.device) -> None:
        self.recipe = recipe
        """Settings of the steps to come."""
        self._corpora = corpora
        self._end = end
        self._device = device
        self._chunks: list[int] = []
        self._epoch = -1
        self._rows = torch.zeros(0, dtype=torch.long)
        self._choice: list[Dialogues] = []
        self._chunks_of(0)
        self.total_steps = recipe.steps or max(1, self._steps_for(recipe.epochs))
        self.positions = (recipe.batch_size + recipe.fresh_rows) * recipe.sequence_length
        """Positions that a step reads."""

    def streams(self) -> Iterator[Tokens]:
        """Yield the token stream of every epoch that the run sees, for counting."""
        for epoch in range(self.locate(self.total_steps - 1)[0] + 1):
            yield epoch_stream(self._corpora, epoch, self.recipe.seed)

    def locate(self, step: int) -> tuple[int, int]:
        """Return (epoch, chunk) of an optimiser step."""
        epoch = 0
        while step >= self._chunks_of(epoch):
            step -= self._chunks_of(epoch)
            epoch += 1
        return epoch, step

    def at(self, step: int) -> Batch:
        """Return the batch of an optimiser step, counted from 0."""
        recipe = self.recipe
        epoch, chunk = self.locate(step)
        if epoch != self._epoch:
            self._rows = torch.from_numpy(rows(epoch_stream(self._corpora, epoch, recipe.seed), recipe.batch_size))
            self._choice = epoch_choice(self._corpora, epoch, recipe.seed) if recipe.fresh_rows else []
            self._epoch = epoch
        start = chunk * recipe.sequence_length
        window = self._rows[start : start + recipe.sequence_length + 1]
        if recipe.fresh_rows:
            key = (recipe.seed, step, 1)
            # Filled up with end-of-turn tokens, of which none that follows another counts.
            fresh = openings(self._corpora, self._choice, recipe.fresh_rows, len(window), self._end, key, recipe.fresh_anywhere)
            window = torch.cat([window, torch.from_numpy(fresh)], dim=1)
        window = window.long().to(self._device)
        inputs, following = window[:-1], window[1:]
        mask = counted(inputs, following, self._end)
        if recipe.count_padding:
            mask[:, recipe.batch_size :] = True
        return Batch(inputs, following if recipe.shift_targets else inputs, mask, recipe.batch_size, chunk == 0)

    def _chunks_of(self, epoch: int) -> int:
        """Return how many steps an epoch takes: with shares, each sees other dialogues and has a length of its own."""
        while len(self._chunks) <= epoch:
            tokens = epoch_length(self._corpora, len(self._chunks), self.recipe.seed)
            self._chunks.append(chunks_in(row_length(tokens, self.recipe.batch_size), self.recipe.sequence_length))
        return self._chunks[epoch]

    def _steps_for(self, epochs: float) -> int:
        whole = int(epochs)
        part = epochs - whole
        return sum(self._chunks_of(epoch) for epoch in range(whole)) + (round(part * self._chunks_of(whole)) if part else 0)
