"""Which tokens come: from the net's state to a token and on to the next state, ahead of what is shown where nobody waits."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.conversation import Reading
from chatbot_tui.generation.foresight import foresee
from chatbot_tui.generation.sampler import Draw, Step, distribution, draw, sample
from chatbot_tui.generation.stages import is_on
from chatbot_tui.generation.vectors import Ids, Vector, largest
from chatbot_tui.model.step import Stepper, StepState, StepTrace

HEAD_TOKENS = 256
"""How many of the likeliest tokens are sorted: what is drawn, and what is shown, is mostly found among them."""
AHEAD_TOKENS = 8
"""So many tokens the net reads before the first of them is described."""
ROOM = 1024
"""Tokens of a reply that there is room for at first."""
AHEAD_SECONDS = 0.025
"""No further token is read ahead after this time: a large net's frames, too, come at 20 a second or more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a reply's tokens depend on, besides the conversation and the sampling settings."""

    seed: int
    reply: int
    max_tokens: int
    min_tokens: int
    banned: Ids
    """Ids that are never drawn."""
    banned_at_first: Ids
    """Ids that are not drawn before there are `min_tokens` tokens: end tokens besides."""
    end: int | None
    """The token after which nothing comes."""
    forced: tuple[int, ...] | None = None
    """Tokens that are known already: they are described, not drawn."""
    candidate: int = 0
    """Which of several candidates for the reply this is."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a token is drawn from."""

    logits: npt.NDArray[np.floating]
    head: Ids
    """The HEAD_TOKENS likeliest in descending order, ties in the order of their ids."""
    at: Step
    settings: SamplingSettings
    trace: StepTrace
    """Of the token before: its features gave the logits."""
    previous: StepState
    """The state before that token."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A token, and all that it takes to describe how it came about."""

    moment: Moment
    logits: Vector
    """In float64."""
    draw: Draw


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A token that was drawn before its turn, or only foreseen."""

    moment: Moment
    token: int
    drawn: Drawn | None


class Drawing:
    """The tokens of one reply, in order.

    The next state needs a token and nothing else. To compute it streams every weight through the processor's cache, and what
    draws and describes a token falls out of it; so the net reads several tokens ahead, each as soon as it is foreseen, and then
    they are drawn and described in a row. Nobody can tell: the numbers are the same, and what was read ahead is forgotten where
    the samplers draw another token, or the settings have changed since.
    """

    def __init__(self, stepper: Stepper, reading: Reading, plan: Plan, flat_out: Callable[[], bool]) -> None:
        self._stepper = stepper
        self._reading = reading
        self._plan = plan
        self._flat_out = flat_out
        self._said = len(reading.history)
        # A reply may be allowed to be longer than any memory: room comes with the tokens.
        self._history = np.empty(self._said + min(plan.max_tokens, ROOM), np.int64)
        self._history[: self._said] = reading.history
        self._last: Drawn | None = None
        self._ahead: deque[_Ahead] = deque()

    def next(self, settings: SamplingSettings) -> Drawn:
        """Return the next token, drawn with `settings`.

        Raises:
            InputError: no token can be drawn.
        """
        if not self._ahead or self._ahead[0].moment.settings != settings:
            self._read_ahead(settings)
        first = self._ahead.popleft()
        drawn = first.drawn or self._draw(first.moment)
        if drawn.draw.token != first.token:
            self._ahead.clear()
        self._last = drawn
        return drawn

    def _read_ahead(self, settings: SamplingSettings) -> None:
        self._ahead.clear()
        until = time.monotonic() + AHEAD_SECONDS
        if self._last is None:
            moment = self._moment(0, self._reading.trace, self._reading.previous, settings, None)
        else:
            moment = self._after(self._last.moment, self._last.draw.token, settings, self._last.draw.mirostat_mu)
        entry = self._entry(moment)
        while True:
            self._ahead.append(entry)
            over = entry.token == self._plan.end or entry.moment.at.step + 1 == self._plan.max_tokens
            if over or len(self._ahead) == AHEAD_TOKENS or time.monotonic() >= until or not self._flat_out():
                return
            mu = None if entry.drawn is None else entry.drawn.draw.mirostat_mu
            try:
                entry = self._entry(self._after(entry.moment, entry.token, settings, mu))
            except InputError:
                # Its turn will come: what was drawn before it is shown first.
                return

    def _entry(self, moment: Moment) -> _Ahead:
        """Tell which token comes, by the samplers only where it cannot be foreseen or the next token needs more than its name."""
        if not is_on(moment.settings, "mirostat_tau"):
            forced = self._plan.forced
            token = foresee(moment.logits, moment.head, moment.settings, moment.at) if forced is None else forced[moment.at.step]
            if token is not None:
                return _Ahead(moment, token, None)
        drawn = self._draw(moment)
        return _Ahead(moment, drawn.draw.token, drawn)

    def _after(self, moment: Moment, token: int, settings: SamplingSettings, mu: float | None) -> Moment:
        """Let the net read the token that was drawn."""
        before, place = moment.trace.state, self._said + moment.at.step
        if place == len(self._history):
            self._history = np.concatenate([self._history, np.empty_like(self._history)])
        self._history[place] = token
        return self._moment(moment.at.step + 1, self._stepper.step(token, before), before, settings, mu)

    def _moment(self, step: int, trace: StepTrace, previous: StepState, settings: SamplingSettings, mu: float | None) -> Moment:
        plan = self._plan
        logits = self._stepper.logits(trace.features)
        banned = plan.banned_at_first if step < plan.min_tokens else plan.banned
        at = Step(self._history[: self._said + step], banned, plan.seed, plan.reply, step, mu, plan.candidate)
        return Moment(logits, largest(logits, min(HEAD_TOKENS, logits.size)), at, settings, trace, previous)

    def _draw(self, moment: Moment) -> Drawn:
        logits, at, forced = moment.logits.astype(np.float64), moment.at, self._plan.forced
        drawn = sample(logits, moment.settings, at) if forced is None else force(logits, moment.settings, at, forced[at.step])
        return Drawn(moment, logits, drawn)


def force(logits: Vector, settings: SamplingSettings, at: Step, token: int) -> Draw:
    """Return the draw as it was, with the token that was drawn then, should a machine round differently."""
    drawn = sample(logits, settings, at)
    if drawn.token == token:
        return drawn
    before = distribution(logits, settings, at)
    p = float(before.p_sampled[token])
    mu = before.mirostat.next_mu(p) if before.mirostat is not None and p > 0 else None
    return Draw(token, drawn.u, draw(before, drawn.u).drawn_from, mu, before)
