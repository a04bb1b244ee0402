"""How often the doctor is right, with how far that can be trusted: confusion matrices and Wilson's intervals."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Z = 1.959963984540054
"""Standard normal quantile of 95 % intervals."""


@dataclass(frozen=True)
class Rate:
    """So many of so many, and the 95 % interval of the share."""

    hits: int
    total: int

    @property
    def share(self) -> float | None:
        """The share; None of nothing."""
        return self.hits / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval (1927); everything from 0 to 1 where there is nothing."""
        return wilson(self.hits, self.total)

    def to_json(self) -> dict[str, object]:
        """Return the figures as plain values."""
        low, high = self.interval
        return {"hits": self.hits, "n": self.total, "share": self.share, "low": low, "high": high}

    def __str__(self) -> str:
        if self.share is None:
            return "none of 0"
        low, high = self.interval
        return f"{100 * self.share:.1f} % ({self.hits} of {self.total}; {100 * low:.1f} to {100 * high:.1f})"


def wilson(hits: int, total: int, z: float = Z) -> tuple[float, float]:
    """Return Wilson's score interval (1927) of a share: (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)."""
    if not total:
        return 0.0, 1.0
    p, weight = hits / total, z * z / total
    middle = (p + weight / 2) / (1 + weight)
    half = z * math.sqrt(p * (1 - p) / total + weight / (4 * total)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Confusion:
    """What was said of what was so."""

    counts: Counter[tuple[str, str]]
    """By (truth, answer)."""

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> "Confusion":
        """Count pairs of truth and answer."""
        return cls(Counter(pairs))

    def row(self, truth: str, right: Sequence[str] = ()) -> Rate:
        """Return how many of one truth were called so, or by one of `right`."""
        answers = right or (truth,)
        return Rate(sum(self.counts[truth, answer] for answer in answers), sum(n for (true, _), n in self.counts.items() if true == truth))

    @property
    def correct(self) -> Rate:
        """How many were called what they are."""
        return Rate(sum(n for (truth, answer), n in self.counts.items() if truth == answer), self.counts.total())

    def answered(self, answer: str) -> Rate:
        """Return how many were called so, of all: abstentions, say."""
        return Rate(sum(n for (_, given), n in self.counts.items() if given == answer), self.counts.total())

    def names(self) -> list[str]:
        """Return every truth and answer, the truths first, in alphabetical order each."""
        truths = sorted({truth for truth, _ in self.counts})
        return truths + sorted({answer for _, answer in self.counts} - set(truths))

    def markdown(self) -> str:
        """Return a table: a truth a line, an answer a column, empty where there is none, and the share called right with its interval."""
        names = self.names()
        truths = [name for name in names if any(truth == name for truth, _ in self.counts)]
        lines = [f"| is | {' | '.join(names)} | right |", f"|---|{'---|' * len(names)}---|"]
        for truth in truths:
            cells = (str(self.counts[truth, answer] or "") for answer in names)
            lines.append(f"| {truth} | {' | '.join(cells)} | {self.row(truth)} |")
        return "\n".join(lines) + "\n"

    def to_json(self) -> list[dict[str, object]]:
        """Return the cells as plain values, in alphabetical order."""
        return [{"is": truth, "called": answer, "n": n} for (truth, answer), n in sorted(self.counts.items())]
