"""Where the user stands among the tokens: the one value that every inspecting panel is bound to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatbot_tui.core.frames import StepFrame


@dataclass(frozen=True)
class Cursor:
    """One token of a reply, and the tokens before it."""

    frames: Sequence[StepFrame]
    """The frames of one reply, oldest first; may grow after this cursor was made."""
    index: int
    """Which of them is looked at; -1 while there is none."""
    live: bool
    """Whether the cursor follows the newest token."""

    @property
    def frame(self) -> StepFrame | None:
        """The frame that is looked at, or None while there is none."""
        return self.frames[self.index] if 0 <= self.index < len(self.frames) else None

    @property
    def history(self) -> Sequence[StepFrame]:
        """The frames from the first of the reply up to and including the one looked at."""
        return self.frames[: self.index + 1] if self.frame is not None else ()


EMPTY = Cursor((), -1, False)
"""No token at all: before the first reply."""
