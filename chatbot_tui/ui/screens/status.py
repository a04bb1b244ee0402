"""The lines that stand for the panels and the footer where there is no room for them."""

from collections.abc import Iterable, Mapping

from rich.cells import cell_len

from chatbot_tui.ui.commands import readable
from chatbot_tui.ui.cursor import Cursor
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.numbers import probability


def status_line(state: str, cursor: Cursor, strategy: str, width: int) -> str:
    """Return verdict, token in hand, strategy and state: as many as fit whole, most important first."""
    frame = cursor.frame
    if frame is None:
        return fitting((state, strategy), " · ", width)
    reading = frame.collapse
    verdict = reading.verdict if reading.onset_step is None else f"{reading.verdict} since {reading.onset_step}"
    word = printable(frame.text).strip().replace("\n", "⏎") or "end"
    return fitting((verdict, f"{word} p {probability(frame.p_model)}", strategy, state), " · ", width)


def fitting(parts: Iterable[str], between: str, width: int) -> str:
    """Join the parts that fit into `width` cells, leaving out those that do not."""
    line = ""
    for part in parts:
        longer = f"{line}{between}{part}" if line else part
        if cell_len(longer) <= width:
            line = longer
    return line


HINTS = (("palette", "ctrl+p", "all actions"), ("help", "f1", "help"), ("stop", "escape", "stop"), ("next-panel", "ctrl+l", "next panel"))
"""(id of the action, its key, what it is called), most important first."""


GREETING = (
    "Type below and press enter: a small LSTM answers token by token, a word or a part of one each time, "
    "and the panels show how each token came about."
)
"""What a person reads first."""
WAYS = (
    ("help", "f1", "read what all of this means, and every key"),
    ("library", "ctrl+o", "load another net, healthy or collapsed"),
    ("lab", "f11", "watch a small net learn, or collapse"),
    ("doctor", "f10", "ask the doctor what is wrong with the loaded net"),
    ("conversations", "ctrl+s", "go on with an earlier conversation"),
)
"""(id of the action, its key, what a newcomer can do by it)."""


def greeting(keymap: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what stands in an empty chat as (key, words), a paragraph a pair; a paragraph without a key stands alone."""
    ways = ((readable(keymap.get(name, key).split(",")[0]), words) for name, key, words in WAYS)
    return (("", GREETING), ("", ""), ("← →", "walk through the tokens of an answer"), *ways)


def hints(keymap: Mapping[str, str], width: int, *, panels: bool) -> str:
    """Return as many of the most important keys as fit whole; the one for panels only where there are any."""
    known = [hint for hint in HINTS if panels or hint[0] != "next-panel"]
    return fitting((f"{readable(keymap.get(name, key).split(',')[0])} {title}" for name, key, title in known), "  ", width)
