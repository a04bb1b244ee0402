"""Entry point of `chatbot-tui` and of `python -m chatbot_tui`."""

import sys

from chatbot_tui.cli import run


def main() -> None:
    """Run the command line and leave with its exit status."""
    sys.exit(run())


if __name__ == "__main__":
    main()
