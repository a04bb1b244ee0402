"""The numbers that the doctor judges by, read from the one file that holds them: a calibration replaces the file, not the code."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chatbot_tui.core.diagnosis import Side

FILE = Path(__file__).with_name("thresholds.json")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value that separates, and how far from it a signal leaves no doubt."""

    threshold: float
    scale: float
    """Distance from the threshold at which a signal counts in full; with `log` that of the natural logarithms."""
    log: bool = False

    def support(self, value: float | None, side: Side) -> float:
        """Return how well a value on the given side supports it: .5 at the threshold to 1; 0 on the other side, or where unknown."""
        if value is None or math.isnan(value):
            return 0.0
        if self.log:
            tiny = 1e-300
            distance = math.log(max(value, tiny)) - math.log(max(self.threshold, tiny))
        else:
            distance = value - self.threshold
        if side == "below":
            distance = -distance
        return 0.5 + 0.5 * min(distance / self.scale, 1.0) if distance >= 0 else 0.0


@cache
def thresholds() -> Mapping[str, Threshold]:
    """Return every threshold by its name: cause.signature.signal, or verdict.question."""
    values = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: Threshold(float(entry["threshold"]), float(entry["scale"]), bool(entry.get("log", False))) for name, entry in values.items()
    }
