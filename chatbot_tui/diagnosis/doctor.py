"""The doctor in this process: one examination at a time, given up between two stages where someone asks for that."""

import threading
from collections.abc import Iterator

from chatbot_tui.core.diagnosis import DoctorEvent, ExamineRequest, Examining
from chatbot_tui.diagnosis.diagnose import diagnose
from chatbot_tui.diagnosis.subject import read_subject


class LocalDoctor:
    """A DoctorBackend in this process."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def examine(self, request: ExamineRequest) -> Iterator[DoctorEvent]:
        """Examine a checkpoint. Raises InputError."""
        self._cancelled.clear()
        return self._examine(request)

    def _examine(self, request: ExamineRequest) -> Iterator[DoctorEvent]:
        yield Examining("the files", 0.0)
        subject = read_subject(request.checkpoint, request.vocabulary, request.corpora)
        for event in diagnose(subject):
            if self._cancelled.is_set():
                return
            yield event

    def cancel(self) -> None:
        """Let go of the examination after the stage in hand."""
        self._cancelled.set()

    def close(self) -> None:
        """End everything."""
        self._cancelled.set()
