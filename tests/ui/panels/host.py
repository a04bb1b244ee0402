"""A bare app that shows panels and keeps what they post."""

from pathlib import Path

from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget

import chatbot_tui.ui.panels
from chatbot_tui.core.frames import StepFrame
from chatbot_tui.ui.cursor import Cursor
from chatbot_tui.ui.panels.inspector import Inspector
from chatbot_tui.ui.panels.sampling import SamplingPanel
from chatbot_tui.ui.widgets.lines import join

FOLDER = Path(chatbot_tui.ui.panels.__path__[0])


def at(*frames: StepFrame, index: int = -1) -> Cursor:
    """The cursor on one of some frames, by default on the last."""
    return Cursor(frames, index % len(frames), index == -1)


def text_of(panel: Inspector, width: int, height: int) -> list[str]:
    """What a panel writes into a given space, line by line, without trailing blanks."""
    return [line.rstrip() for line in str(join(panel.lines(width, height))).split("\n")]


class Host(App[None]):
    CSS_PATH = [FOLDER / f"{name}.tcss" for name in ("next_token", "hidden_state", "collapse", "weighing", "sampling")]  # noqa: RUF012  # Textual reads it from the class
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self.widgets = widgets
        self.posted: list[Message] = []

    def compose(self) -> ComposeResult:
        yield from self.widgets

    def on_sampling_panel_settings_changed(self, event: SamplingPanel.SettingsChanged) -> None:
        self.posted.append(event)

    def on_sampling_panel_seed_changed(self, event: SamplingPanel.SeedChanged) -> None:
        self.posted.append(event)

    def on_sampling_panel_pace_changed(self, event: SamplingPanel.PaceChanged) -> None:
        self.posted.append(event)
