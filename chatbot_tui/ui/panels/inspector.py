"""What the panels that look into a token have in common: the cursor they follow, and that they may give their room to others."""

from textual.message import Message
from textual.reactive import reactive

from chatbot_tui.ui.cursor import EMPTY, Cursor
from chatbot_tui.ui.panels.headed import Headed


class Inspector(Headed):
    """A panel that shows one token's frame and redraws whenever the cursor moves."""

    OCCASIONAL = False
    """Whether it is idle as a rule; when it is not, others make room for it."""

    cursor: reactive[Cursor] = reactive(EMPTY)
    """The token to show, with those before it."""
    _idled: bool | None = None
    """What `idle` was when it was last told."""

    class Roused(Message):
        """A panel has something to show, or has nothing more."""

    @property
    def idle(self) -> bool:
        """Whether the panel may give its room to others."""
        return False

    def watch_cursor(self) -> None:
        """Bring the heading up to date."""
        self.head()
        if self.idle != self._idled:
            self._idled = self.idle
            self.post_message(self.Roused())
