"""A list of sliders in one widget: a row each, moved by keys, wheel, click or drag."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive

from chatbot_tui.ui.widgets.glyphs import fit
from chatbot_tui.ui.widgets.lines import MUTED, Line, Lines
from chatbot_tui.ui.widgets.track import Track

_VALUE = 7
"""Cells of a value."""
_NAME = 19
"""Cells of a name where there is room."""
_LEAST = 7
"""Cells that a slider keeps, with the blank before it, until names have all the room they want: keys move it as finely as ever."""


class Sliders(Lines, can_focus=True):
    """Numbers that can be set: ● is on, ○ is off, ◌ is set but has no effect."""

    DEFAULT_CSS = """
    Sliders { width: 1fr; }
    """
    HELP = (
        "Up and down choose a row; left and right change it by one step, page up and page down by ten; home and end go to the ends; "
        "space or enter switches it on and off. Click or drag on a track; click a name to switch it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "row(-1)", "Row above", tooltip="Go to the parameter above", show=False),
        Binding("down", "row(1)", "Row below", tooltip="Go to the parameter below", show=False),
        Binding("right", "step(1)", "More", tooltip="One step up", show=False),
        Binding("left", "step(-1)", "Less", tooltip="One step down", show=False),
        Binding("pageup,shift+right", "step(10)", "Much more", tooltip="Ten steps up", show=False),
        Binding("pagedown,shift+left", "step(-10)", "Much less", tooltip="Ten steps down", show=False),
        Binding("home", "end(0)", "Least", tooltip="To the left end of the slider", show=False),
        Binding("end", "end(1)", "Most", tooltip="To the right end of the slider", show=False),
        Binding("space,enter", "switch", "On or off", tooltip="Switch the parameter on or off", show=False),
    ]
    ALLOW_SELECT = False

    values: reactive[Mapping[str, float]] = reactive(dict[str, float])
    """The value of every track, by key."""
    idle: reactive[frozenset[str]] = reactive(frozenset[str]())
    """Keys of the tracks that have no effect at the moment."""
    row: reactive[int] = reactive(0)
    """The row that the keys act on."""

    @dataclass
    class Changed(Message):
        """The user set a value."""

        sliders: "Sliders"
        key: str
        value: float

        @property
        def control(self) -> "Sliders":
            """The list, for `@on` selectors."""
            return self.sliders

    def __init__(self, tracks: Sequence[Track], *, id: str | None = None) -> None:  # noqa: A002  # Textual's name
        super().__init__(id=id)
        self._tracks = tuple(tracks)
        self._dragged = False
        self.set_reactive(Sliders.values, {track.key: track.off for track in tracks})
        self.styles.height = len(self._tracks)
        self.tooltip = self._tracks[0].help

    def _track_columns(self, width: int) -> tuple[int, int, int]:
        """Return the width of a name, the first cell and the width of a slider."""
        name = max(8, min(_NAME, width - 4 - _VALUE - _LEAST))
        start = 4 + name + _VALUE + 1
        return name, start, max(0, width - start)

    def lines(self, width: int, height: int) -> list[Line]:
        """Return a row for every track."""
        return [self._line(place, track, width) for place, track in enumerate(self._tracks[:height])]

    def _line(self, place: int, track: Track, width: int) -> Line:
        value = self.values[track.key]
        on, idle = value != track.off or not track.switchable, track.key in self.idle
        here = place == self.row and self.has_focus
        style = MUTED if idle or not on else "$text-primary"
        name, _, cells = self._track_columns(width)
        shown = track.text(value) if on else "off"
        return [
            ("› " if here else "  ", "bold $text-warning"),
            (("◌ " if idle else "● ") if on else "○ ", style),
            (fit(track.label, name), ("bold " if on and not idle else "") + ("reverse" if here else "" if on and not idle else MUTED)),
            (shown.rjust(_VALUE), "bold" if on and not idle else MUTED),
            (" ", ""),
            *track.line(value, cells, style, on=on and not idle),
        ]

    def watch_row(self) -> None:
        """Explain the row and bring it into view."""
        self.tooltip = self._tracks[self.row].help
        self.show_row()

    def show_row(self) -> None:
        """Bring the row into view."""
        if isinstance(self.parent, VerticalScroll):
            self.parent.scroll_to_region(Region(0, self.row, 1, 1), animate=False, force=True)

    def _set(self, track: Track, value: float) -> None:
        if value != self.values[track.key]:
            self.values = {**self.values, track.key: value}
            self.post_message(self.Changed(self, track.key, value))

    def action_row(self, by: int) -> None:
        """Go up or down; there is no going round."""
        self.row = min(max(self.row + by, 0), len(self._tracks) - 1)

    def action_step(self, steps: int) -> None:
        """Change the row's value by some steps."""
        track = self._tracks[self.row]
        self._set(track, track.stepped(self.values[track.key], steps))

    def action_end(self, end: int) -> None:
        """Set the row's value to the left (0) or right (1) end of its slider."""
        track = self._tracks[self.row]
        self._set(track, track.snap((track.low, track.high)[end]))

    def action_switch(self) -> None:
        """Switch the row off, or on at its usual value."""
        track = self._tracks[self.row]
        if track.switchable:
            self._set(track, track.usual if self.values[track.key] == track.off else track.off)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin a drag on a slider; switch on or off by a click on a name."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= len(self._tracks):
            return
        event.stop()
        self.row = offset.y
        if offset.x >= self._track_columns(self.content_size.width)[1]:
            self._dragged = True
            self.capture_mouse()
            self._drag_to(offset.x)
        else:
            self.action_switch()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow a drag; otherwise explain the row under the mouse."""
        offset = event.get_content_offset_capture(self)
        if self._dragged:
            self._drag_to(offset.x)
        elif 0 <= offset.y < len(self._tracks):
            self.tooltip = self._tracks[offset.y].help

    def on_mouse_up(self) -> None:
        """End a drag."""
        if self._dragged:
            self._dragged = False
            self.release_mouse()

    def _drag_to(self, x: int) -> None:
        track = self._tracks[self.row]
        _, start, cells = self._track_columns(self.content_size.width)
        if cells > 1:
            self._set(track, track.value_at(x - start, cells))

    def on_focus(self) -> None:
        """Show the row that the keys act on."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide it."""
        self.refresh()
