"""One of an ordered few, in one row: ◂ 20/s ▸."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from chatbot_tui.ui.widgets.lines import MUTED, Line, Lines


class Stepper(Lines, can_focus=True):
    """A value with an arrow on either side; the arrows vanish at the ends."""

    DEFAULT_CSS = """
    Stepper { height: 1; }
    """
    HELP = "Arrow keys, or a click on an arrow, take the next or the previous value; home and end the first and the last."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,up", "move(1)", "More", tooltip="Take the next value", show=False),
        Binding("left,down", "move(-1)", "Less", tooltip="Take the value before", show=False),
        Binding("home", "move(-1000)", "First", tooltip="Take the first value", show=False),
        Binding("end", "move(1000)", "Last", tooltip="Take the last value", show=False),
    ]
    ALLOW_SELECT = False

    place: reactive[int] = reactive(0)
    """Which label is shown."""
    other: reactive[str] = reactive("")
    """A text shown instead of the label, for a value that is none of them; empty for none."""

    @dataclass
    class Changed(Message):
        """The user took another value."""

        stepper: "Stepper"
        place: int

        @property
        def control(self) -> "Stepper":
            """The stepper, for `@on` selectors."""
            return self.stepper

    def __init__(self, labels: Sequence[str], *, help: str = "", id: str | None = None) -> None:  # noqa: A002  # names of Textual
        super().__init__(id=id)
        self._labels = tuple(labels)
        self._room = max(map(len, labels))
        self.styles.width = self._room + 4
        self.tooltip = help

    def lines(self, width: int, height: int) -> list[Line]:  # noqa: ARG002  # always one row
        """Return the value between its arrows."""
        label = (self.other or self._labels[self.place]).center(self._room)
        less, more = self.place > 0, self.place < len(self._labels) - 1
        style = "bold reverse" if self.has_focus else "bold"
        return [[("◂ " if less else "  ", "$text-primary"), (label, style), (" ▸" if more else "  ", "$text-primary" if more else MUTED)]]

    def action_move(self, by: int) -> None:
        """Take the value `by` places on, or the last one there is."""
        place = min(max(self.place + by, 0), len(self._labels) - 1)
        if place != self.place or self.other:
            self.other = ""
            self.place = place
            self.post_message(self.Changed(self, place))

    def on_click(self, event: events.Click) -> None:
        """Go on or back, by the half that was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None:
            event.stop()
            self.action_move(-1 if offset.x < self.content_size.width // 2 else 1)

    def on_focus(self) -> None:
        """Show the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the focus."""
        self.refresh()
