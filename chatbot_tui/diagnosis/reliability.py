"""How far the doctor is to be trusted: how often it was right about nets that were kept apart when its thresholds were fitted."""

from functools import cache
from pathlib import Path
from typing import Any

from chatbot_tui.core.library import MAX_JSON_BYTES
from chatbot_tui.core.paths import assets
from chatbot_tui.core.strict_json import read_object


def calibration_folder() -> Path:
    """Return the folder of what the calibration in use found."""
    return assets() / "calibration"


FIGURES = "calibration.json"
WITHOUT, WITH = "nothing", "other text"
"""Trials that stand for an examination: of those with text, the one with text that the net has not learnt from."""


@cache
def trials() -> dict[str, dict[str, Any]]:
    """Return how the doctor did on held-out nets, by what text it was given; empty where no calibration has been adopted."""
    path = calibration_folder() / FIGURES
    return {trial["given"]: trial for trial in read_object(path, MAX_JSON_BYTES)["held_out"]} if path.is_file() else {}


def called(kind: str, name: str, *, has_text: bool) -> tuple[int, int]:
    """Return of how many held-out nets the doctor said so, and how many of them were so.

    Args:
        kind: `verdicts` or `causes`.
        name: A verdict, or a cause named first.
        has_text: Whether it had text.

    Returns:
        (right, said).
    """
    cells = trials().get(WITH if has_text else WITHOUT, {}).get(kind, [])
    said = [cell for cell in cells if cell["called"] == name]
    return sum(cell["n"] for cell in said if cell["is"] == name), sum(cell["n"] for cell in said)


def trust(verdict: str, cause: str | None, *, has_text: bool) -> str:
    """Return in a sentence how often the doctor is right when it says this; empty where it said so of no held-out net."""
    kind, name = ("verdicts", verdict) if cause is None else ("causes", cause)
    right, said = called(kind, name, has_text=has_text)
    if not said:
        return ""
    how = "with text" if has_text else "without text"
    what = name if cause is None else f"{name} as the likeliest cause"
    return f"How far to trust this: of {said} nets kept apart from the calibration that it called {what} {how}, {right} were."
