"""The reply that is being spoken: what has come of it so far, as the turn that it will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chatbot_tui.core.ports import Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.ui.feed import Feed

if TYPE_CHECKING:
    from chatbot_tui.core.frames import StepFrame
    from chatbot_tui.core.ports import ReplyRequest

_TOKENS: dict[int, int] = {}
"""One object for each token that was ever drawn: as many as a vocabulary has, where an evening has a hundred thousand."""


@dataclass
class LiveReply:
    """A reply under way."""

    turn: int
    """Its number among the turns."""
    request: ReplyRequest
    checkpoint: str
    """Fingerprint of the checkpoint that speaks."""
    feed: Feed
    texts: list[str] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    strategies: list[tuple[int, SamplingSettings]] = field(default_factory=list)
    candidate: int = 0

    def __post_init__(self) -> None:
        self.strategies.append((0, self.request.sampling))

    def absorb(self, frames: Sequence[StepFrame]) -> None:
        """Take in the next tokens, and the settings that drew them."""
        for frame in frames:
            self.texts.append(frame.text)
            self.tokens.append(_TOKENS.setdefault(frame.token, frame.token))
            if frame.weighing is not None:
                self.candidate = frame.weighing.chosen
            if frame.sampling is not None:
                self._govern(frame.step, frame.sampling)

    def _govern(self, step: int, settings: SamplingSettings) -> None:
        # The request's own settings never drew a token if they were changed before the first.
        if step == 0:
            self.strategies[:] = [(0, settings)]
        elif self.strategies[-1][1] != settings:
            self.strategies.append((step, settings))

    def as_turn(self, finish_reason: str) -> Turn:
        """Return the reply so far as a turn that can be drawn again bit for bit."""
        return Turn(
            "bot",
            "".join(self.texts),
            checkpoint=self.checkpoint,
            tokens=tuple(self.tokens),
            strategies=tuple(self.strategies),
            seed=self.request.seed,
            reply=self.request.reply,
            min_tokens=self.request.min_tokens,
            max_tokens=self.request.max_tokens,
            candidate=self.candidate,
            finish_reason=finish_reason,
        )
