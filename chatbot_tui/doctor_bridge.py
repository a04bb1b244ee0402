"""The doctor in a child process of its own: the examination takes both cores if they are free, and the chat keeps its net and its keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chatbot_tui.bridge import Answer, Bridge

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import DoctorEvent, ExamineRequest


class ChildDoctor(Bridge):
    """A DoctorBackend whose work is done by a child process."""

    ROLE = "doctor"
    AGAIN = "examine again"

    def examine(self, request: ExamineRequest) -> Iterator[DoctorEvent]:
        """Examine a checkpoint. Raises InputError."""
        self._revive()
        return self._call("examine", request)

    def cancel(self) -> None:
        """Let go of the examination at once; the child finishes the stage in hand by itself, and the next examination waits for that."""
        super().cancel()
        for number, waiting in list(self._answers.items()):
            waiting.put(Answer(number, "end"))

    def _is_last(self, item: Any) -> bool:
        # Imported with the first answer: the first paint does not wait for it.
        from chatbot_tui.core.diagnosis import Diagnosed

        return isinstance(item, Diagnosed)
