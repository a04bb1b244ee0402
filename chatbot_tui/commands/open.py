"""Open the playground, the net in a process of its own."""

import sys

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import find


def open_playground(*, checkpoint: str | None, vocabulary: str | None) -> None:
    """Run the app until the person leaves it.

    Raises:
        InputError: there is no terminal to draw on, or no such checkpoint.
    """
    if checkpoint is not None:
        find(checkpoint)
    # Textual reads from standard input and draws on standard error.
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("the playground needs a terminal: start it in one, or answer from a script with `chatbot-tui say TEXT`")

    from chatbot_tui.bridge import ChildBackend
    from chatbot_tui.doctor_bridge import ChildDoctor
    from chatbot_tui.import_bridge import ChildImporter
    from chatbot_tui.lab_bridge import ChildLab
    from chatbot_tui.ui.app import run_playground

    run_playground(ChildBackend(), ChildLab(), ChildDoctor(), ChildImporter(), checkpoint=checkpoint, vocabulary=vocabulary)
