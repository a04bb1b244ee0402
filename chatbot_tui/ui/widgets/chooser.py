"""One of several: options that flow over as many rows as the width needs, chosen by key or mouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive

from chatbot_tui.ui.widgets.lines import MUTED, Line, Lines


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose."""

    key: str
    label: str
    help: str = ""
    """One sentence, shown while the mouse rests on the option."""


def flow(widths: Sequence[int], width: int, gap: int = 2) -> list[tuple[int, int]]:
    """Return (row, column) for boxes of the given widths laid out like words on lines of `width` cells."""
    places: list[tuple[int, int]] = []
    row = column = 0
    for size in widths:
        if column and column + size > width:
            row, column = row + 1, 0
        places.append((row, column))
        column += size + gap
    return places


class Chooser(Lines, can_focus=True):
    """A radio set in running text: ● is chosen, ○ is not. Arrow keys choose at once."""

    DEFAULT_CSS = """
    Chooser { height: auto; width: 1fr; }
    """
    HELP = "Arrow keys or a click choose; home and end jump to the first and the last."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,down", "move(1)", "Next", tooltip="Choose the next option", show=False),
        Binding("left,up", "move(-1)", "Previous", tooltip="Choose the option before", show=False),
        Binding("home", "jump(0)", "First", tooltip="Choose the first option", show=False),
        Binding("end", "jump(-1)", "Last", tooltip="Choose the last option", show=False),
    ]
    ALLOW_SELECT = False

    value: reactive[str | None] = reactive(None)
    """Key of the chosen option; None where none of them fits."""

    @dataclass
    class Chosen(Message):
        """The user chose an option."""

        chooser: "Chooser"
        key: str

        @property
        def control(self) -> "Chooser":
            """The chooser, for `@on` selectors."""
            return self.chooser

    def __init__(self, options: Sequence[Option], *, label: str = "", help: str = "", id: str | None = None) -> None:  # noqa: A002  # names of Textual
        super().__init__(id=id)
        self._options = tuple(options)
        self._label = label
        self._help = help
        self.tooltip = help

    def _places(self, width: int) -> list[tuple[int, int]]:
        """Return where the label (if any) and the options stand."""
        boxes = [cell_len(option.label) + 2 for option in self._options]
        return flow([cell_len(self._label), *boxes] if self._label else boxes, width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  # Textual's signature
        """Return the number of rows that the options need."""
        return self._places(width)[-1][0] + 1

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the options, the chosen one with a full dot."""
        places = self._places(width)
        pieces: list[Line] = [[(self._label, MUTED)]] if self._label else []
        known = any(option.key == self.value for option in self._options)
        for option in self._options:
            chosen = option.key == self.value
            # The focus must show where nothing is chosen too: on the option that a key would choose.
            reverse = " reverse" if self.has_focus and (chosen or (not known and option == self._options[0])) else ""
            style = ("bold $text-primary" if chosen else "") + reverse
            pieces.append([("● " if chosen else "○ ", "bold $text-primary" if chosen else MUTED), (option.label, style)])
        rows: list[Line] = [[] for _ in range(places[-1][0] + 1)]
        for (row, column), piece in zip(places, pieces, strict=True):
            used = sum(cell_len(text) for text, _ in rows[row])
            rows[row] += [(" " * (column - used), ""), *piece]
        return rows[:height]

    def option_at(self, x: int, y: int) -> Option | None:
        """Return the option that covers a cell of the content, or None."""
        places = self._places(self.content_size.width)
        for option, (row, column) in zip(self._options, places[-len(self._options) :], strict=True):
            if row == y and column <= x < column + cell_len(option.label) + 2:
                return option
        return None

    def choose(self, key: str) -> None:
        """Make an option the chosen one and say so."""
        self.value = key
        self.post_message(self.Chosen(self, key))

    def action_move(self, by: int) -> None:
        """Choose the option `by` places on; there is no going round."""
        keys = [option.key for option in self._options]
        place = keys.index(self.value) + by if self.value in keys else 0
        if 0 <= place < len(keys):
            self.choose(keys[place])

    def action_jump(self, place: int) -> None:
        """Choose the option at a place, -1 being the last."""
        self.choose(self._options[place].key)

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked."""
        offset = event.get_content_offset(self)
        option = self.option_at(offset.x, offset.y) if offset is not None else None
        if option is not None:
            event.stop()
            self.choose(option.key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Explain what the mouse rests on."""
        offset = event.get_content_offset(self)
        option = self.option_at(offset.x, offset.y) if offset is not None else None
        self.tooltip = option.help if option is not None and option.help else self._help

    def on_focus(self) -> None:
        """Show the focus."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the focus."""
        self.refresh()
