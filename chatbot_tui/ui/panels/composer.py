"""Where a person types: enter sends, ctrl+j starts a new line, up and down bring back what was said before."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

HISTORY_LENGTH = 500
LONG_TEXT = 2_000
"""Characters above which a piece of text is folded into a label: a text area slows down with the length of its lines."""
MANY_LINES = 40
"""Lines above which it is."""


class Composer(TextArea):
    """A text area that grows with its text. Empty, its left and right keys walk through the tokens instead."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send", id="send", tooltip="Send the message", show=False),
        Binding("ctrl+j,shift+enter", "newline", "New line", id="newline", tooltip="Start a new line in the message", show=False),
        Binding("up", "earlier", "Earlier message", id="history-back", tooltip="Bring back what you said before", show=False),
        Binding("down", "later", "Later message", id="history-on", tooltip="Bring back what you said after that", show=False),
        Binding("left", "left", "Left, or the token before", show=False),
        Binding("right", "right", "Right, or the token after", show=False),
    ]

    @dataclass
    class Sent(Message):
        """The person wants this said."""

        text: str

    @dataclass
    class Dropped(Message):
        """The person dragged a file or a checkpoint folder here, or pasted a path and nothing else."""

        path: str
        text: str
        """What was pasted."""

    @dataclass
    class Walked(Message):
        """The person pressed left or right with nothing typed."""

        by: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id, compact=True, highlight_cursor_line=False, placeholder="Say something", show_line_numbers=False)
        self._history: list[str] = []
        self._place = 0
        self._draft = ""
        self._folded: dict[str, str] = {}

    @property
    def message(self) -> str:
        """What is typed, with every folded piece in full."""
        text = self.text
        for label, piece in self._folded.items():
            text = text.replace(label, piece)
        return text

    def _fold(self, text: str) -> str:
        """Return `text`, or a label that stands for it if it is long."""
        if len(text) <= LONG_TEXT and text.count("\n") <= MANY_LINES:
            return text
        label = f"[long text {len(self._folded) + 1}: {len(text):,} characters]"
        self._folded[label] = text
        return label

    def clear_message(self) -> None:
        """Leave nothing typed."""
        self.load_text("")
        self._folded.clear()

    def remember(self, text: str) -> None:
        """Put a message at the end of the history."""
        if not self._history or self._history[-1] != text:
            self._history = [*self._history, text][-HISTORY_LENGTH:]
        self._place = len(self._history)

    def replace_text(self, text: str) -> None:
        """Show `text` with the cursor behind it."""
        self.load_text(self._fold(text))
        self.move_cursor(self.document.end)

    async def _on_key(self, event: events.Key) -> None:
        # The text area would start a new line. A priority binding would overtake letters that are still on their way here.
        if event.key == "enter":
            event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        # Terminals end pasted lines with carriage returns.
        path = openable(event.text)
        if path:
            event.prevent_default()
            event.stop()
            self.post_message(self.Dropped(path, event.text))
            return
        event.text = self._fold(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        await super()._on_paste(event)
        event.prevent_default()
        event.stop()

    def insert_piece(self, text: str) -> None:
        """Write `text` where the cursor stands, folded if it is long."""
        self.insert(self._fold(text))

    def action_send(self) -> None:
        """Ask for the message to be sent."""
        self.post_message(self.Sent(self.message))

    def action_newline(self) -> None:
        """Start a new line."""
        self.insert("\n")

    def action_delete_left(self) -> None:
        """Delete the character before the cursor, or the whole of a folded piece."""
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        label = next((label for label in self._folded if before.endswith(label)), "")
        if label and self.selection.is_empty:
            self.delete((row, column - len(label)), (row, column))
        else:
            super().action_delete_left()

    def action_left(self) -> None:
        """Move left, or look at the token before."""
        if self.text:
            self.action_cursor_left()
        else:
            self.post_message(self.Walked(-1))

    def action_right(self) -> None:
        """Move right, or look at the token after."""
        if self.text:
            self.action_cursor_right()
        else:
            self.post_message(self.Walked(1))

    def action_earlier(self) -> None:
        """Move up, or on the first line bring back the message before."""
        if self.cursor_location[0] > 0 or not self._place:
            self.action_cursor_up()
            return
        if self._place == len(self._history):
            self._draft = self.message
        self._place -= 1
        self.replace_text(self._history[self._place])

    def action_later(self) -> None:
        """Move down, or on the last line bring back the message after."""
        if self.cursor_location[0] < self.document.line_count - 1 or self._place >= len(self._history):
            self.action_cursor_down()
            return
        self._place += 1
        self.replace_text(self._draft if self._place == len(self._history) else self._history[self._place])


def openable(text: str) -> str:
    """Return the path of the file or checkpoint folder that a text names and nothing else; empty for any other text."""
    # Imported with the first paste: the first paint does not wait for it.
    from chatbot_tui.core.dropped import dropped_path
    from chatbot_tui.core.library import CONFIG

    path = dropped_path(text)
    return str(path) if path is not None and (path.is_file() or (path / CONFIG).is_file()) else ""
