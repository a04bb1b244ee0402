"""Hands the newest token to one panel after the other, so that no key waits until all of them are drawn."""

from collections import deque

from textual.widget import Widget

from chatbot_tui.ui.cursor import EMPTY, Cursor
from chatbot_tui.ui.panels.inspector import Inspector

STRIDE = 0.018
"""Seconds between two panels: a little more than the screen leaves between two pictures, so that each has a picture of its own."""


class CursorRelay:
    """Where the panels get their cursor from. `clock` is a widget whose timers are used."""

    def __init__(self, clock: Widget) -> None:
        self._clock = clock
        self._panels: tuple[Inspector, ...] = ()
        self._waiting: deque[Inspector] = deque()
        self._cursor = EMPTY
        self._walking = False

    def join(self, *panels: Inspector) -> None:
        """Serve these panels, beginning with the present token."""
        self._panels = panels
        self.settle()

    def show(self, cursor: Cursor, *, at_once: bool) -> None:
        """Show a token in every panel: now, or in the next tenth of a second. Whoever still waits for an older token gets this one."""
        self._cursor = cursor
        if at_once:
            self.settle()
            return
        for panel in self._panels:
            if not panel.is_on_screen:
                panel.cursor = cursor
            elif panel not in self._waiting:
                self._waiting.append(panel)
        if not self._walking:
            self._walking = True
            self._clock.set_timer(STRIDE, self._next)

    def settle(self) -> None:
        """Show the newest token everywhere."""
        self._waiting.clear()
        for panel in self._panels:
            panel.cursor = self._cursor

    def _next(self) -> None:
        self._walking = bool(self._waiting)
        if self._waiting:
            self._waiting.popleft().cursor = self._cursor
            self._clock.set_timer(STRIDE, self._next)
