"""What the panels of the doctor have in common: the examination they show, and a heading on their upper edge."""

from textual.geometry import Size
from textual.reactive import reactive

from chatbot_tui.ui.doctor_view import NOTHING, DoctorView
from chatbot_tui.ui.panels.headed import Headed

WAITS = "appears here once the net has been examined."


class DoctorPanel(Headed):
    """A panel that shows one examination, and redraws whenever there is more of it."""

    view: reactive[DoctorView] = reactive(NOTHING, layout=True)
    """The examination to show."""

    def watch_view(self) -> None:
        """Bring the heading up to date."""
        self.head()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  # Textual's signature
        """Return the number of lines that there are, for a panel of its own height."""
        return max(1, len(self.lines(width, 10_000)))
