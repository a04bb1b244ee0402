"""What the panels of the doctor have in common: the examination they show, and a heading on their upper edge."""

from textual.geometry import Size
from textual.reactive import reactive

from chatbot_tui.ui.doctor_view import NOTHING, DoctorView
from chatbot_tui.ui.panels.inspector import heading
from chatbot_tui.ui.widgets.lines import Lines

WAITS = "appears here once the net has been examined."


class DoctorPanel(Lines):
    """A panel that shows one examination, and redraws whenever there is more of it."""

    NAME = ""
    """Name on the upper edge; empty for none."""

    view: reactive[DoctorView] = reactive(NOTHING, layout=True)
    """The examination to show."""

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
        if self.NAME:
            self.border_title = heading(self.NAME, self.note(), self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  # Textual's signature
        """Return the number of lines that there are, for a panel of its own height."""
        return max(1, len(self.lines(width, 10_000)))
