"""One signal as measured: the value that speaks, and where it was read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Measured:
    """A signal's value; None where it cannot be measured on this net."""

    value: float | None
    where: str = ""
    """The tensor or layer that the value is of; empty for the whole net."""
    places: Mapping[str, float] = field(default_factory=dict)
    """The same for each tensor or layer."""
    estimated: bool = False
    """Whether word frequencies were estimated for it."""


Signals: TypeAlias = Mapping[str, Measured]
"""Signals by name."""


def over_places(places: Mapping[str, float], choose: Callable[..., str] = max) -> Measured:
    """Return the largest (or with `min` the smallest) value over places, the first of equals; unknown where there are none."""
    if not places:
        return Measured(None)
    where = choose(places, key=places.__getitem__)
    return Measured(places[where], where, places)
