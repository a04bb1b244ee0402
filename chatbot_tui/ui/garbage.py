"""Looks for garbage while nobody types: a full search goes through every object, and a key would wait 60 ms for it."""

import gc
from time import monotonic

IDLE_SECONDS = 2.0
"""How long nobody may have typed before a full search begins."""
SEARCH_EVERY = 30.0
"""Seconds between two full searches."""
YOUNG, MIDDLE, NEVER = 700, 10, 1_000_000_000
"""Thresholds: young objects are searched as everywhere, old ones only when nobody types."""


class IdleCollector:
    """Keeps Python's collector out of the way of the keys. One for the whole process."""

    def __init__(self) -> None:
        self._touched = 0.0

    def begin(self) -> None:
        """Leave everything that is there by now alone for ever, and search old objects only when asked."""
        gc.freeze()
        gc.set_threshold(YOUNG, MIDDLE, NEVER)
        gc.enable()

    def touch(self) -> None:
        """Note that somebody typed or moved the mouse."""
        self._touched = monotonic()

    def search(self) -> bool:
        """Search everything if nobody has typed of late; return whether that was so."""
        if monotonic() - self._touched < IDLE_SECONDS:
            return False
        gc.collect()
        return True
