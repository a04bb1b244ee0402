"""Types at a person's uneven pace and notes how long each letter takes to appear on the screen."""

import random
import time
from collections.abc import Callable, Iterator

from chatbot_tui.benchmarks.terminal import Terminal

ALPHABETS = ((0x561, 0x586), (0x531, 0x556), (0x10D0, 0x10F0), (0x430, 0x44F), (0x410, 0x42F))
LETTERS = "".join(chr(code) for first, last in ALPHABETS for code in range(first, last + 1))
"""173 letters, Armenian, Georgian and Cyrillic, that no net says and no panel shows: where one appears, it has been typed. Each is typed
once, since one that is on the screen already could not be told from its echo."""
SHORTEST, LONGEST = 0.030, 0.060
"""Seconds between two keys."""
LOST = 1.0
"""Seconds after which a letter counts as lost; it stands in the figures with this time."""


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
