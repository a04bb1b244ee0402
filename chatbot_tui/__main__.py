"""Entry point of `chatbot-tui` and of `python -m chatbot_tui`."""

import gc
import sys
from collections.abc import Sequence

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it."""
PLAYGROUND_OPTIONS = {"--checkpoint": "checkpoint", "--vocab": "vocabulary"}


def main() -> None:
    """Run the command line and leave with its exit status."""
    try:
        status = open_at_once(sys.argv[1:])
        if status is None:
            # Imported here so that Ctrl+C is answered quietly from the first moment on.
            from chatbot_tui.cli import run

            status = run()
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)


def open_at_once(arguments: Sequence[str]) -> int | None:
    """Open the playground if nothing else can be meant, and return the exit status; None: the command line is to decide.

    The command line means the same by these arguments; importing it would make the first paint wait.
    """
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    plain = all(option in PLAYGROUND_OPTIONS and not value.startswith("-") for option, value in given.items())
    if not plain or len(arguments) != 2 * len(given):
        return None
    # What is imported and built before the first paint is no garbage, so looking for some would only delay it; the app looks again after.
    gc.disable()
    from chatbot_tui.commands.open import open_playground
    from chatbot_tui.core.errors import InputError

    options = {name: given.get(option) for option, name in PLAYGROUND_OPTIONS.items()}
    try:
        open_playground(checkpoint=options["checkpoint"], vocabulary=options["vocabulary"])
    except (InputError, OSError) as error:
        from chatbot_tui.cli import tell

        return tell(error)
    return 0


if __name__ == "__main__":
    main()
