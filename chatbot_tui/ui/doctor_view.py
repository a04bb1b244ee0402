"""What the doctor's screen shows: the one value that all its panels are bound to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import Diagnosis, Evidence, SignalReading
    from chatbot_tui.ui.doctor_session import State


@dataclass(frozen=True)
class DoctorView:
    """How the examination of one checkpoint stands."""

    name: str = ""
    """What is examined; empty for nothing."""
    state: State = "idle"
    stage: str = ""
    """What is being looked at."""
    share: float = 0.0
    """How far the examination is, 0 to 1."""
    diagnosis: Diagnosis | None = None
    problem: str = ""
    """Why there is no diagnosis."""

    def reading(self, signal: str) -> SignalReading | None:
        """Return a signal by name; None where it was not measured."""
        readings = self.diagnosis.signals if self.diagnosis is not None else ()
        return next((reading for reading in readings if reading.signal == signal), None)

    def collapsed_up_to(self, signal: str, default: float) -> float:
        """Return up to which value collapsed nets lie."""
        reading = self.reading(signal)
        return default if reading is None or reading.collapsed is None else reading.collapsed.high

    def healthy_from(self, signal: str, default: float) -> float:
        """Return from which value on healthy nets lie."""
        reading = self.reading(signal)
        return default if reading is None or reading.healthy is None else reading.healthy.low

    def evidence(self) -> dict[str, Evidence]:
        """Return by signal what speaks for a cause, that for the likeliest cause first."""
        found: dict[str, Evidence] = {}
        for cause in self.diagnosis.causes if self.diagnosis is not None else ():
            for entry in cause.evidence:
                found.setdefault(entry.signal, entry)
        return found


NOTHING = DoctorView()
