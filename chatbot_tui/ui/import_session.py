"""One foreign file on its way into the library: read, corrected, tried, kept. Leaving at any moment changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from textual.dom import DOMNode

from chatbot_tui.core.imports import FileReading, ImportBackend, ImportChoices, ImportRequest, Kept
from chatbot_tui.ui.feed import Failed, Feed
from chatbot_tui.ui.lane import Lane
from chatbot_tui.ui.messages import ImportEventsWaiting

if TYPE_CHECKING:
    from chatbot_tui.core.frames import ReplyFinished

UNEXPECTED = "the file could not be read to the end: open it again"

State: TypeAlias = Literal["reading", "refused", "unfit", "ready", "answering", "keeping", "kept"]
"""refused: nothing can be told of the file; unfit: it does not speak as it is, but may be corrected; ready: it speaks."""


@dataclass(frozen=True)
class Tried:
    """One sentence and what the net made of it."""

    sentence: str
    read: tuple[str, ...] = ()
    """The tokens that the net read."""
    unknown: tuple[str, ...] = ()
    """Words that it does not know."""
    reply: str = ""
    finished: ReplyFinished | None = None
    """None while the net speaks, or where it was stopped."""
    problem: str = ""


class ImportSession:
    """Has a file read in a thread of `node`, with one thing under way at a time.

    Args:
        node: whose threads wait for the other side, and who is sent ImportEventsWaiting.
        backend: the torch side.
        request: the file, and its vocabulary where there is one.
        changed: called whenever there is something new to show.
    """

    def __init__(self, node: DOMNode, backend: ImportBackend, request: ImportRequest, changed: Callable[[], None]) -> None:
        self.backend = backend
        self.request = request
        self._node = node
        self._changed = changed
        self._lane = Lane(node, backend.cancel)
        self._feed: Feed | None = None
        self._attempts = 0
        self.state: State = "reading"
        self.reading: FileReading | None = None
        """What was told of the file last; None before, and where nothing can be told."""
        self.problem = ""
        """Why the file is refused, or does not speak as it is; a name that is taken. Empty where all is well."""
        self.name = ""
        """What it is to be called; empty for the name that the reading suggests."""
        self.tried: Tried | None = None
        self.kept: Kept | None = None

    @property
    def chosen_name(self) -> str:
        """The name under which it would be kept now."""
        return self.name or (self.reading.suggested if self.reading is not None else "")

    @property
    def speaks(self) -> bool:
        """Whether there is a net that can be tried and kept."""
        return self.reading is not None and self.reading.recognition is not None and self.state in ("ready", "answering")

    async def read(self, request: ImportRequest) -> None:
        """Read a file, or the same with other choices; what was under way is let go."""
        await self._lane.stop()
        if request.file != self.request.file:
            self.reading, self.name = None, ""
        self.request, self.state, self.problem, self.tried = request, "reading", "", None

        def work(feed: Feed) -> None:
            feed.push(self.backend.read(request))

        self._start(work)

    async def choose(self, choices: ImportChoices) -> None:
        """Read the file with what was set by hand."""
        await self.read(replace(self.request, choices=choices))

    async def attempt(self, sentence: str) -> None:
        """Have the net answer a sentence; the next time the dice fall otherwise."""
        await self._lane.stop()
        if not self.speaks:
            return
        request, seed = self.request, self._attempts
        self._attempts += 1
        self.state, self.problem, self.tried = "answering", "", Tried(sentence)

        def work(feed: Feed) -> None:
            for event in self.backend.attempt(request, sentence, seed):
                if self._lane.stopping:
                    return
                feed.push(event)

        self._start(work)

    async def keep(self) -> None:
        """Make the net a checkpoint."""
        await self._lane.stop()
        if not self.speaks:
            return
        request, name = self.request, self.chosen_name
        self.state, self.problem = "keeping", ""
        self._start(lambda feed: feed.push(self.backend.keep(request, name)))

    async def stop_answer(self) -> None:
        """Let the answer go."""
        if self.state == "answering":
            await self._lane.stop()
            self.state = "ready"
            self._changed()

    def _start(self, work: Callable[[Feed], None]) -> None:
        feed = Feed(lambda: self._node.post_message(ImportEventsWaiting()))
        self._feed = feed
        self._lane.start(lambda: work(feed), feed, unexpected=UNEXPECTED)
        self._changed()

    def absorb(self) -> None:
        """Take in what has arrived."""
        # Imported with the first answer, here and below: only a net sends these records.
        from chatbot_tui.core.frames import PromptScored, ReplyFinished, StepFrame

        for event in self._feed.drain() if self._feed is not None else []:
            if isinstance(event, Failed):
                self._fail(event.reason)
            elif isinstance(event, FileReading):
                self.reading, self.problem = event, event.problem
                self.state = "unfit" if event.recognition is None else "ready"
            elif isinstance(event, Kept):
                self.kept, self.state = event, "kept"
            elif self.tried is None or self.state != "answering":
                # The end of an answer that was let go.
                continue
            elif isinstance(event, PromptScored):
                self.tried = replace(self.tried, read=tuple(token.text for token in event.tokens), unknown=event.dropped)
            elif isinstance(event, StepFrame):
                self.tried = replace(self.tried, reply=self.tried.reply + event.text)
            elif isinstance(event, ReplyFinished):
                self.tried, self.state = replace(self.tried, finished=event), "ready"
        self._changed()

    def _fail(self, reason: str) -> None:
        if self.state == "answering" and self.tried is not None:
            self.tried, self.state = replace(self.tried, problem=reason), "ready"
        elif self.state == "keeping":
            self.problem, self.state = reason, "ready"
        elif self.state == "reading":
            self.problem, self.reading, self.state = reason, None, "refused"

    def abandon(self) -> None:
        """Let go of everything without waiting."""
        self._lane.abandon()
        self.backend.rest()
