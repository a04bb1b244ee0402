"""Screens are tested with thresholds of their own: a new calibration of the doctor changes no picture."""

import pytest

from chatbot_tui.ui.panels import collapse, inside


@pytest.fixture(autouse=True)
def fixed_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collapse, "COLLAPSED", 0.024)
    monkeypatch.setattr(collapse, "HEALTHY", 0.3)
    monkeypatch.setattr(inside, "DEAF", 0.024)
