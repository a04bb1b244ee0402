"""The child's side of the bridge: runs a backend and answers calls until its parent goes away."""

import contextlib
import gc
import os
import queue
import sys
import threading
import time
import traceback
from itertools import groupby
from typing import TypeAlias

from chatbot_tui.bridge import Answer, Call, Channel
from chatbot_tui.core.diagnosis import DoctorBackend
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import ImportBackend
from chatbot_tui.core.lab import LabBackend
from chatbot_tui.core.ports import ChatBackend

Backend: TypeAlias = ChatBackend | LabBackend | DoctorBackend | ImportBackend

VALUES = frozenset({"load", "read", "keep"})
"""Methods that give one value; all others that are answered give an iterator."""
NICENESS = 10
"""Of training and examining: whoever types comes first."""
GATHER_SECONDS = 0.02
"""How long items are gathered after some were sent: a screen draws no more often, and each message costs it time."""


class Outbox:
    """Sends answers from a thread of its own: the first at once, those that follow closely together."""

    def __init__(self, channel: Channel, gather_seconds: float = GATHER_SECONDS) -> None:
        self._channel = channel
        self._gather_seconds = gather_seconds
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def put(self, answer: Answer) -> None:
        """Have an answer sent soon; in order."""
        self._answers.put(answer)

    def run(self) -> None:
        """Send for ever."""
        while True:
            waiting = [self._answers.get()]
            with contextlib.suppress(queue.Empty):
                while True:
                    waiting.append(self._answers.get_nowait())
            for (number, kind), answers in groupby(waiting, key=lambda answer: (answer.number, answer.kind)):
                if kind == "items":
                    self._channel.send(Answer(number, "items", [item for answer in answers for item in answer.content]))
                    continue
                for answer in answers:
                    self._channel.send(answer)
            time.sleep(self._gather_seconds)


class Child:
    """One backend, a thread that listens to the parent, one that sends, and the main thread that computes."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._outbox = Outbox(channel)
        self._calls: queue.SimpleQueue[Call] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._backend: Backend | None = None
        self._told: list[Call] = []

    def listen(self) -> None:
        """Pass on calls that want an answer; obey the others at once, also in the middle of a reply."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                call: Call = self._channel.receive()
                if call.answered:
                    self._calls.put(call)
                    continue
                with self._lock:
                    self._told.append(call)
                    if self._backend is not None:
                        getattr(self._backend, call.method)(*call.arguments)
        # The parent has gone, perhaps killed: nobody is left to answer.
        os._exit(0)

    def send(self) -> None:
        """Send what there is to say, until the parent goes away."""
        with contextlib.suppress(OSError):
            self._outbox.run()

    def run(self, backend: Backend) -> None:
        """Answer calls in their order for ever."""
        with self._lock:
            self._backend = backend
            self._obey(0)
        while True:
            self._serve(backend, self._calls.get())

    def _obey(self, number: int) -> None:
        """Do again what was told since call `number` was sent: starting a reply resets what came too early for it."""
        for call in self._told:
            if call.number >= number:
                getattr(self._backend, call.method)(*call.arguments)

    def _serve(self, backend: Backend, call: Call) -> None:
        """Run one call and send what it gives."""
        try:
            if call.method in VALUES:
                self._outbox.put(Answer(call.number, "value", getattr(backend, call.method)(*call.arguments)))
                return
            with self._lock:
                items = getattr(backend, call.method)(*call.arguments, **call.keywords)
                self._obey(call.number)
                self._told.clear()
            for item in items:
                self._outbox.put(Answer(call.number, "items", [item]))
            self._outbox.put(Answer(call.number, "end"))
        except InputError as error:
            self._outbox.put(Answer(call.number, "input-error", str(error)))
        except MemoryError:
            self._outbox.put(Answer(call.number, "input-error", "there is not enough memory for this: choose a smaller checkpoint"))
        except Exception as error:
            traceback.print_exc()
            self._outbox.put(Answer(call.number, "failure", f"the net stopped with an internal error ({type(error).__name__})"))


def main() -> None:
    """Serve the pipes that stand in for standard input and output; whatever prints goes to the log instead."""
    channel = Channel(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    child = Child(channel)
    threading.Thread(target=child.listen, daemon=True).start()
    threading.Thread(target=child.send, daemon=True).start()
    backend = make_backend(sys.argv[1] if len(sys.argv) > 1 else "chat")
    # All of torch's modules: to search them for garbage, again and again, would stop the net for a tenth of a second each time.
    gc.freeze()
    child.run(backend)


def make_backend(role: str) -> Backend:
    """Return what the child is to run: the side of the chat, of the laboratory, of the doctor or of imports."""
    if role in ("lab", "doctor"):
        with contextlib.suppress(OSError, AttributeError):
            os.nice(NICENESS)
    if role == "lab":
        from chatbot_tui.lab import LocalLab

        return LocalLab()
    if role == "doctor":
        from chatbot_tui.diagnosis.doctor import LocalDoctor

        return LocalDoctor()
    if role == "import":
        from chatbot_tui.importer import LocalImporter

        return LocalImporter()
    from chatbot_tui.backend import LocalBackend

    return LocalBackend()


if __name__ == "__main__":
    main()
