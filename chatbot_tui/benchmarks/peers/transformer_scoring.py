"""The transformer as a predictor: long dialogues through a sliding window, many candidates after one context."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from chatbot_tui.benchmarks.peers.transformer import Transformer
from chatbot_tui.training.scoring import Place, Report, Scores, log_probabilities

Given: TypeAlias = tuple[int, ...]
"""The tokens before a row, as many of them as may count."""

BATCH_TOKENS = 1 << 13
"""Positions that run through the net in one call."""


@dataclass(frozen=True)
class Window:
    """A stretch of a row that fits the context."""

    row: int
    tokens: tuple[int, ...]
    first: int
    """The first token of it that is scored; before it stand at least half a context, or all that there is."""


@dataclass(frozen=True)
class Sliding:
    """A transformer in evaluation mode as a predictor.

    It sees no more than its context. What is longer is read through a window that slides on by half a context, so that every token
    is predicted from at least half a context, or from all that stands before it. Where the candidates for one reply fit the
    context together with half a context or more of what was said, they are read after as much of it as leaves room for the longest.
    """

    model: Transformer

    def score(
        self,
        rows: Sequence[Sequence[int]],
        *,
        initial: Sequence[Given] | None = None,
        keep: Collection[Place] = (),
        report: Report | None = None,
    ) -> Scores[Given]:
        """Return what the net thinks of each row, see Predictor."""
        log_p = np.zeros(len(rows))
        given: Sequence[Given] = [()] * len(rows) if initial is None else initial
        with torch.inference_mode():
            for context, group in groupby(range(len(rows)), key=lambda row: given[row]):
                members = list(group)
                longest = max(len(rows[row]) for row in members)
                if context and longest <= self.model.context - self.model.context // 2:
                    self._after_one(context[-(self.model.context - longest) :], rows, members, log_p)
                else:
                    self._through_windows([(row, (*context, *rows[row]), len(context) + 1) for row in members], log_p)
                if report is not None:
                    report(sum(max(len(rows[row]) - 1, 0) for row in members))
        kept = {(row, step): tuple(rows[row][max(step - self.model.context, 0) : step]) for row, step in keep}
        return Scores(log_p, kept)

    def _through_windows(self, texts: Sequence[tuple[int, Given, int]], log_p: npt.NDArray[np.float64]) -> None:
        """Add up the log-probabilities of texts; each is (row, tokens, first token that counts)."""
        windows = [window for row, tokens, first in texts for window in slide(row, tokens, first, self.model.context)]
        windows.sort(key=lambda window: -len(window.tokens))
        begin = 0
        while begin < len(windows):
            batch = windows[begin : begin + max(1, BATCH_TOKENS // len(windows[begin].tokens))]
            begin += len(batch)
            tokens = filled([window.tokens for window in batch])
            features, _ = self.model.hidden(tokens[:, :-1])
            self._add(features, tokens, batch, log_p)

    def _after_one(self, context: Given, rows: Sequence[Sequence[int]], members: Sequence[int], log_p: npt.NDArray[np.float64]) -> None:
        """Add up the log-probabilities of rows that all follow the same context, which is read once."""
        _, past = self.model.hidden(torch.tensor([context]))
        tokens = filled([tuple(rows[row]) for row in members])
        if tokens.shape[1] > 1:
            sides = len(members), -1, -1, -1
            features, _ = self.model.hidden(tokens[:, :-1], [(key.expand(sides), value.expand(sides)) for key, value in past])
            self._add(features, tokens, [Window(row, tuple(rows[row]), 1) for row in members], log_p)

    def _add(self, features: torch.Tensor, tokens: torch.Tensor, windows: Sequence[Window], log_p: npt.NDArray[np.float64]) -> None:
        lengths = torch.tensor([len(window.tokens) for window in windows])[:, None]
        first = torch.tensor([window.first for window in windows])[:, None]
        place = torch.arange(1, tokens.shape[1])
        scored = (place >= first) & (place < lengths)
        row = torch.tensor([window.row for window in windows])[:, None].expand_as(scored)[scored]
        np.add.at(log_p, row.numpy(), log_probabilities(self.model.fc, features[scored], tokens[:, 1:][scored]).numpy())


def slide(row: int, tokens: Given, first: int, context: int) -> Iterator[Window]:
    """Yield windows of at most `context` inputs and the token after each, which together score every token from `first` on, once."""
    step = context - context // 2
    scored = first
    while scored < len(tokens):
        stop = min(len(tokens), max(scored + step, context + 1))
        begin = max(stop - context - 1, 0)
        yield Window(row, tokens[begin:stop], scored - begin)
        scored = stop


def filled(rows: Sequence[Given]) -> torch.Tensor:
    """Return rows side by side, [rows, longest], the shorter ones filled up; causal attention never looks at what comes after."""
    table = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.int64)
    for index, row in enumerate(rows):
        table[index, : len(row)] = torch.tensor(row)
    return table
