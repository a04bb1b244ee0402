"""Where a threshold belongs: between what has a cause and what must be told apart from it, in the widest gap."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatbot_tui.core.diagnosis import Side
from chatbot_tui.diagnosis.calibration.statistics import Rate

CLOSE = 0.9
"""Share of the gap that is left to the others where a false alarm does more harm than a miss."""

Signals = Mapping[str, float | None]
"""What was measured of a specimen, by name; None where it cannot be."""


@dataclass(frozen=True)
class Question:
    """A threshold to be fitted: which signal, on which side of it the cause lies, and what it is to be told apart from."""

    name: str
    signal: str
    side: Side
    """Side of the threshold on which those with the cause lie."""
    positive: frozenset[str]
    """Labels on that side."""
    negative: frozenset[str] | None = None
    """Labels on the other; None for every other one."""
    in_use: float | None = None
    """The threshold that there is: it stays unless another does better."""
    least_cleared: float = 0.0
    """Share of the negatives, at least, that must lie on their side: what must not be done, whatever is missed for it."""

    def is_positive(self, label: str) -> bool | None:
        """Return on which side a specimen of that label belongs; None where it does not matter."""
        if label in self.positive:
            return True
        return False if self.negative is None or label in self.negative else None


@dataclass(frozen=True)
class Case:
    """A specimen as the fit sees it."""

    label: str
    part: str
    signals: Signals


@dataclass(frozen=True)
class Fitted:
    """A threshold, how it does where it was fitted, and how on the rest."""

    question: Question
    value: float | None
    """None where one side has no specimen."""
    found: Rate
    """Those with the cause on the right side, in the fitting part."""
    cleared: Rate
    """The others on theirs."""
    found_held_out: Rate
    cleared_held_out: Rate

    def to_json(self) -> dict[str, object]:
        """Return everything as plain values."""
        question = self.question
        return {
            "name": question.name,
            "signal": question.signal,
            "side": question.side,
            "value": self.value,
            "fit": {"found": self.found.to_json(), "cleared": self.cleared.to_json()},
            "held_out": {"found": self.found_held_out.to_json(), "cleared": self.cleared_held_out.to_json()},
        }


def fit(question: Question, cases: Sequence[Case]) -> Fitted:
    """Fit a threshold to the fitting part, and try it on the held-out part; what could not be measured takes no side."""
    fitting, held_out = (sides(question, (case for case in cases if case.part == part)) for part in ("fit", "held-out"))
    value = threshold(*fitting, question.side, in_use=question.in_use, least_cleared=question.least_cleared)
    return Fitted(question, value, *rates(value, *fitting, question.side), *rates(value, *held_out, question.side))


def sides(question: Question, cases: Iterable[Case]) -> tuple[list[float], list[float]]:
    """Return the signal's values in those with the cause, and in the others."""
    positives: list[float] = []
    negatives: list[float] = []
    for case in cases:
        value, belongs = case.signals.get(question.signal), question.is_positive(case.label)
        if value is not None and math.isfinite(value) and belongs is not None:
            (positives if belongs else negatives).append(value)
    return positives, negatives


def threshold(
    positives: Sequence[float], negatives: Sequence[float], side: Side, *, in_use: float | None = None, least_cleared: float = 0.0
) -> float | None:
    """Return the cut of the greatest balanced accuracy among those that clear enough, in the widest gap among equals.

    It lies in the middle of the gap; close to those with the cause where enough must be cleared, since a false alarm does more harm than
    a miss. Gaps are measured and divided on a logarithmic scale where every value is positive. The threshold in use stays where no cut does
    better: a definition is not bent to where a sample happens to be empty. None where one side is empty, or where no cut does better
    than none.
    """
    if not positives or not negatives:
        return None
    values = sorted({*positives, *negatives})
    logarithmic = values[0] > 0
    towards_high = 0.5 if not least_cleared else CLOSE if side == "above" else 1 - CLOSE
    best: tuple[float, float, float] | None = None
    if in_use is not None:
        best = (balanced(*rates(in_use, positives, negatives, side), least_cleared), math.inf, in_use)
    for low, high in pairwise(values):
        cut = low ** (1 - towards_high) * high**towards_high if logarithmic else low * (1 - towards_high) + high * towards_high
        gap = math.log(high) - math.log(low) if logarithmic else high - low
        accuracy = balanced(*rates(cut, positives, negatives, side), least_cleared)
        if best is None or (accuracy, gap) > best[:2]:
            best = (accuracy, gap, cut)
    return best[2] if best is not None and best[0] > 0.5 else None


def balanced(found: Rate, cleared: Rate, least_cleared: float) -> float:
    """Return the mean of both shares, or nothing where too few are cleared."""
    return ((found.share or 0.0) + (cleared.share or 0.0)) / 2 if (cleared.share or 0.0) >= least_cleared else 0.0


def rates(value: float | None, positives: Sequence[float], negatives: Sequence[float], side: Side) -> tuple[Rate, Rate]:
    """Return how many of each lie on their side of a threshold; with none, nothing is found and everything cleared."""
    found = sum(beyond(entry, value, side) for entry in positives)
    return Rate(found, len(positives)), Rate(sum(not beyond(entry, value, side) for entry in negatives), len(negatives))


def beyond(entry: float, value: float | None, side: Side) -> bool:
    """Return whether a value lies on that side of a threshold; on it is beyond it."""
    if value is None:
        return False
    return entry >= value if side == "above" else entry <= value
