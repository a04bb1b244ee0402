"""Runs the one thing that a network does at a time: a reply, the recall of an old one, or a training."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.dom import DOMNode
from textual.worker import Worker, WorkerError

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import ChatBackend, ReplyRequest, Turn
from chatbot_tui.ui.feed import Failed, Feed, Recalled

if TYPE_CHECKING:
    from chatbot_tui.core.frames import StepFrame

STOP_RETRY = 0.1
"""Seconds after which a stop is asked for again: the first may have come before the backend had begun."""
UNEXPECTED = "the network stopped unexpectedly: send the message again, or load a checkpoint from the library"


class Lane:
    """One thread at a time that belongs to `node`. `stop` ends it, with the help of `cancel`, and returns when it is over."""

    def __init__(self, node: DOMNode, cancel: Callable[[], None]) -> None:
        self._node = node
        self._cancel = cancel
        self._worker: Worker[None] | None = None
        self._stopping = threading.Event()

    @property
    def busy(self) -> bool:
        """Whether the thread is at work."""
        return self._worker is not None and not self._worker.is_finished

    @property
    def stopping(self) -> bool:
        """Whether the thread is to end."""
        return self._stopping.is_set()

    async def stop(self) -> None:
        """End whatever runs, and wait until it has."""
        worker = self._worker
        if worker is None:
            return
        self._stopping.set()
        ended = asyncio.ensure_future(_ended(worker))
        while not worker.is_finished:
            self._cancel()
            await asyncio.wait({ended}, timeout=STOP_RETRY)
        await ended
        self._worker = None

    def abandon(self) -> None:
        """Ask whatever runs to end, without waiting: the app is closing."""
        self._stopping.set()
        if self.busy:
            self._cancel()

    def start(self, work: Callable[[], None], feed: Feed, *, unexpected: str) -> None:
        """Begin some work; what goes wrong with it is told through the feed. The lane must be free."""
        self._stopping = threading.Event()

        def guarded() -> None:
            try:
                work()
            except InputError as error:
                feed.push(Failed(str(error)))
            except Exception:
                if not self._stopping.is_set():
                    logging.getLogger(__name__).exception("the lane failed")
                    feed.push(Failed(unexpected))

        self._worker = self._node.run_worker(guarded, group="lane", thread=True, exit_on_error=False)


class ReplyLane(Lane):
    """The lane of a ChatBackend."""

    def __init__(self, node: DOMNode, backend: ChatBackend) -> None:
        super().__init__(node, backend.cancel)
        self._backend = backend
        self.replying = False
        """Whether a reply, rather than a recall, has the lane."""

    def reply(self, request: ReplyRequest, feed: Feed) -> None:
        """Begin a reply. The lane must be free."""

        def work() -> None:
            for event in self._backend.reply(request):
                feed.push(event)
                if self.stopping:
                    self._backend.cancel()

        self.start(work, feed, unexpected=UNEXPECTED)
        self.replying = True

    def recall(self, turns: tuple[Turn, ...], step: int, window: int, pinned: tuple[str, ...], feed: Feed) -> None:
        """Compute the last of `turns` again and keep at most `window` frames around `step`. The lane must be free."""

        def work() -> None:
            tokens: list[tuple[str, float]] = []
            frames: deque[StepFrame] = deque(maxlen=window)
            for frame in self._backend.recall(turns, pinned=pinned):
                if self.stopping:
                    return
                tokens.append((frame.text, frame.p_model))
                if frame.step <= step + window // 2:
                    frames.append(frame)
            if self.stopping:
                return
            feed.push(Recalled(len(turns) - 1, tuple(tokens), tuple(frames), step))

        self.start(work, feed, unexpected=UNEXPECTED)
        self.replying = False


async def _ended(worker: Worker[None]) -> None:
    # A cancelled or failed worker has ended too, and has said so through the feed.
    try:
        await worker.wait()
    except WorkerError:
        return
