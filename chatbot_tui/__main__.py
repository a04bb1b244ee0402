"""Entry point of `chatbot-tui` and of `python -m chatbot_tui`."""

import sys

INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it."""


def main() -> None:
    """Run the command line and leave with its exit status."""
    try:
        # Imported here so that Ctrl+C is answered quietly from the first moment on.
        from chatbot_tui.cli import run

        status = run()
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)


if __name__ == "__main__":
    main()
