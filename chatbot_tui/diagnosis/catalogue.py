"""How a report shows each signal: its name for people, its unit, what it means, and where healthy and collapsed nets lie."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from chatbot_tui.core.diagnosis import Range, SignalReading
from chatbot_tui.diagnosis.measured import Signals

FILE = Path(__file__).with_name("catalogue.toml")


@cache
def catalogue() -> Mapping[str, Mapping[str, Any]]:
    """Return the entries by the signals' names, in the order of a report."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def signal_readings(signals: Signals) -> tuple[SignalReading, ...]:
    """Return every signal that was measured as a report shows it, in the catalogue's order; those without an entry come last."""
    entries = catalogue()
    names = [name for name in entries if name in signals] + [name for name in signals if name not in entries]
    return tuple(reading(name, signals, entries.get(name, {})) for name in names)


def reading(name: str, signals: Signals, entry: Mapping[str, Any]) -> SignalReading:
    """Return one signal's reading."""
    measured = signals[name]
    return SignalReading(
        signal=name,
        title=entry.get("title", name.replace("_", " ").capitalize()),
        value=measured.value,
        unit=entry.get("unit", ""),
        where=measured.where,
        places=measured.places,
        healthy=span(entry.get("healthy")),
        collapsed=span(entry.get("collapsed")),
        logarithmic=entry.get("log", False),
        definition=entry.get("definition", ""),
        matters=entry.get("matters", ""),
        estimated=measured.estimated,
    )


def span(ends: list[float] | None) -> Range | None:
    """Return a range from its two ends."""
    return None if ends is None else Range(*ends)
