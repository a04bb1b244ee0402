"""One step as a record: exact figures over the whole vocabulary, before and after the samplers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.frames import Candidate, CollapseReading, Counterfactual, Gates, LayerState, StepFrame
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.randomness import uniform
from chatbot_tui.generation.sampler import STAGES, Draw, Step, distribution, draw
from chatbot_tui.generation.vectors import Ids, largest
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.step import StepState, StepTrace, as_array
from chatbot_tui.signals.divergence import entropy, unigram
from chatbot_tui.signals.saturation import saturation

Vector = npt.NDArray[np.float64]

RULER_TOKENS = 8
HEAD_TOKENS = 256
"""How many of the likeliest tokens are sorted to find what other strategies would have drawn."""
COUNTERFACTUALS: Mapping[str, SamplingSettings] = MappingProxyType(
    {
        "greedy": SamplingSettings(greedy=True),
        "T 0.7": SamplingSettings(temperature=0.7),
        "T 1": SamplingSettings(),
        "top-k 40": SamplingSettings(top_k=40),
    }
)
"""Strategies that are asked what they would have drawn from the same random number."""


@dataclass(frozen=True, slots=True)
class ModelView:
    """The model's distribution at one step, before any sampler."""

    logits: Vector
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
        hidden = checkpoint.model.config.hidden_dim
        self._directions = orthonormal_pair(hidden)

    def view(self, logits: npt.NDArray[np.floating]) -> ModelView:
        """Return softmax, entropy and divergence from the training frequencies, in float64."""
        z = logits.astype(np.float64)
        p = z - z.max()
        np.exp(p, out=p)
        total = p.sum()
        p /= total
        normaliser = z.max() + np.log(total)
        mean_logit = float(p @ z)
        kl = None if self._log_u is None else max(0.0, mean_logit - float(normaliser) - float(p @ self._log_u))
        return ModelView(z, p, max(0.0, float(normaliser) - mean_logit), kl)

    def candidates(self, ids: Ids, view: ModelView, drawn: Draw) -> tuple[Candidate, ...]:
        """Describe tokens by id."""
        columns = (ids, view.logits[ids], view.p[ids], drawn.p_sampled[ids], drawn.cut_by[ids])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return tuple(
            Candidate(token, self._texts[token], logit, p, sampled, None if stage < 0 else STAGES[stage])
            for token, logit, p, sampled, stage in rows
        )

    def frame(
        self,
        *,
        text: str,
        token: int,
        view: ModelView,
        drawn: Draw,
        at: Step,
        sampling: SamplingSettings,
        top: int | None,
        pinned: Sequence[int],
        trace: StepTrace,
        previous: StepState,
        collapse: CollapseReading,
    ) -> StepFrame:
        """Put together everything that is known of one token."""
        size = len(view.p)
        listed = largest(view.logits, size if top is None else min(top, size))
        if token not in listed:
            listed = np.append(listed, token)
        walk = largest(drawn.p_sampled, min(RULER_TOKENS, len(drawn.distribution.kept)))
        if token not in walk:
            walk = np.append(walk, token)
        p_model, p_sampled = float(view.p[token]), float(drawn.p_sampled[token])
        u = uniform(at.seed, at.reply, at.step)
        return StepFrame(
            step=at.step,
            token=token,
            text=text,
            p_model=p_model,
            p_sampled=p_sampled,
            rank=rank(view.logits, token),
            entropy=view.entropy,
            entropy_sampled=0.0 if drawn.distribution.greedy else entropy(drawn.p_sampled[drawn.distribution.kept]),
            u=drawn.u,
            top=self.candidates(listed, view, drawn),
            tail_p_model=tail(view.p, listed),
            tail_p_sampled=tail(drawn.p_sampled, listed),
            vocabulary_size=size,
            kept=int(np.count_nonzero(drawn.p_sampled)),
            cuts=drawn.distribution.cuts,
            ruler=self.candidates(walk, view, drawn),
            drawn_from=drawn.drawn_from,
            counterfactuals=self._counterfactuals(view, at, u),
            pinned=self._watched(pinned, view, drawn),
            state=layer_states(trace, previous),
            h_position=self._position(trace),
            collapse=collapse,
            is_end=token == self._end,
            mirostat_mu=None if drawn.distribution.mirostat is None else drawn.distribution.mirostat.mu,
            sampling=sampling,
        )

    def _watched(self, pinned: Sequence[int], view: ModelView, drawn: Draw) -> tuple[Candidate, ...]:
        described = self.candidates(np.asarray(pinned, np.int64), view, drawn) if pinned else ()
        return tuple(replace(candidate, rank=rank(view.logits, candidate.token)) for candidate in described)

    def _position(self, trace: StepTrace) -> tuple[float, float]:
        x, y = (self._directions @ as_array(trace.state.h[-1])).tolist()
        return x, y

    def _counterfactuals(self, view: ModelView, at: Step, u: float) -> tuple[Counterfactual, ...]:
        drawn = others_from(view.logits, at.banned, u)
        return tuple(Counterfactual(name, token, self._texts[token]) for name, token in drawn.items())


def others_from(logits: Vector, banned: Sequence[int] | Ids, u: float) -> dict[str, int]:
    """Return which token each of COUNTERFACTUALS draws from the random number u, for logits [vocabulary].

    The same as running the samplers, at a fraction of the cost: temperature and top-k keep the order of the tokens, so that one
    list of the likeliest serves all. Where u falls beyond that list the samplers do run.
    """
    open_to_all = logits.copy()
    open_to_all[np.asarray(banned, np.int64)] = -np.inf
    ids = largest(open_to_all, HEAD_TOKENS)
    head = open_to_all[ids]
    drawn: dict[str, int] = {}
    for name, settings in COUNTERFACTUALS.items():
        kept = len(ids)
        if settings.greedy:
            kept = 1
        elif settings.top_k:
            # Ties with the k-th stay in; should they reach the end of the list, the sum below is too small for any u.
            kept = int(np.count_nonzero(head >= head[min(settings.top_k, len(head)) - 1]))
        weights = np.exp((head[:kept] - head[0]) / settings.temperature)
        whole = kept < len(ids)
        total = weights.sum() if whole else np.exp((open_to_all - head[0]) / settings.temperature).sum()
        place = int(np.searchsorted(weights.cumsum(), u * total, side="right"))
        if place < kept:
            drawn[name] = int(ids[place])
        else:
            drawn[name] = draw(distribution(logits, settings, Step(banned=banned)), u).token
    return drawn


def layer_states(trace: StepTrace, previous: StepState) -> tuple[LayerState, ...]:
    """Return norms, change, gate means and saturation of every layer."""
    h, c, before = (as_array(part).astype(np.float64) for part in (trace.state.h, trace.state.c, previous.h))
    gates = as_array(trace.gates)
    h_norms, c_norms, changes = (np.sqrt(np.einsum("lh,lh->l", part, part)) for part in (h, c, h - before))
    means = gates.mean(axis=2, dtype=np.float64)
    return tuple(
        LayerState(
            layer=layer,
            h_norm=float(h_norms[layer]),
            c_norm=float(c_norms[layer]),
            h_change=float(changes[layer] / h_norms[layer]) if h_norms[layer] > 0 else 0.0,
            gates=Gates(*means[layer].tolist()),
            saturated=saturation(gates[layer]),
        )
        for layer in range(len(h))
    )


def rank(logits: Vector, token: int) -> int:
    """Return how many tokens come before `token` when the likeliest is first; ties: lower id first."""
    own = logits[token]
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
