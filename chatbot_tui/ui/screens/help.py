"""Help: every key as it is now, and what the panels mean."""

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

PANELS = (
    (
        "chat",
        "Each word of the bot is the bluer, the likelier the net found it. Your own words are the more orange, the more they surprised it. "
        "Walk through the bot's words with left and right: every panel then shows that very word.",
    ),
    (
        "next token",
        "The net gives every word of its vocabulary a score (logit). Softmax turns scores into probabilities: the bars under “model”. "
        "Sampling then cuts and reshapes them, and a random number u picks one.",
    ),
    (
        "hidden state",
        "What the LSTM remembers: the length of h and c in each layer, how much h moved with this word, "
        "how far its gates are open, and a map of where h travels. A state that stops moving is a net that repeats itself.",
    ),
    (
        "collapse",
        "Whether the reply goes round in circles, since which word, and who is to blame: the net, which then says the same to anything, "
        "or the decoder, which always takes the likeliest word.",
    ),
    (
        "sampling",
        "How a word is chosen. Greedy takes the likeliest. Temperature flattens or sharpens. "
        "Top-k, top-p, min-p and typical cut the unlikely. "
        "A change governs the very next word.",
    ),
)
"""What each panel shows, for someone who sees it for the first time."""


class HelpScreen(ModalScreen[None]):
    """Shows keys as (keys, title, explanation), then the panels."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q", "dismiss(None)", "Close", show=False)]
    AUTO_FOCUS = "#help"

    def __init__(self, keys: Sequence[tuple[str, str, str]]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Lay out the two lists."""
        with VerticalScroll(id="help"):
            yield Static(self.text())

    def on_mount(self) -> None:
        """Say how to leave."""
        box = self.query_one("#help")
        box.border_title = "help"
        box.border_subtitle = "up and down scroll · esc closes"

    def text(self) -> Table:
        """Return everything, in columns that wrap on their own."""
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        for keys, title, explanation in self._keys:
            table.add_row(Text(keys, "bold"), Text.assemble(title, (f" · {explanation}", "dim")))
        table.add_row("", Text("Everything is in the palette too. The settings file can give keys to actions, under [keymap].\n", "italic"))
        for name, meaning in PANELS:
            table.add_row(Text(name, "bold"), Text(f"{meaning}\n"))
        return table
