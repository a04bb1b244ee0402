"""Looks for garbage while nobody types: a full search goes through every object that came since the first paint, and keys wait for it."""

import gc
from time import monotonic

IDLE_SECONDS = 2.0
"""How long nobody may have typed before a full search begins."""
SEARCH_EVERY = 5.0
"""Seconds between two full searches: what is drawn leaves garbage, and a search is the longer the more of it has been left lying."""
LONGEST = 30.0
"""Seconds after which a search no longer waits for whoever types on and on."""
YOUNG, MIDDLE, NEVER = 700, 10, 1_000_000_000
"""Thresholds: young objects are searched as everywhere, old ones only when asked."""


class IdleCollector:
    """Keeps Python's collector out of the way of the keys. One for the whole process."""

    def __init__(self) -> None:
        self._touched = 0.0
        self._searched = monotonic()

    def begin(self) -> None:
        """Leave everything that is there by now alone for ever, and search old objects only when asked."""
        gc.freeze()
        gc.set_threshold(YOUNG, MIDDLE, NEVER)
        gc.enable()

    def touch(self) -> None:
        """Note that somebody typed or moved the mouse."""
        self._touched = monotonic()

    def search(self) -> bool:
        """Search everything, unless somebody types and it can wait; return whether it did."""
        now = monotonic()
        if now - self._touched < IDLE_SECONDS and now - self._searched < LONGEST:
            return False
        gc.collect()
        self._searched = now
        return True
