"""The handles on a reply under way: strategy, pace, single step, cancel. Any thread may turn them."""

import threading
import time

from chatbot_tui.core.ports import Pace
from chatbot_tui.core.sampling import SamplingSettings


class ReplyControl:
    """What the generating thread asks before each token, and what others change meanwhile."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sampling = SamplingSettings()
        self._pace = Pace(None)
        self._cancelled = False
        self._steps = 0
        self._last = 0.0

    def begin(self, sampling: SamplingSettings) -> None:
        """Start a reply: forget an old cancellation and old single steps."""
        with self._changed:
            self._sampling = sampling
            self._cancelled = False
            self._steps = 0
            self._last = float("-inf")

    def set_sampling(self, sampling: SamplingSettings) -> None:
        """Use `sampling` from the next token on."""
        with self._changed:
            self._sampling = sampling

    def set_pace(self, pace: Pace) -> None:
        """Change the speed, pause or go on; a thread that waits notices at once."""
        with self._changed:
            if not pace.paused:
                self._steps = 0
            self._pace = pace
            self._changed.notify_all()

    def advance(self) -> None:
        """Let one token through while paused."""
        with self._changed:
            if self._pace.paused:
                self._steps += 1
                self._changed.notify_all()

    def cancel(self) -> None:
        """End the reply before its next token."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    @property
    def sampling(self) -> SamplingSettings:
        """The settings of the next token."""
        return self._sampling

    @property
    def cancelled(self) -> bool:
        """Whether the reply is to end."""
        return self._cancelled

    @property
    def flat_out(self) -> bool:
        """Whether nothing but the machine holds the tokens up."""
        return self._pace.tokens_per_second is None and not self._pace.paused and not self._cancelled

    def next_token(self) -> SamplingSettings | None:
        """Wait until a token may come and return the settings that draw it; None once the reply is cancelled."""
        with self._changed:
            while not self._cancelled:
                if self._pace.paused:
                    if self._steps:
                        self._steps -= 1
                        break
                    self._changed.wait()
                    continue
                speed = self._pace.tokens_per_second
                wait = 0.0 if speed is None else self._last + 1.0 / speed - time.monotonic()
                if wait <= 0:
                    break
                self._changed.wait(wait)
            if self._cancelled:
                return None
            self._last = time.monotonic()
            return self._sampling
