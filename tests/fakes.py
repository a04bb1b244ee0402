"""A backend without a network: it says what a test wrote down, one token at a time, when the test lets it."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import FinishReason, PromptScored, ReplyEvent, ReplyFinished, StepFrame, TokenScore
from chatbot_tui.core.ports import LoadedCheckpoint, Pace, ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from tests.ui.frames import COLLAPSED, HEALTHY, make_frame, make_weighing

PATIENCE = 60.0
"""Seconds after which a forgotten gate opens, so that a broken test ends."""
HELLO = (" hello", " there", " friend")


@dataclass
class ScriptedBackend:
    """A ChatBackend. Reply number n says `replies[n % len]`; checkpoints in `collapsed` say the word "the" instead."""

    replies: Sequence[Sequence[str]] = (HELLO,)
    refused: Mapping[str, str] = field(default_factory=dict)
    """Checkpoints that cannot be loaded, with the reason."""
    collapsed: Sequence[str] = ("near-zero-init",)
    kept: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Steps that checkpoints keep, the finished net's last; a step is loaded as NAME@STEP, or by the path that was told."""
    loading_open: bool = True
    """Whether `load` returns at once rather than wait for `open_loading`."""
    held: bool = False
    """Whether each token waits for `release`."""
    real_time: bool = False
    """Whether the pace is kept by the clock: for demonstrations, not for tests."""
    reply_error: str | None = None
    """What the next reply raises."""
    error_after: int = 0
    """How many tokens come before it does."""

    def __post_init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.pace = Pace()
        self.sampling = SamplingSettings()
        self.loaded: LoadedCheckpoint | None = None
        self.speaking = threading.Event()
        self._changed = threading.Condition()
        self._released = 0
        self._steps = 0
        self._cancelled = False
        self._loading = threading.Event()
        if self.loading_open:
            self._loading.set()

    # What the test does

    def open_loading(self) -> None:
        self._loading.set()

    def release(self, tokens: int = 1) -> None:
        with self._changed:
            self._released += tokens
            self._changed.notify_all()

    def release_all(self) -> None:
        with self._changed:
            self.held = False
            self._changed.notify_all()

    def called(self, name: str) -> list[Any]:
        return [argument for call, argument in self.calls if call == name]

    @property
    def requests(self) -> list[ReplyRequest]:
        return self.called("reply")

    # What the app does

    def prepare(self) -> None:
        self.calls.append(("prepare", None))

    def load(self, checkpoint: str, vocabulary: str | None = None) -> LoadedCheckpoint:
        self.calls.append(("load", (checkpoint, vocabulary)))
        self._loading.wait(PATIENCE)
        if checkpoint in self.refused:
            raise InputError(self.refused[checkpoint])
        name, _, step = checkpoint.partition("@")
        # What keeps steps is called by its name, as a real checkpoint is; the paths of other tests are names.
        name = next((kept for kept in self.kept if name == f"/checkpoints/{kept}"), name)
        self.loaded = LoadedCheckpoint(
            name=name,
            path=f"/checkpoints/{name}",
            fingerprint=f"print-of-{checkpoint}",
            architecture={"vocab_size": 8000, "num_layers": 2},
            parameters=6_000_000,
            card={"steps": self.kept[name][-1]} if name in self.kept else {},
            sampling=SamplingSettings(temperature=0.8, top_k=40),
            most_frequent=" the",
            steps=self.kept.get(name, ()),
            step=int(step) if step else None,
        )
        return self.loaded

    def reply(self, request: ReplyRequest) -> Iterator[ReplyEvent]:
        self.calls.append(("reply", request))
        assert self.loaded is not None
        assert not self.speaking.is_set(), "two replies at once"
        with self._changed:
            self._cancelled, self.sampling = False, request.sampling
        self.speaking.set()
        try:
            yield PromptScored(tuple(TokenScore(n, " " + word, 3.0 + n) for n, word in enumerate(request.turns[-1].text.split())))
            yield from self._tokens(request)
        finally:
            self.speaking.clear()

    def _tokens(self, request: ReplyRequest) -> Iterator[ReplyEvent]:
        assert self.loaded is not None
        broken = self.loaded.name in self.collapsed
        words = (" the",) * 14 if broken else self.replies[request.reply % len(self.replies)]
        said: list[StepFrame] = []
        weighing = make_weighing("".join(words)) if self.sampling.candidates > 1 else None
        reason: FinishReason = "end"
        for step, word in enumerate([*words, ""]):
            if self.reply_error is not None and step == self.error_after:
                error, self.reply_error = self.reply_error, None
                raise InputError(error)
            if not self._wait_for_turn():
                reason = "cancelled"
                break
            if step == request.max_tokens:
                reason = "length"
                break
            frame = make_frame(step)
            reading = COLLAPSED if broken and step >= 2 else HEALTHY
            probability = 0.98 if broken else (0.1 + 0.37 * step) % 1
            shown = replace(frame, token=step, text=word, p_model=probability, is_end=not word, sampling=self.sampling)
            said.append(replace(shown, collapse=reading, weighing=weighing))
            yield said[-1]
        yield ReplyFinished("".join(frame.text for frame in said), reason, "healthy", None, len(said), 20.0)

    def _wait_for_turn(self) -> bool:
        """Wait until the next token may come; False: the reply was cancelled."""
        with self._changed:
            if self.real_time and self.pace.tokens_per_second and not self.pace.paused:
                self._changed.wait_for(lambda: self._cancelled, timeout=1 / self.pace.tokens_per_second)
            self._changed.wait_for(self._may_go_on, timeout=None if self.real_time else PATIENCE)
            if self._cancelled:
                return False
            if self.pace.paused:
                self._steps -= 1
            elif self.held:
                self._released -= 1
            return True

    def _may_go_on(self) -> bool:
        if self._cancelled or (self.pace.paused and self._steps > 0):
            return True
        return not self.pace.paused and (not self.held or self._released > 0)

    def recall(self, turns: tuple[Turn, ...], *, top: int | None = 20, pinned: tuple[str, ...] = ()) -> Iterator[StepFrame]:
        self.calls.append(("recall", turns))
        assert top is None or top > 0
        assert isinstance(pinned, tuple)
        if self.loaded is None or turns[-1].checkpoint != self.loaded.fingerprint:
            raise InputError("another checkpoint spoke this reply: load it to look inside")
        words = self.replies[turns[-1].reply % len(self.replies)]
        for step, _token in enumerate(turns[-1].tokens):
            word = words[step] if step < len(words) else ""
            yield replace(make_frame(step), token=step, text=word, is_end=not word)

    def set_sampling(self, settings: SamplingSettings) -> None:
        self.calls.append(("set_sampling", settings))
        self.sampling = settings

    def set_pace(self, pace: Pace) -> None:
        self.calls.append(("set_pace", pace))
        with self._changed:
            self.pace = pace
            self._changed.notify_all()

    def advance(self) -> None:
        self.calls.append(("advance", None))
        with self._changed:
            self._steps += 1
            self._changed.notify_all()

    def cancel(self) -> None:
        self.calls.append(("cancel", None))
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def close(self) -> None:
        self.calls.append(("close", None))
        self.cancel()
