"""One step as a record: exact figures over the whole vocabulary, before and after the samplers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.frames import Candidate, CollapseReading, Counterfactual, Gates, LayerState, StepFrame, Weighing
from chatbot_tui.generation.counterfactuals import others_from
from chatbot_tui.generation.drawing import Drawn
from chatbot_tui.generation.sampler import STAGES, Draw
from chatbot_tui.generation.vectors import Ids, largest
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.step import StepState, StepTrace
from chatbot_tui.signals.divergence import entropy, unigram
from chatbot_tui.signals.saturation import saturation

Vector = npt.NDArray[np.float64]

RULER_TOKENS = 8


_STAGE_NAMES = (*STAGES, None)
"""By what `cut_by` holds: -1, the last, is no stage."""


@dataclass(frozen=True, slots=True)
class ModelView:
    """The model's distribution at one step, before any sampler."""

    logits: Vector
    below: Vector
    """Logits less the largest."""
    p: Vector
    entropy: float
    """Nats."""
    kl_unigram: float | None
    """KL(p || u) in nats; None without counts."""


class Measure:
    """Turns logits, traces and draws of one net into frames."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._texts = checkpoint.tokenizer.texts
        self._end = checkpoint.tokenizer.end_id
        self._log_u: Vector | None = None if checkpoint.counts is None else np.log(unigram(checkpoint.counts.numpy()))
        config = checkpoint.model.config
        self._cells = None if config.uniform else config.units
        self._directions = orthonormal_pair(config.outputs[-1])

    def view(self, logits: Vector) -> ModelView:
        """Return softmax, entropy and divergence from the training frequencies."""
        below = logits - logits.max()
        p = np.exp(below)
        total = p.sum()
        p /= total
        nats = max(0.0, float(np.log(total)) - float(p @ below))
        return ModelView(logits, below, p, nats, None if self._log_u is None else max(0.0, -nats - float(p @ self._log_u)))

    def candidates(self, ids: Ids, view: ModelView, drawn: Draw, ranks: Iterable[int | None] = repeat(None)) -> list[Candidate]:
        """Describe tokens by id."""
        tokens = ids.tolist()
        texts = map(self._texts.__getitem__, tokens)
        figures = (array[ids].tolist() for array in (view.logits, view.p, drawn.p_sampled))
        stages = map(_STAGE_NAMES.__getitem__, drawn.cut_by[ids].tolist())
        return list(map(Candidate, tokens, texts, *figures, stages, ranks))

    def frame(
        self,
        drawn: Drawn,
        view: ModelView,
        *,
        text: str,
        top: int | None,
        pinned: Sequence[int],
        collapse: CollapseReading,
        weighing: Weighing | None = None,
    ) -> StepFrame:
        """Put together everything that is known of one token."""
        moment, draw, token = drawn.moment, drawn.draw, drawn.draw.token
        at, head = moment.at, moment.head
        size = len(view.p)
        place = rank(view.logits, token, head)
        listed = head[:top] if top is not None and top <= len(head) else largest(view.logits, size if top is None else top)
        if place >= len(listed):
            listed = np.append(listed, token)
        top_candidates = self.candidates(listed, view, draw)
        kept = draw.distribution.kept
        p_kept = draw.p_sampled if len(kept) == size else draw.p_sampled[kept]
        walk = kept[largest(p_kept, min(RULER_TOKENS, len(kept)))].tolist()
        if token not in walk:
            walk.append(token)
        u = at.uniform() if draw.u is None else draw.u
        others = others_from(view.below, view.p, head, at.banned, u)
        return StepFrame(
            step=at.step,
            token=token,
            text=text,
            p_model=float(view.p[token]),
            p_sampled=float(draw.p_sampled[token]),
            rank=place,
            entropy=view.entropy,
            entropy_sampled=0.0 if draw.distribution.greedy else entropy(p_kept),
            u=draw.u,
            top=tuple(top_candidates),
            tail_p_model=tail(view.p, listed),
            tail_p_sampled=tail(draw.p_sampled, listed),
            vocabulary_size=size,
            kept=int(np.count_nonzero(p_kept)),
            cuts=draw.distribution.cuts,
            ruler=self._among(top_candidates, walk, view, draw),
            drawn_from=draw.drawn_from,
            counterfactuals=tuple(Counterfactual(name, other, self._texts[other]) for name, other in others.items()),
            pinned=self._watched(pinned, view, draw, head),
            state=layer_states(moment.trace, moment.previous, self._cells),
            h_position=self._position(moment.trace),
            collapse=collapse,
            is_end=token == self._end,
            mirostat_mu=None if draw.distribution.mirostat is None else draw.distribution.mirostat.mu,
            sampling=moment.settings,
            weighing=weighing,
        )

    def _among(self, known: Sequence[Candidate], tokens: Sequence[int], view: ModelView, drawn: Draw) -> tuple[Candidate, ...]:
        """Describe tokens most of which are described already."""
        described = {candidate.token: candidate for candidate in known}
        missing = [token for token in tokens if token not in described]
        if missing:
            described |= {candidate.token: candidate for candidate in self.candidates(np.asarray(missing, np.int64), view, drawn)}
        return tuple(described[token] for token in tokens)

    def _watched(self, pinned: Sequence[int], view: ModelView, drawn: Draw, head: Ids) -> tuple[Candidate, ...]:
        ranks = [rank(view.logits, token, head) for token in pinned]
        return tuple(self.candidates(np.asarray(pinned, np.int64), view, drawn, ranks))

    def _position(self, trace: StepTrace) -> tuple[float, float]:
        x, y = (self._directions @ trace.state.h[-1, : self._directions.shape[1]]).tolist()
        return x, y


def layer_states(trace: StepTrace, previous: StepState, cells: Sequence[int] | None = None) -> tuple[LayerState, ...]:
    """Return norms, change, gate means and saturation of every layer; `cells` of each where the layers' widths differ."""
    h, gates = trace.state.h, trace.gates
    vectors = np.empty((3, *h.shape))  # h, c, change of h
    vectors[0], vectors[1] = h, trace.state.c
    np.subtract(vectors[0], previous.h, out=vectors[2])
    norms = np.sqrt(np.einsum("klh,klh->lk", vectors, vectors)).tolist()
    if cells is None:
        means = (np.add.reduce(gates, axis=2, dtype=np.float64) / gates.shape[2]).tolist()
        stuck = saturation(gates).tolist()
    else:
        own = [layer[:, :count] for layer, count in zip(gates, cells, strict=True)]
        means = [layer.mean(axis=1, dtype=np.float64).tolist() for layer in own]
        stuck = [float(saturation(layer)) for layer in own]
    return tuple(
        LayerState(layer, h_norm, c_norm, change / h_norm if h_norm > 0 else 0.0, Gates(*means[layer]), stuck[layer])
        for layer, (h_norm, c_norm, change) in enumerate(norms)
    )


def rank(logits: Vector, token: int, head: Ids) -> int:
    """Return how many tokens come before `token` when the likeliest is first; ties: lower id first. `head` is how that order begins."""
    own = logits[token]
    if own >= logits[head[-1]]:
        found = (head == token).nonzero()[0]
        if found.size:
            return int(found[0])
    return int(np.count_nonzero(logits > own) + np.count_nonzero(logits[:token] == own))


def tail(p: Vector, listed: npt.NDArray[np.intp]) -> float:
    """Return the sum of p over the tokens that are not listed, summed over them and not as a difference."""
    if len(listed) == len(p):
        return 0.0
    rest = p.copy()
    rest[listed] = 0.0
    return float(rest.sum())


def orthonormal_pair(size: int) -> npt.NDArray[np.float32]:
    """Return two fixed orthonormal directions [2, size], the same for every net of that size; [e, 0] for one unit."""
    if size == 1:
        return np.array([[1.0], [0.0]], np.float32)
    basis, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((size, 2)))
    return basis.T.astype(np.float32)
