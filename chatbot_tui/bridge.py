"""The torch side in a child process: the screen stays quick while torch loads and computes, and survives if the child does not.

Both ends exchange pickled records of `core`; the pipes are private to the two processes.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.paths import ensure, log_file
from chatbot_tui.core.ports import LoadedCheckpoint, Pace, ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings

if TYPE_CHECKING:
    from chatbot_tui.core.frames import ReplyEvent, StepFrame

Kind: TypeAlias = Literal["value", "items", "end", "input-error", "failure"]


@dataclass(frozen=True, slots=True)
class Call:
    """A method of the backend to run in the child, with its arguments."""

    number: int
    """Calls with an answer count up; one without an answer bears the number of the call that it follows."""
    method: str
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """Something that a call gave: a value, a list of the next items of an iterator, its end, or an error in words."""

    number: int
    kind: Kind
    content: Any = None


class Channel:
    """Sends and receives records over a pair of pipes: four bytes of length, then a pickle. Both ends are our own processes."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    def send(self, record: Call | Answer) -> None:
        """Write one record; any thread may. Raises OSError or ValueError once the other end has gone."""
        data = pickle.dumps(record, pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._outgoing.write(struct.pack("<I", len(data)) + data)
            self._outgoing.flush()

    def receive(self) -> Any:
        """Wait for one record. Raises EOFError once the other end has gone."""
        return pickle.loads(self._exactly(struct.unpack("<I", self._exactly(4))[0]))  # noqa: S301 - written by our own process

    def hang_up(self) -> None:
        """Close the sending side, which ends the child."""
        with self._lock, contextlib.suppress(OSError):
            self._outgoing.close()

    def close(self) -> None:
        """Close both sides; for the thread that receives, once the other end has gone."""
        self.hang_up()
        self._incoming.close()

    def _exactly(self, size: int) -> bytes:
        data = self._incoming.read(size)
        if len(data) < size:
            raise EOFError
        return data


@dataclass(frozen=True)
class Child:
    """A running child process, and the thread that listens to it."""

    process: subprocess.Popen[bytes]
    channel: Channel
    listener: threading.Thread

    @property
    def alive(self) -> bool:
        """Whether both ends of the bridge stand."""
        return self.process.poll() is None and self.listener.is_alive()

    def end(self) -> None:
        """Let the process end by itself, or else make it."""
        self.channel.hang_up()
        try:
            self.process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.listener.join()


class Bridge:
    """The near end: starts a child process of its own when it is first needed, and again if it has died.

    The app makes the first call that needs it once the first screen stands: while torch is being imported there is little left of
    two cores for painting.
    """

    ROLE = "chat"
    """What the child is started as: see bridge_child."""
    AGAIN = "send again"
    """What a person does to have the child started afresh."""

    def __init__(self) -> None:
        self._number = 0
        self._answers: dict[int, queue.SimpleQueue[Answer]] = {}
        self._sticky: dict[str, Call] = {}
        self._child: Child | None = None
        self._closed = False

    def _start(self) -> None:
        log = open_log()
        try:
            process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", "chatbot_tui.bridge_child", self.ROLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        finally:
            os.close(log)
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("a process started with pipes has none")
        channel = Channel(process.stdout, process.stdin)
        listener = threading.Thread(target=self._listen, args=(channel,), name="bridge", daemon=True)
        self._child = Child(process, channel, listener)
        listener.start()

    @property
    def process_id(self) -> int | None:
        """The child's process id; None before it has started."""
        return None if self._child is None else self._child.process.pid

    def _listen(self, channel: Channel) -> None:
        """Hand answers to whoever waits for them; runs in a thread until the child ends."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                answer: Answer = channel.receive()
                waiting = self._answers.get(answer.number)
                if waiting is not None:
                    waiting.put(answer)
        channel.close()
        if self._child is not None and channel is self._child.channel:
            for number, waiting in list(self._answers.items()):
                waiting.put(Answer(number, "failure", "the process that runs the net has ended"))

    def cancel(self) -> None:
        """End what is under way."""
        self._tell("cancel")

    def close(self) -> None:
        """End the child."""
        self._closed = True
        if self._child is not None:
            self._child.end()

    def _revive(self) -> None:
        """Start the child, or start it again if it has died, and tell it what it must know."""
        if self._closed or (self._child is not None and self._child.alive):
            return
        if self._child is not None:
            self._child.end()
        self._start()
        for call in self._sticky.values():
            self._send(call)

    def _tell(self, method: str, *arguments: Any, sticky: bool = False) -> None:
        """Send a call without an answer; a sticky one is told to every later child too."""
        call = Call(self._number, method, arguments, answered=False)
        if sticky:
            self._sticky[method] = call
        with contextlib.suppress(InputError):
            self._send(call)

    def _call(self, method: str, *arguments: Any, **keywords: Any) -> Iterator[Any]:
        """Send a call at once; yield what comes back, raise what was raised. Leaving early cancels what is under way."""
        self._number += 1
        number = self._number
        self._answers[number] = queue.SimpleQueue()
        try:
            self._send(Call(number, method, arguments, keywords))
        except InputError:
            del self._answers[number]
            raise
        return self._receive(number)

    def _is_last(self, item: Any) -> bool:  # noqa: ARG002 - for those who know
        """Return whether nothing comes after an item: whoever stops reading there has not left early."""
        return False

    def _receive(self, number: int) -> Iterator[Any]:
        over = False
        try:
            while True:
                answer = self._answers[number].get()
                over = answer.kind != "items"
                if answer.kind == "items":
                    over = self._is_last(answer.content[-1])
                    yield from answer.content
                if answer.kind == "value":
                    yield answer.content
                if answer.kind == "end" or answer.kind == "value":
                    return
                if answer.kind == "input-error":
                    raise InputError(answer.content)
                if answer.kind == "failure":
                    raise InputError(f"{answer.content}: {self.AGAIN} to start it afresh (details in {log_file()})")
        finally:
            del self._answers[number]
            if not over:
                self.cancel()

    def _send(self, call: Call) -> None:
        try:
            if self._child is not None:
                self._child.channel.send(call)
            elif call.answered:
                raise ValueError("nobody to answer")
        except (OSError, ValueError):
            raise InputError(f"the process that runs the net has ended: {self.AGAIN} to start it afresh") from None


class ChildBackend(Bridge):
    """A ChatBackend whose work is done by a child process."""

    def __init__(self) -> None:
        super().__init__()
        self._loaded: tuple[str, str | None] | None = None

    def prepare(self) -> None:
        """Start the child, which then imports what it needs."""
        self._revive()

    def load(self, checkpoint: str, vocabulary: str | None = None) -> LoadedCheckpoint:
        """Make a checkpoint the one that speaks. Raises InputError."""
        self._revive()
        loaded: LoadedCheckpoint = next(self._call("load", checkpoint, vocabulary))
        self._loaded = (checkpoint, vocabulary)
        return loaded

    def reply(self, request: ReplyRequest) -> Iterator[ReplyEvent]:
        """Answer the last turn of a request. Raises InputError."""
        self._revive()
        return self._call("reply", request)

    def recall(self, turns: tuple[Turn, ...], *, top: int | None = 20, pinned: tuple[str, ...] = ()) -> Iterator[StepFrame]:
        """Compute again the frames of the last turn. Raises InputError."""
        self._revive()
        return self._call("recall", turns, top=top, pinned=pinned)

    def set_sampling(self, settings: SamplingSettings) -> None:
        """Use `settings` from the next token on."""
        self._tell("set_sampling", settings, sticky=True)

    def set_pace(self, pace: Pace) -> None:
        """Change the speed, pause or go on."""
        self._tell("set_pace", pace, sticky=True)

    def advance(self) -> None:
        """Let one token through while paused."""
        self._tell("advance")

    def _revive(self) -> None:
        child = self._child
        super()._revive()
        if self._child is not child and self._loaded is not None:
            next(self._call("load", *self._loaded))

    def _is_last(self, item: Any) -> bool:
        # Imported with the first call: the first paint does not wait for records that only a net sends.
        from chatbot_tui.core.frames import ReplyFinished

        return isinstance(item, ReplyFinished)


def open_log() -> int:
    """Return a descriptor for the child's warnings; where the log cannot be written they are dropped."""
    try:
        path: Path = log_file()
        ensure(path.parent)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except (OSError, InputError):
        return os.open(os.devnull, os.O_WRONLY)
