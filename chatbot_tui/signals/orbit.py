"""Whether the network's state runs in a circle: the period of its orbit, kept up to date token by token."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]

MAX_PERIOD = 64
TOLERANCE = 1e-4
"""Largest distance, relative to the vector's norm, at which a state counts as the same."""
HOLD_PERIODS = 3
HOLD_STEPS = 16
"""A period counts once it has held for 3 periods and at least 16 steps; a slow drift is no fixed point."""

_NEEDED = np.maximum(HOLD_PERIODS * np.arange(1, MAX_PERIOD + 1), HOLD_STEPS)
_HISTORY = int(_NEEDED[-1]) + MAX_PERIOD
_SKETCH = 32
"""How many units of h are compared at every lag before anything else."""
_SLACK = 1.0 + 1e-3
"""Lets rounding never turn a lag away that the full comparison would accept."""


class OrbitTracker:
    """Finds the smallest k <= 64 for which h and p repeat after k steps within 1e-4 relative, held for 3k steps and at least 16.

    At step t the lag k repeats if |h_t - h_(t-k)| <= 1e-4 |h_t| and |p_t - p_(t-k)| <= 1e-4 |p_t| (Euclidean). The cell state is
    left out: it may grow for ever behind a fixed output.

    To compare all 64 lags in full at every token would cost more than the step itself. The distance over a few units of h is never
    larger than the distance over all of them, so a lag whose sketch differs is out for certain; only a lag whose sketch has held
    for the whole time is compared in full, back to where it was compared last.
    """

    def __init__(self) -> None:
        self._step = -1
        self._h: Array | None = None
        self._p: Array | None = None
        self._sketches = np.empty((0, 0))
        self._sketch_held = np.zeros(MAX_PERIOD, dtype=np.int64)
        self._held = np.zeros(MAX_PERIOD, dtype=np.int64)
        self._held_at = np.full(MAX_PERIOD, -1, dtype=np.int64)

    def update(self, h: Array, p: Array) -> int | None:
        """Take the hidden state [units], of all layers in a row, and the distribution [vocabulary] after a token.

        Returns:
            The period of the orbit in steps, 1 for a fixed point; None while there is none.
        """
        self._remember(h, p)
        slot = self._step % MAX_PERIOD
        sketch = self._sketch(h)
        difference = self._sketches[slot : slot + MAX_PERIOD] - sketch  # [lag from the longest, unit]; NaN before the first step
        near = np.einsum("ij,ij->i", difference, difference) <= float(np.dot(h, h)) * (TOLERANCE**2 * _SLACK)
        self._sketch_held += 1
        self._sketch_held *= near[::-1]
        self._sketches[slot] = self._sketches[slot + MAX_PERIOD] = sketch
        for index in (self._sketch_held >= _NEEDED).nonzero()[0]:
            if self._holds(int(index) + 1):
                return int(index) + 1
        return None

    def _remember(self, h: Array, p: Array) -> None:
        if self._h is None or self._p is None:
            # Memory that is not touched is not taken: a short reply fills only a part.
            self._h = np.empty((_HISTORY, h.size), dtype=np.float32)
            self._p = np.empty((_HISTORY, p.size), dtype=np.float32)
            self._sketches = np.full((2 * MAX_PERIOD, self._sketch(h).size), np.nan)
        self._step += 1
        row = self._step % _HISTORY
        self._h[row] = h
        self._p[row] = p

    def _sketch(self, h: Array) -> Array:
        return h[:: max(h.size // _SKETCH, 1)][:_SKETCH].astype(np.float64)

    def _holds(self, lag: int) -> bool:
        """Return whether `lag` has repeated for as many steps as it needs, and note for how many it has."""
        needed = int(_NEEDED[lag - 1])
        known_at = int(self._held_at[lag - 1])
        held = 0
        while held < needed:
            step = self._step - held
            if step == known_at:
                held += int(self._held[lag - 1])
                break
            if not self._repeats(step, lag):
                break
            held += 1
        self._held[lag - 1] = held
        self._held_at[lag - 1] = self._step
        return held >= needed

    def _repeats(self, step: int, lag: int) -> bool:
        now, before = step % _HISTORY, (step - lag) % _HISTORY
        for rows in (self._h, self._p):
            if rows is None:
                return False
            difference = rows[now] - rows[before]
            if np.dot(difference, difference) > np.dot(rows[now], rows[now]) * TOLERANCE**2:
                return False
        return True
