"""Types at a person's uneven pace and notes how long each letter takes to appear on the screen."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import cycle

from chatbot_tui.benchmarks.terminal import Terminal

ALPHABETS = ((0x561, 0x586), (0x531, 0x556), (0x10D0, 0x10F0), (0x430, 0x44F))
LETTERS = "".join(chr(code) for first, last in ALPHABETS for code in range(first, last + 1))
"""Armenian, Georgian, Cyrillic: letters that no net says and no panel shows. Where one appears, it has been typed."""
IN_A_ROW = 30
"""Letters before the line is emptied: far fewer than LETTERS, so that a letter comes again only after the old one has gone."""
EMPTY_LINE = "\x15"
SHORTEST, LONGEST = 0.030, 0.060
"""Seconds between two keys."""
LOST = 1.0
"""Seconds after which a letter counts as lost; it stands in the figures with this time."""


def keys() -> Iterator[str]:
    """Yield what to type, for ever: letters, and the key that empties the line after every row of them."""
    for count, letter in enumerate(cycle(LETTERS), 1):
        yield letter
        if count % IN_A_ROW == 0:
            yield EMPTY_LINE


def type_letters(terminal: Terminal, typed: Iterator[str], enough: Callable[[], bool] = lambda: False) -> list[float]:
    """Type until `typed` ends or there is enough, without waiting for the screen.

    Returns:
        Seconds from key to screen, a figure for each letter.
    """
    pace = random.Random(0)  # noqa: S311 (nothing here is secret)
    waiting: dict[bytes, float] = {}
    seconds: list[float] = []
    torn = b""
    due = time.perf_counter()
    following = next(typed, None)
    while following is not None or waiting:
        if following is not None and time.perf_counter() >= due:
            if following != EMPTY_LINE:
                waiting[following.encode()] = time.perf_counter()
            terminal.write(following)
            due += pace.uniform(SHORTEST, LONGEST)
            following = None if enough() else next(typed, None)
        shown = torn + terminal.read(due if following is not None else time.perf_counter() + SHORTEST)
        now = time.perf_counter()
        for letter, since in list(waiting.items()):
            if letter in shown or now - since > LOST:
                seconds.append(min(now - since, LOST))
                del waiting[letter]
        # The end of a letter may come with the next read.
        torn = shown[-2:]
    return seconds
