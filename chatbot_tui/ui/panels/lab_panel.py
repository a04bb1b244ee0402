"""What the panels that watch a training run have in common: the report they show, and a heading on their upper edge."""

from textual.reactive import reactive

from chatbot_tui.ui.lab_view import NOTHING, LabView
from chatbot_tui.ui.panels.headed import Headed
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE

SECOND = ORANGE
"""Colour of the second of two runs."""
SECOND_SIGN = "○"
PHASES = {"uniform": ("░", MUTED), "unigram": ("▒", ORANGE), "bigram": ("▓", f"{BLUE} 60%"), "context": ("█", BLUE)}
"""How each phase is filled and coloured: the denser, the more the net knows."""


class LabPanel(Headed):
    """A panel that shows one report of one or two runs, and redraws whenever another is to be shown."""

    # A run grows in place: the same view can have more to show.
    view: reactive[LabView] = reactive(NOTHING, always_update=True)
    """The report to show, with those before it."""

    def watch_view(self) -> None:
        """Bring the heading up to date."""
        self.head()
