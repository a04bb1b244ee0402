"""The events that a conversation file holds, one JSON object a line, and how they add up to a conversation."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import MAX_TOKENS, Turn
from chatbot_tui.core.sampling import SamplingSettings, settings_from
from chatbot_tui.core.settings import MAX_REPLY_TOKENS
from chatbot_tui.core.strict_json import clean, dump, parse

FORMAT_VERSION = 1
INTERRUPTED = "interrupted"
"""Finish reason of a reply that the program did not live to see the end of."""


@dataclass(slots=True)
class Conversation:
    """What the events so far add up to."""

    turns: list[Turn] = field(default_factory=list)
    pending: Turn | None = None
    """The bot's reply under way."""
    draft: str = ""

    def all_turns(self) -> tuple[Turn, ...]:
        """Return the turns, the reply under way among them as an interrupted one."""
        return (*self.turns, self.pending) if self.pending else tuple(self.turns)

    def apply(self, event: Mapping[str, Any]) -> None:
        """Take one event in. Raises ValueError or InputError for one that makes no sense; nothing has changed then."""
        match event.get("event"):
            case "turn":
                self.add(turn_from(event))
            case "partial":
                self.extend(event)
            case "undo":
                self.undo(whole(event.get("turns")))
            case "draft":
                self.draft = text_of(event.get("text"))
            case "start":
                require_readable(event)
            case kind:
                raise ValueError(f"no event is called {kind!r}")

    def add(self, turn: Turn) -> None:
        """Append a turn. A bot's takes the place of the reply under way; a person's settles it, and empties the draft."""
        if turn.speaker == "you":
            self.settle()
            self.draft = ""
        self.pending = None
        self.turns.append(turn)

    def extend(self, event: Mapping[str, Any]) -> None:
        """Lengthen the reply under way, or begin one."""
        added = turn_from({**event, "speaker": "bot", "finish_reason": INTERRUPTED})
        if event.get("goes_on") is True and self.pending:
            added = replace(added, text=self.pending.text + added.text, tokens=self.pending.tokens + added.tokens)
        self.pending = added

    def undo(self, turns: int) -> None:
        """Take back the last turns."""
        self.settle()
        del self.turns[max(0, len(self.turns) - turns) :]

    def settle(self) -> None:
        """Count the reply under way among the turns."""
        self.turns, self.pending = list(self.all_turns()), None


def read_events(data: bytes) -> tuple[Conversation, int]:
    """Add up the lines of a conversation file.

    Returns:
        The conversation, and how many whole lines could not be read. A torn last line does not count.

    Raises:
        InputError: a newer version of the program wrote it.
    """
    conversation, damaged = Conversation(), 0
    *lines, torn = data.split(b"\n")
    for line in lines:
        if line.strip() and not apply_line(conversation, line):
            damaged += 1
    if torn.strip():
        apply_line(conversation, torn)
    return conversation, damaged


def overview(data: bytes) -> tuple[str, int]:
    """Return the words that name a conversation and its number of turns, without parsing every line.

    Replies under way make up most lines of a file, and a list of conversations needs none of them.

    Raises:
        InputError: a newer version of the program wrote it.
    """
    turns: list[bytes] = []
    draft, pending = b"", False
    *lines, torn = data.split(b"\n")
    for line in [*lines, torn] if ends_whole(torn) else lines:
        # Replies under way first: they are the many.
        if line.startswith(PARTIAL):
            pending = True
        elif line.startswith(TURN):
            turns += [b""] * (pending and SAID in line)
            turns.append(line)
            pending = False
        elif line.startswith(DRAFT):
            draft = line
        elif line.startswith(UNDO):
            turns += [b""] * pending
            pending = False
            with contextlib.suppress(ValueError, KeyError):
                del turns[max(0, len(turns) - whole(parse(line)["turns"])) :]
        elif line.startswith(START) and ends_whole(line):
            require_readable(parse(line))
    said = (words_of(line) for line in turns if SAID in line)
    return next(filter(str.strip, said), words_of(draft)), len(turns) + pending


START, TURN, PARTIAL, UNDO, DRAFT = (b'{"event":"%s"' % kind for kind in (b"start", b"turn", b"partial", b"undo", b"draft"))
SAID = b'"speaker":"you"'


def ends_whole(line: bytes) -> bool:
    """Return whether a line is complete JSON."""
    try:
        parse(line)
    except ValueError:
        return False
    return True


def words_of(line: bytes) -> str:
    """Return the text of an event; empty where there is none."""
    try:
        return text_of(parse(line)["text"])
    except (ValueError, TypeError, KeyError):
        return ""


def apply_line(conversation: Conversation, line: bytes) -> bool:
    """Take one line in and return whether it could be read. Raises InputError for a newer format."""
    try:
        event = parse(line)
        if not isinstance(event, dict):
            return False
        if event.get("event") == "start":
            require_readable(event)
        conversation.apply(event)
    except NewerFormatError:
        raise
    except (ValueError, InputError):
        return False
    return True


class NewerFormatError(InputError):
    """A newer version of the program wrote the file."""


def require_readable(event: Mapping[str, Any]) -> None:
    """Raise NewerFormatError if the first event names a later format than ours."""
    version = event.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise NewerFormatError(f"a newer version of the program wrote this conversation (format {version}): update to open it")


def start_line(when: str) -> bytes:
    """Return the line that begins a file."""
    return line_of({"event": "start", "format_version": FORMAT_VERSION, "when": when})


def whole_conversation(conversation: Conversation, when: str) -> bytes:
    """Return the lines of a file that holds nothing but the state of a conversation."""
    lines = [start_line(when), *map(turn_line, conversation.turns)]
    if conversation.pending:
        lines.append(partial_line(conversation.pending, None))
    if conversation.draft:
        lines.append(draft_line(conversation.draft))
    return b"".join(lines)


def turn_line(turn: Turn) -> bytes:
    """Return the line for a whole turn."""
    return line_of({"event": "turn", "speaker": turn.speaker, "finish_reason": turn.finish_reason, **reply_fields(turn)})


def partial_line(turn: Turn, before: Turn | None) -> bytes:
    """Return the line for a reply under way: what was added since `before`, where it goes on from there, else all of it."""
    goes_on = before is not None and turn.text.startswith(before.text) and turn.tokens[: len(before.tokens)] == before.tokens
    if before is not None and goes_on:
        turn = replace(turn, text=turn.text[len(before.text) :], tokens=turn.tokens[len(before.tokens) :])
    return line_of({"event": "partial", "goes_on": goes_on, **reply_fields(turn)})


def undo_line(turns: int) -> bytes:
    """Return the line that takes back the last turns."""
    return line_of({"event": "undo", "turns": turns})


def draft_line(text: str) -> bytes:
    """Return the line that keeps what is typed but not sent."""
    return line_of({"event": "draft", "text": text})


def line_of(event: Mapping[str, Any]) -> bytes:
    """Return an event as one line."""
    return dump(event).encode("ascii") + b"\n"


def reply_fields(turn: Turn) -> dict[str, Any]:
    """Return what a turn holds besides its speaker and its end; defaults are left out."""
    values: dict[str, Any] = {"text": turn.text}
    if turn.checkpoint:
        values["checkpoint"] = turn.checkpoint
    if turn.tokens:
        values["tokens"] = list(turn.tokens)
    if turn.strategies:
        values["strategies"] = [[step, settings.active()] for step, settings in turn.strategies]
    if turn.seed or turn.reply:
        values |= {"seed": turn.seed, "reply": turn.reply}
    if turn.min_tokens:
        values["min_tokens"] = turn.min_tokens
    if turn.speaker == "bot" and turn.max_tokens != MAX_TOKENS:
        values["max_tokens"] = turn.max_tokens
    if turn.candidate:
        values["candidate"] = turn.candidate
    return values


def turn_from(event: Mapping[str, Any]) -> Turn:
    """Build a turn from an event. Raises ValueError or InputError for fields of the wrong kind."""
    speaker = event.get("speaker")
    if speaker != "you" and speaker != "bot":
        raise ValueError(f"no speaker is called {speaker!r}")
    return Turn(
        speaker=speaker,
        text=text_of(event.get("text")),
        checkpoint=text_of(event.get("checkpoint", "")),
        tokens=tuple(whole(token) for token in items(event.get("tokens", []))),
        strategies=tuple(strategy(pair) for pair in items(event.get("strategies", []))),
        seed=whole(event.get("seed", 0)),
        reply=whole(event.get("reply", 0)),
        min_tokens=whole(event.get("min_tokens", 0)),
        max_tokens=min(whole(event.get("max_tokens", MAX_TOKENS)), MAX_REPLY_TOKENS),
        candidate=whole(event.get("candidate", 0)),
        finish_reason=text_of(event.get("finish_reason", "")),
    )


def strategy(pair: object) -> tuple[int, SamplingSettings]:
    """Return (step, settings) from a list of two. Raises ValueError or InputError."""
    step, settings = items(pair, length=2)
    return whole(step), settings_from(settings)


def items(value: object, length: int | None = None) -> Sequence[Any]:
    """Return a list as it is. Raises ValueError for anything else, or another length."""
    if not isinstance(value, list) or (length is not None and len(value) != length):
        raise ValueError("not such a list")
    return value


def whole(value: object) -> int:
    """Return a whole number of at least 0 as it is. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("not a whole number of at least 0")
    return value


def text_of(value: object) -> str:
    """Return a text that can be written anywhere. Raises ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    return clean(value)
