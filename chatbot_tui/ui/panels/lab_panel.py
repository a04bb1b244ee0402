"""What the panels that watch a training run have in common: the report they show, and a heading on their upper edge."""

from textual.reactive import reactive

from chatbot_tui.ui.lab_view import NOTHING, LabView
from chatbot_tui.ui.panels.inspector import heading
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Lines

SECOND = ORANGE
"""Colour of the second of two runs."""
SECOND_SIGN = "○"
PHASES = {"uniform": ("░", MUTED), "unigram": ("▒", ORANGE), "bigram": ("▓", f"{BLUE} 60%"), "context": ("█", BLUE)}
"""How each phase is filled and coloured: the denser, the more the net knows."""


class LabPanel(Lines):
    """A panel that shows one report of one or two runs, and redraws whenever another is to be shown."""

    NAME = ""
    """Name on the upper edge."""

    # A run grows in place: the same view can have more to show.
    view: reactive[LabView] = reactive(NOTHING, always_update=True)
    """The report to show, with those before it."""

    def note(self) -> str:
        """Return what stands on the right of the upper edge; empty for nothing."""
        return ""

    def watch_view(self) -> None:
        """Bring the heading up to date."""
        self._head()

    def on_resize(self) -> None:
        """Stretch the heading over the new width."""
        self._head()

    def _head(self) -> None:
        self.border_title = heading(self.NAME, self.note(), self.size.width)
