"""On or off in one row, told apart by a sign and not only by a colour."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from chatbot_tui.ui.widgets.lines import MUTED, Line, Lines


class Toggle(Lines, can_focus=True):
    """A label with ● before it while it is on, ○ while it is off."""

    DEFAULT_CSS = """
    Toggle { height: 1; }
    """
    HELP = "Space, enter or a click switch it on and off."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "switch", "On or off", tooltip="Switch it on or off", show=False),
    ]
    ALLOW_SELECT = False

    value: reactive[bool] = reactive(False)
    """Whether it is on."""

    @dataclass
    class Changed(Message):
        """The user switched it."""

        toggle: "Toggle"
        value: bool

        @property
        def control(self) -> "Toggle":
            """The toggle, for `@on` selectors."""
            return self.toggle

    def __init__(self, label: str, *, help: str = "", id: str | None = None) -> None:  # noqa: A002  # names of Textual
        super().__init__(id=id)
        self._label = label
        self.styles.width = len(label) + 2
        self.tooltip = help

    def lines(self, width: int, height: int) -> list[Line]:  # noqa: ARG002  # always one row
        """Return the sign and the label."""
        style = "bold $text-warning" if self.value else MUTED
        return [[("● " if self.value else "○ ", style), (self._label, style + (" reverse" if self.has_focus else ""))]]

    def action_switch(self) -> None:
        """Switch it and say so."""
        self.value = not self.value
        self.post_message(self.Changed(self, self.value))

    def on_click(self) -> None:
        """Switch it."""
        self.action_switch()

    def on_focus(self) -> None:
        """Show the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the focus."""
        self.refresh()
