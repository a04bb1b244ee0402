"""Log-probabilities of many token sequences at once, and the states in between: what evaluation is made of."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from chatbot_tui.model.lstm import LanguageModel, State

Report: TypeAlias = Callable[[int], None]
"""Called with the number of tokens scored since the last call."""

Place: TypeAlias = tuple[int, int]
"""(row, number of its tokens read)."""

Context = TypeVar("Context")
"""What a predictor keeps of the tokens before: a recurrent net its state, others the tokens themselves, in as far as they count."""

BATCH_ROWS = 128
SEGMENT = 64
"""Most time steps that run through the LSTM in one call."""
LOGITS = 1 << 22
"""Most logits that exist at a time: 16 MB stay near the processor."""


@dataclass(frozen=True)
class Scores(Generic[Context]):
    """What a predictor thinks of each row of tokens."""

    log_p: npt.NDArray[np.float64]
    """Sum over each row of ln p(token | those before it), its first token left out, in nats."""
    states: Mapping[Place, Context]
    """The context where it was wanted; of a recurrent net (h, c), each [layers, hidden]."""


class Predictor(Protocol[Context]):
    """Whatever gives tokens a probability after others: nets of every kind, and counts."""

    def score(
        self,
        rows: Sequence[Sequence[int]],
        *,
        initial: Sequence[Context] | None = None,
        keep: Collection[Place] = (),
        report: Report | None = None,
    ) -> Scores[Context]:
        """Read each row of tokens after its context, None for nothing, and add up the log-probabilities of what follows its first token.

        `keep` names where the context is wanted, as (row, number of its tokens read, from 0 to all but one).
        """
        ...


@dataclass(frozen=True)
class Recurrent:
    """A recurrent net in evaluation mode as a predictor: it carries its state on."""

    model: LanguageModel

    def score(
        self,
        rows: Sequence[Sequence[int]],
        *,
        initial: Sequence[State] | None = None,
        keep: Collection[Place] = (),
        report: Report | None = None,
    ) -> Scores[State]:
        """Return what the net thinks of each row, see `score`."""
        return score(self.model, rows, initial=initial, keep=keep, report=report)


def score(
    model: LanguageModel,
    rows: Sequence[Sequence[int]],
    *,
    initial: Sequence[State] | None = None,
    keep: Collection[Place] = (),
    report: Report | None = None,
) -> Scores[State]:
    """Read each row of tokens from its state and add up the log-probabilities of what follows its first token.

    Rows of like length run side by side; what fills up the shorter ones is masked out.

    Args:
        model: A network in evaluation mode.
        rows: Token ids.
        initial: State before each row, h and c [layers, hidden]; None for the fresh state.
        keep: Where the state is wanted: (row, number of its tokens read, from 0 to all but one).
        report: Told of progress.
    """
    log_p = np.zeros(len(rows))
    snapshots: dict[Place, State] = {}
    snapshots_wanted = {(row, step - step % SEGMENT) for row, step in keep}
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    with torch.inference_mode():
        for begin in range(0, len(order), BATCH_ROWS):
            batch = order[begin : begin + BATCH_ROWS]
            state = model.zero_state(len(batch)) if initial is None else stack([initial[row] for row in batch])
            for step, state_before, sums in segments(model, [rows[row] for row in batch], state):
                log_p[batch] += sums
                for column, row in enumerate(batch):
                    if (row, step) in snapshots_wanted:
                        snapshots[row, step] = column_of(state_before, column)
            if report is not None:
                report(sum(predicted(rows[row]) for row in batch))
        return Scores(log_p, read_on(model, rows, snapshots, keep))


def read_on(
    model: LanguageModel, rows: Sequence[Sequence[int]], snapshots: Mapping[Place, State], keep: Collection[Place]
) -> dict[Place, State]:
    """Return the states at `keep` from those at the last multiple of SEGMENT before.

    Cutting the segments themselves wherever a state is wanted would take several times as long: a call on a few steps costs nearly
    as much as one on many.
    """
    states: dict[Place, State] = {}
    for steps in range(SEGMENT):
        places = [place for place in keep if place[1] % SEGMENT == steps]
        for begin in range(0, len(places), BATCH_ROWS):
            batch = places[begin : begin + BATCH_ROWS]
            state = stack([snapshots[row, stop - steps] for row, stop in batch])
            if steps:
                tokens = torch.tensor([list(rows[row][stop - steps : stop]) for row, stop in batch]).t()
                _, state = model.hidden(tokens, state)
            states |= {place: column_of(state, column) for column, place in enumerate(batch)}
    return states


def column_of(state: State, column: int) -> State:
    """Return one row's state, [layers, hidden], of a batch's."""
    return state[0][:, column].clone(), state[1][:, column].clone()


def predicted(row: Sequence[int]) -> int:
    """Return how many tokens of a row are predicted: all but the first."""
    return max(len(row) - 1, 0)


def stack(states: Sequence[State]) -> State:
    """Return states [layers, hidden] side by side: [layers, batch, hidden]."""
    return torch.stack([h for h, _ in states], dim=1), torch.stack([c for _, c in states], dim=1)


def segments(model: LanguageModel, rows: Sequence[Sequence[int]], state: State) -> Iterator[tuple[int, State, npt.NDArray[np.float64]]]:
    """Run rows side by side, SEGMENT steps at a time.

    Yields:
        How many tokens were read before the segment, the state then, and each row's log-probability in the segment.
    """
    lengths = torch.tensor([len(row) for row in rows])
    steps = max(int(lengths.max()) - 1, 0)
    tokens = torch.zeros(steps + 1, len(rows), dtype=torch.int64)
    for column, row in enumerate(rows):
        tokens[: len(row), column] = torch.tensor(row)
    for start in range(0, steps, SEGMENT):
        stop = min(start + SEGMENT, steps)
        before = state
        hidden, state = model.hidden(tokens[start:stop], state)
        scored = torch.arange(start + 1, stop + 1)[:, None] < lengths  # [time, batch]
        log_p = log_probabilities(model.fc, hidden[scored], tokens[start + 1 : stop + 1][scored])
        columns = torch.arange(len(rows)).expand_as(scored)[scored]
        yield start, before, log_p.new_zeros(len(rows)).index_add(0, columns, log_p).numpy()


def log_probabilities(fc: nn.Linear, features: Tensor, targets: Tensor) -> Tensor:
    """Return ln p of `targets` [n] as float64, for what the output layer reads, [n, output_dim]."""
    size = max(LOGITS // fc.out_features, 1)
    pieces = [
        (logits.gather(1, wanted[:, None])[:, 0] - logits.logsumexp(dim=1)).double()
        for part, wanted in zip(torch.split(features, size), torch.split(targets, size), strict=True)
        for logits in (fc(part),)
    ]
    return torch.cat(pieces)
