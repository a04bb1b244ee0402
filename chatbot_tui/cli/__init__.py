"""The commands and their options; each imports its own world, and only once its options are known to be good."""

from chatbot_tui.cli.root import cli
from chatbot_tui.cli.running import run, tell

__all__ = ["cli", "run", "tell"]
