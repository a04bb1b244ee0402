"""Foreign files are read in a child process of their own: the chat keeps its net whatever is in them, and leaving lets go at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chatbot_tui.bridge import Answer, Bridge
from chatbot_tui.core.errors import InputError

if TYPE_CHECKING:
    from chatbot_tui.core.frames import ReplyEvent
    from chatbot_tui.core.imports import FileReading, ImportRequest, Kept


class ChildImporter(Bridge):
    """An ImportBackend whose work is done by a child process."""

    ROLE = "import"
    AGAIN = "open the file again"

    def prepare(self) -> None:
        """Start the child, which then imports what it needs."""
        self._revive()

    def read(self, request: ImportRequest) -> FileReading:
        """Tell what a file holds. Raises InputError."""
        reading: FileReading = self._value("read", request)
        return reading

    def attempt(self, request: ImportRequest, text: str, seed: int) -> Iterator[ReplyEvent]:
        """Have the net answer one sentence. Raises InputError."""
        self._revive()
        return self._call("attempt", request, text, seed)

    def keep(self, request: ImportRequest, name: str) -> Kept:
        """Make the net a checkpoint of one's own. Raises InputError."""
        kept: Kept = self._value("keep", request, name)
        return kept

    def cancel(self) -> None:
        """Let go of what is under way at once; the child ends an answer too, and finishes a file in hand by itself."""
        super().cancel()
        self._let_go()

    def rest(self) -> None:
        """End the child, whatever it is reading; the next call starts another."""
        child, self._child = self._child, None
        self._let_go()
        if child is not None:
            # A process takes a moment to end, for which no key should wait.
            threading.Thread(target=child.end, daemon=True).start()

    def _let_go(self) -> None:
        for number, waiting in list(self._answers.items()):
            waiting.put(Answer(number, "end"))

    def _value(self, method: str, *arguments: Any) -> Any:
        self._revive()
        for value in self._call(method, *arguments):
            return value
        raise InputError(f"the file was let go: {self.AGAIN}")

    def _is_last(self, item: Any) -> bool:
        # Imported with the first answer: the first paint does not wait for it.
        from chatbot_tui.core.frames import ReplyFinished

        return isinstance(item, ReplyFinished)
