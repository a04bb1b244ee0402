"""From logits to a token: run the samplers in their order, record what each of them cut, and draw."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.stages import RUN, STAGES, Step, mirostat_limit, stages
from chatbot_tui.generation.vectors import Ids, Mask, Vector, crossing, softmax

__all__ = ["STAGES", "Distribution", "Draw", "Mirostat", "Step", "distribution", "draw", "sample"]

_POSITION = {name: position for position, name in enumerate(STAGES)}


@dataclass(frozen=True, slots=True)
class Mirostat:
    """What mirostat v2 needs to learn from a draw."""

    mu: float
    """Surprise limit of this step, in bits."""
    tau: float
    """Target surprise, in bits."""
    eta: float
    """Learning rate."""

    def next_mu(self, p: float) -> float:
        """Return the limit for the next step, in bits, after a token of probability p (after renormalisation) was drawn."""
        return self.mu - self.eta * (-float(np.log2(p)) - self.tau)


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a token is drawn from, and how it came about; V is the size of the vocabulary."""

    p_sampled: Vector
    """[V] probabilities that sum to 1, exactly 0 for cut tokens; one-hot for greedy."""
    cut_by: npt.NDArray[np.int8]
    """[V] position in STAGES of the stage that cut the token; -1 where none did."""
    logits: Vector
    """[V] after every stage; -inf where cut."""
    kept: Ids
    """Ids of the tokens still in, ascending."""
    cuts: Mapping[str, int]
    """How many tokens each stage that ran has cut, in the order in which they ran; penalties and temperature cut none and are left out."""
    greedy: bool
    """Whether there is nothing to draw."""
    mirostat: Mirostat | None
    """Mirostat's state before the draw; None when it is off."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A token, and what it was drawn from."""

    token: int
    u: float | None
    """The uniform number; None for greedy."""
    drawn_from: float
    """Sum of p_sampled over the tokens that stand before the drawn one in the walk."""
    mirostat_mu: float | None
    """Mirostat's limit for the next step, in bits; None when it is off."""
    distribution: Distribution

    @property
    def p_sampled(self) -> Vector:
        """[V] probabilities before the draw."""
        return self.distribution.p_sampled

    @property
    def cut_by(self) -> npt.NDArray[np.int8]:
        """[V] position in STAGES of the stage that cut each token; -1 where none did."""
        return self.distribution.cut_by


def distribution(logits: npt.ArrayLike, settings: SamplingSettings, step: Step) -> Distribution:
    """Run every stage that is on over logits [V], in float64 whatever their type.

    Logits that are -inf from the start stay so, and no stage is blamed for them.

    Raises:
        InputError: the logits hold NaN or +inf, or no token may be drawn.
    """
    given: Vector = np.asarray(logits, dtype=np.float64)
    # Also false for NaN, which max() passes on.
    if not given.max() < np.inf:
        raise InputError("the net's logits are not finite: its weights are damaged, load another checkpoint")
    cuts = _Cuts(given)
    for name in stages(settings):
        cuts.after(name, RUN[name](cuts.logits, settings, step))
    mirostat = None
    if "mirostat_tau" in cuts.counts:
        mirostat = Mirostat(mirostat_limit(settings, step), settings.mirostat_tau, settings.mirostat_eta)
    kept = cuts.ids()
    p_sampled = cuts.spread(softmax(cuts.logits), 0.0)
    return Distribution(p_sampled, cuts.by, cuts.spread(cuts.logits, -np.inf), kept, cuts.counts, settings.greedy, mirostat)


def draw(distribution: Distribution, u: float | None) -> Draw:
    """Find the token by walking p_sampled in descending order (ties: lower id first) until the running sum exceeds u, 0 <= u < 1.

    A greedy distribution needs no u. Where rounding leaves the sum at u or below, the last token of the walk is drawn.
    """
    kept = distribution.kept
    if u is None or distribution.greedy:
        return Draw(int(distribution.p_sampled.argmax()), None, 0.0, None, distribution)
    p, z = distribution.p_sampled, distribution.logits
    if kept.size < p.size:
        p, z = p[kept], z[kept]
    found = crossing(-p, p, u, reaching=False, coarse=z.max() - z)
    if found is not None:
        token = int(kept[found.position])
        before = found.before
    else:
        token = int(kept[np.flatnonzero(p == p[p > 0].min())[-1]])
        before = 1.0 - float(distribution.p_sampled[token])
    mirostat = distribution.mirostat
    mu = None if mirostat is None else mirostat.next_mu(float(distribution.p_sampled[token]))
    return Draw(token, u, before, mu, distribution)


def sample(logits: npt.ArrayLike, settings: SamplingSettings, step: Step) -> Draw:
    """Run every stage and draw with the number that belongs to the step."""
    return draw(distribution(logits, settings, step), step.uniform())


class _Cuts:
    """The logits on their way through the stages, and who cut what.

    Once fewer than half of the tokens are in, only those are carried along: what follows a top-k costs nothing.
    """

    def __init__(self, logits: Vector) -> None:
        self.logits = logits
        self.by = np.full(logits.size, -1, dtype=np.int8)
        self.counts: dict[str, int] = {}
        self._ids: Ids | None = None
        self._keep: Mask = logits > -np.inf
        self._in = np.count_nonzero(self._keep)

    def after(self, stage: str, logits: Vector) -> None:
        """Take note of what a stage has made of the logits."""
        untouched, self.logits = logits is self.logits, logits
        if stage not in _POSITION:
            return
        before = self._keep
        keep = before if untouched else logits > -np.inf
        remaining = np.count_nonzero(keep)
        self.counts[stage] = int(self._in - remaining)
        if remaining == self._in:
            return
        gone = before > keep
        self.by[gone if self._ids is None else self._ids[gone]] = _POSITION[stage]
        self._in = remaining
        self._keep = keep
        if 2 * remaining < logits.size and stage not in ("ban", "no_repeat_ngram_size"):
            self._ids = np.flatnonzero(keep) if self._ids is None else self._ids[keep]
            self.logits = logits[keep]
            self._keep = keep[keep]

    def ids(self) -> Ids:
        """Return the ids of the tokens still in, ascending."""
        return np.flatnonzero(self._keep) if self._ids is None else self._ids[self._keep]

    def spread(self, values: Vector, elsewhere: float) -> Vector:
        """Return `values`, one for each token carried along, as [V], with `elsewhere` for the others."""
        if self._ids is None:
            return values
        result = np.full(self.by.size, elsewhere)
        result[self._ids] = values
        return result
