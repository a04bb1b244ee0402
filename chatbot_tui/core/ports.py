"""What the UI needs of the torch side, as protocols and plain records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from chatbot_tui.core.sampling import SamplingSettings

if TYPE_CHECKING:
    from chatbot_tui.core.frames import ReplyEvent, StepFrame

Speaker: TypeAlias = Literal["you", "bot"]
MAX_TOKENS = 60
"""Length at which a reply is broken off, unless something else is asked for."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation. A bot's turn keeps what is needed to draw it again bit for bit."""

    speaker: Speaker
    text: str
    checkpoint: str = ""
    """Fingerprint of the checkpoint that spoke; empty for a person."""
    tokens: tuple[int, ...] = ()
    """The drawn tokens, an end token included; empty for a person."""
    strategies: tuple[tuple[int, SamplingSettings], ...] = ()
    """(step, settings) for each change of strategy, from step 0 on."""
    seed: int = 0
    reply: int = 0
    """Number of the reply in its conversation: with the seed and the step it fixes every random number."""
    min_tokens: int = 0
    """Tokens before which the reply could not end."""
    finish_reason: str = ""
    max_tokens: int = MAX_TOKENS
    """Length at which it would have been broken off, and every other candidate with it."""
    candidate: int = 0
    """Which of the candidates was said, where several were drawn: its random numbers are its own."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast tokens come."""

    tokens_per_second: float | None = 20.0
    """None: as fast as the machine can."""
    paused: bool = False


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """All that a reply depends on."""

    turns: tuple[Turn, ...]
    """The conversation so far, oldest first; the last turn is answered."""
    sampling: SamplingSettings
    seed: int = 0
    reply: int = 0
    max_tokens: int = MAX_TOKENS
    min_tokens: int = 0
    top: int | None = 20
    """How many of the likeliest tokens each frame lists; None lists the whole vocabulary."""
    pinned: tuple[str, ...] = ()
    """Words to watch; each is followed by its first token as it stands after a space, unknown ones not at all."""


@dataclass(frozen=True, slots=True)
class LoadedCheckpoint:
    """A checkpoint that is ready to speak."""

    name: str
    path: str
    fingerprint: str
    """SHA-256 of the weights, as hexadecimal digits."""
    architecture: Mapping[str, Any]
    parameters: int
    card: Mapping[str, Any]
    sampling: SamplingSettings
    """The settings that its card recommends."""
    most_frequent: str | None
    """Text of the most frequent token of the training stream, of those not banned; None without counts."""
    warnings: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    """The steps of its training that can be loaded, ascending, the finished net's last; empty where none are kept."""
    step: int | None = None
    """The kept step that speaks; None: the finished net."""


class ChatBackend(Protocol):
    """The torch side as the UI sees it. `load`, `reply` and `recall` block and run in a thread; the rest return at once from any thread.

    One reply at a time: end the iterator of `reply` or `recall` before the next call.
    """

    def prepare(self) -> None:
        """Begin with whatever takes long before the first `load`, and return at once."""
        ...

    def load(self, checkpoint: str, vocabulary: str | None = None) -> LoadedCheckpoint:
        """Make a checkpoint (name, folder, either with @STEP, or file) the one that speaks; the old one does if this raises InputError."""
        ...

    def reply(self, request: ReplyRequest) -> Iterator[ReplyEvent]:
        """Answer the last turn: one PromptScored, a StepFrame a token, one ReplyFinished. Raises InputError."""
        ...

    def recall(self, turns: tuple[Turn, ...], *, top: int | None = 20, pinned: tuple[str, ...] = ()) -> Iterator[StepFrame]:
        """Compute again the frames of the last turn, a bot's, exactly as they were. Raises InputError if another checkpoint spoke it."""
        ...

    def set_sampling(self, settings: SamplingSettings) -> None:
        """Use `settings` from the next token on, in mid-reply too."""
        ...

    def set_pace(self, pace: Pace) -> None:
        """Change the speed, pause or go on."""
        ...

    def advance(self) -> None:
        """Let one token through while paused."""
        ...

    def cancel(self) -> None:
        """End the reply under way after the token in hand; its last event is ReplyFinished with reason 'cancelled'."""
        ...

    def close(self) -> None:
        """Free everything; nothing may be called afterwards."""
        ...
