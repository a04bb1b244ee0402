"""The one line that stands for all panels where there is no room for them."""

from chatbot_tui.ui.cursor import Cursor
from chatbot_tui.ui.panels.wrapping import printable


def status_line(state: str, cursor: Cursor, strategy: str) -> str:
    """Return verdict, token in hand, strategy and state; most important first, for the end may not fit."""
    frame = cursor.frame
    if frame is None:
        return f"{state} · {strategy}"
    reading = frame.collapse
    verdict = reading.verdict if reading.onset_step is None else f"{reading.verdict} since {reading.onset_step}"
    word = printable(frame.text).strip().replace("\n", "⏎") or "end"
    return f"{verdict} · {word} p {frame.p_model:.2g} · {strategy} · {state}"
