"""Saved conversations: every event is on the disk before the next one, so that a kill loses nothing that was seen."""

import contextlib
import os
import textwrap
import weakref
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from chatbot_tui.core.conversation_events import (
    INTERRUPTED,
    Conversation,
    draft_line,
    overview,
    partial_line,
    read_events,
    start_line,
    turn_line,
    undo_line,
    whole_conversation,
)
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import Turn
from chatbot_tui.core.strict_json import read_bounded

try:
    import fcntl
except ImportError:  # Windows has no such locks; there a file's random name has to do.
    fcntl = None  # type: ignore[assignment]  # a module that one system lacks

SUFFIX = ".jsonl"
MAX_BYTES = 1 << 28
TITLE_LENGTH = 60
BINARY = getattr(os, "O_BINARY", 0)
"""Windows translates line ends without it."""


class ConversationLog:
    """One conversation and the append-only file that follows it.

    The file appears with the first event. Where it cannot be written the conversation goes on in memory: the first failure raises
    InputError, later events are kept and written once the disk takes them again. Not for use from several threads at once.
    """

    def __init__(self, path: Path, conversation: Conversation | None = None, *, damaged: int = 0, read_size: int | None = None) -> None:
        self.path = path
        self.damaged = damaged
        """Lines of the file that could not be read; they stay in it."""
        self._conversation = conversation or Conversation()
        self._begun = conversation is not None
        self._read_size = read_size
        self._unwritten = b""
        self._failing = False
        self._descriptor: int | None = None
        self._finalizer: weakref.finalize[..., ConversationLog] | None = None

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Begin a conversation whose file, once there is something to write, is new in `folder`."""
        return cls(new_path(folder))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Go on with a saved conversation. A reply that was cut off is its last turn, with the finish reason 'interrupted'.

        Raises:
            InputError: the file is unreadable, too large, or of a newer format.
        """
        data = read_bounded(path, MAX_BYTES)
        conversation, damaged = read_events(data)
        return cls(path, conversation, damaged=damaged, read_size=len(data))

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns so far, oldest first; a reply under way is the last, with the finish reason 'interrupted'."""
        return self._conversation.all_turns()

    @property
    def draft_text(self) -> str:
        """What is typed but not sent."""
        return self._conversation.draft

    @property
    def saved(self) -> bool:
        """Whether every event so far is in the file."""
        return not self._unwritten

    def add(self, turn: Turn) -> None:
        """Append a turn. A bot's takes the place of the reply under way; a person's empties the draft. Raises InputError."""
        self._conversation.add(turn)
        self._append(turn_line(turn), durable=True)

    def partial(self, turn: Turn) -> None:
        """Keep the bot's reply so far: all of its text and tokens each time; the file takes what is new. Raises InputError."""
        turn = replace(turn, finish_reason=INTERRUPTED)
        line = partial_line(turn, self._conversation.pending)
        self._conversation.pending = turn
        self._append(line)

    def undo(self, turns: int) -> None:
        """Take back the last `turns` turns, a reply under way counted. Raises InputError."""
        self._conversation.undo(turns)
        self._append(undo_line(turns), durable=True)

    def draft(self, text: str) -> None:
        """Keep what is typed but not sent. Raises InputError."""
        if text != self._conversation.draft:
            self._conversation.draft = text
            self._append(draft_line(text))

    def close(self) -> None:
        """Let go of the file; the next event opens it again."""
        if self._finalizer is not None:
            self._finalizer()
        self._descriptor = self._finalizer = None

    def _append(self, line: bytes, *, durable: bool = False) -> None:
        """Write what is due; `durable` waits until the disk has it. Raises InputError at the first of several failures."""
        if not self._begun:
            line, self._begun = start_line(now()) + line, True
        self._unwritten += line
        try:
            descriptor = self._open_file()
            while self._unwritten:
                self._unwritten = self._unwritten[os.write(descriptor, self._unwritten) :]
            if durable:
                os.fsync(descriptor)
            self._failing = False
        except OSError as error:
            if not self._failing:
                self._failing = True
                raise InputError(
                    f"the conversation cannot be saved to {self.path}: {error.strerror or error}; "
                    "the chat goes on, and is saved as soon as that is mended"
                ) from None

    def _open_file(self) -> int:
        """Return the open file's descriptor, ready for whole lines. Raises OSError."""
        if self._descriptor is not None:
            return self._descriptor
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | BINARY, 0o600)
        try:
            ours = lock(descriptor) and self._read_size in (None, os.fstat(descriptor).st_size)
            if ours and self._read_size and not ends_line(descriptor, self._read_size):
                self._unwritten = b"\n" + self._unwritten
        except BaseException:
            os.close(descriptor)
            raise
        if not ours:
            os.close(descriptor)
            descriptor = self._part_ways()
        self._read_size = None
        self._descriptor, self._finalizer = descriptor, weakref.finalize(self, os.close, descriptor)
        return descriptor

    def _part_ways(self) -> int:
        """Go on in a new file that repeats the conversation: another window has gone on in the old one. Raises OSError."""
        self.path = new_path(self.path.parent)
        self._unwritten = whole_conversation(self._conversation, now())
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | BINARY, 0o600)


def new_path(folder: Path) -> Path:
    """Return a name in `folder` that no other conversation has, beginning with the local time."""
    return folder / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}-{os.urandom(4).hex()}{SUFFIX}"


def now() -> str:
    """Return the time as the files write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def lock(descriptor: int) -> bool:
    """Keep a file for this window until it is closed, and return whether that worked; True where there are no locks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network drives know no locks
        return True
    return True


def ends_line(descriptor: int, size: int) -> bool:
    """Return whether the last of a file's `size` bytes ends a line. Raises OSError."""
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """One line in the list of saved conversations."""

    path: Path
    title: str
    """The first words that a person said, else those of the draft."""
    when: datetime
    """Time of the last event, in local time."""
    turns: int


def list_conversations(folder: Path) -> list[ConversationSummary]:
    """Return the saved conversations, newest first. Files that cannot be read are left out."""
    try:
        candidates = [path for path in folder.iterdir() if path.suffix == SUFFIX and not path.name.startswith(".")]
    except OSError:
        return []
    summaries = []
    for path in candidates:
        with contextlib.suppress(InputError, OSError):
            summaries.append(summarise(path))
    return sorted(summaries, key=lambda summary: (summary.when, summary.path.name), reverse=True)


def summarise(path: Path) -> ConversationSummary:
    """Describe a conversation, reading only those of its lines that matter. Raises InputError or OSError."""
    when = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    words, turns = overview(read_bounded(path, MAX_BYTES))
    return ConversationSummary(path, title(words), when, turns)


def title(text: str) -> str:
    """Return the first words of a text, printable and in one line of at most 60 characters."""
    printable = "".join(character if character.isprintable() else " " for character in text[:1000])
    return textwrap.shorten(printable, TITLE_LENGTH, placeholder="…") or "(empty)"


def delete(path: Path) -> None:
    """Remove a saved conversation; one that is gone already is no error.

    Raises:
        InputError: it is not a conversation file, or the disk refuses.
    """
    if path.suffix != SUFFIX or path.is_dir():
        raise InputError(f"{path} is not a saved conversation: choose one from the list")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot delete {path}: {error.strerror or error}; check the folder {path.parent}") from None
