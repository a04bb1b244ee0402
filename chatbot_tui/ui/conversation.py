"""The conversation that is on screen: its turns, the file that follows them, and the number of the next reply."""

from collections.abc import Callable
from pathlib import Path

from chatbot_tui.core.conversations import ConversationLog
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import Turn


class Conversation:
    """Turns in memory and on disk. A disk that refuses is reported and otherwise ignored: the chat goes on."""

    def __init__(self, log: ConversationLog, report: Callable[[str], object]) -> None:
        self._log = log
        self._report = report
        self.turns: list[Turn] = list(log.turns)
        """The finished turns, oldest first."""
        self.next_reply = max((turn.reply + 1 for turn in self.turns if turn.speaker == "bot"), default=0)
        """Number of the next reply. Never used twice while the app runs, so that a retry draws afresh."""
        self.begun = bool(self.turns)
        """Whether there is anything worth keeping."""

    @classmethod
    def new(cls, folder: Path, report: Callable[[str], object]) -> "Conversation":
        """Begin an empty conversation."""
        return cls(ConversationLog.create(folder), report)

    @classmethod
    def reopen(cls, path: Path, report: Callable[[str], object]) -> "Conversation":
        """Go on with a saved one. Raises InputError."""
        return cls(ConversationLog.open(path), report)

    @property
    def path(self) -> Path:
        """The file that follows the conversation."""
        return self._log.path

    @property
    def draft_text(self) -> str:
        """What was typed but not sent."""
        return self._log.draft_text

    @property
    def awaits_reply(self) -> bool:
        """Whether a person spoke last."""
        return bool(self.turns) and self.turns[-1].speaker == "you"

    def add(self, turn: Turn) -> None:
        """Append a finished turn."""
        self.turns.append(turn)
        self.begun = True
        self._write(lambda: self._log.add(turn))

    def take_reply_number(self) -> int:
        """Return the number for a reply that begins now."""
        number = self.next_reply
        self.next_reply += 1
        return number

    def partial(self, turn: Turn) -> None:
        """Keep a reply under way on disk."""
        self._write(lambda: self._log.partial(turn))

    def undo(self, turns: int) -> list[Turn]:
        """Take back the last turns and return them, oldest first."""
        if turns < 1:
            return []
        removed = self.turns[-turns:]
        del self.turns[-turns:]
        self._write(lambda: self._log.undo(turns))
        return removed

    def draft(self, text: str) -> None:
        """Keep what is typed but not sent."""
        if text or self.begun or self._log.draft_text:
            self._write(lambda: self._log.draft(text))

    def close(self) -> None:
        """Let go of the file."""
        self._log.close()

    def _write(self, write: Callable[[], None]) -> None:
        try:
            write()
        except InputError as error:
            self._report(str(error))
