"""The promises, each with its bound, and the record of whether one is kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["times", "speed", "value", "growth"]


@dataclass(frozen=True, slots=True)
class Record:
    """What was measured of one budget; None stands for what was not measured or has no reference."""

    name: str
    value: float | None
    reference: float | None
    ratio: float | None
    """How many times the reference; how many times faster than it where speed is promised."""
    budget: float
    unit: str
    """Of value and reference."""
    met: bool | None


@dataclass(frozen=True, slots=True)
class Budget:
    """One promise."""

    name: str
    kind: Kind
    """What is bounded: the value as so many times its reference, the speed likewise (from below), the value itself, or what it is above
    the reference."""
    bound: float
    unit: str

    @property
    def words(self) -> str:
        """The bound as people write it."""
        return {
            "times": f"≤ {self.bound:g} x",
            "speed": f"≥ {self.bound:g} x",
            "value": f"≤ {self.bound:g} {self.unit}",
            "growth": f"≤ +{self.bound:g} {self.unit}",
        }[self.kind]

    def judge(self, value: float, reference: float | None = None) -> Record:
        """Hold a value against the bound; a reference is needed unless the value itself is bounded."""
        if reference is None:
            return Record(self.name, value, None, None, self.bound, self.unit, value <= self.bound)
        ratio = reference / value if self.kind == "speed" else value / reference
        met = {"times": ratio <= self.bound, "speed": ratio >= self.bound, "growth": value - reference <= self.bound}[self.kind]
        return Record(self.name, value, reference, ratio, self.bound, self.unit, met)

    def unmeasured(self) -> Record:
        """Say that this system has no way to measure it."""
        return Record(self.name, None, None, None, self.bound, self.unit, None)


FIRST_PAINT = Budget("first paint", "times", 1.25, "s")
READY_TO_CHAT = Budget("ready to chat", "times", 1.2, "s")
ECHO_P95_LOADING = Budget("key echo while torch loads, p95", "value", 33, "ms")
ECHO_MAX_LOADING = Budget("key echo while torch loads, max", "value", 100, "ms")
ECHO_P95_SPEAKING = Budget("key echo while the net speaks flat out, p95", "value", 33, "ms")
ECHO_MAX_SPEAKING = Budget("key echo while the net speaks flat out, max", "value", 100, "ms")
ECHO_LONG_CHAT = Budget("key echo in a chat of 10,000 turns, p95", "times", 1.5, "ms")
STEP_PLAIN = Budget("one step recorded, against the plain class", "speed", 2, "ms")
STEP_PRODUCT = Budget("one step recorded, against one matrix-vector product", "speed", 0.85, "ms")
ECHO_P95_TRAINING = Budget("key echo while the laboratory trains flat out, p95", "value", 33, "ms")
ECHO_MAX_TRAINING = Budget("key echo while the laboratory trains flat out, max", "value", 100, "ms")
TRAINING = Budget("a training step watched by the laboratory, against the bare loop", "speed", 0.9, "ms")
MEMORY = Budget("memory after 100,000 tokens, against 100", "growth", 50, "MB")

BUDGETS = (
    STEP_PLAIN,
    STEP_PRODUCT,
    TRAINING,
    FIRST_PAINT,
    READY_TO_CHAT,
    ECHO_P95_LOADING,
    ECHO_MAX_LOADING,
    ECHO_LONG_CHAT,
    ECHO_P95_SPEAKING,
    ECHO_MAX_SPEAKING,
    ECHO_P95_TRAINING,
    ECHO_MAX_TRAINING,
    MEMORY,
)
"""In the order in which they are measured."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of `values` that at least `share` of them, 0 to 1, do not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]
