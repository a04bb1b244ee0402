"""How a probability looks behind a word: depth of colour, and a text style where there are no colours to mix."""

from math import log

from rich.style import Style
from textual.color import Color
from textual.widget import Widget

from chatbot_tui.core.ports import Speaker

LEVELS = 8
"""Depths of colour that an eye can tell apart."""
DEEPEST = 0.62
"""Share of the shade's colour at the deepest level; more would drown the text."""
MOST_SURPRISING = 12.0
"""Surprisal, in nats, at which a person's word is shaded deepest."""


class Shading:
    """The styles for one theme: the net's own tokens deepen with probability, a person's words with surprisal."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[tuple[Speaker, int], Style] = {}

    def style(self, speaker: Speaker, probability: float) -> Style:
        """Return the style for a token to which the net gave `probability`."""
        depth = probability if speaker == "bot" else -log(max(probability, 1e-30)) / MOST_SURPRISING
        level = round(min(1.0, max(0.0, depth)) * LEVELS)
        key = (speaker, level)
        if key not in self._styles:
            self._styles[key] = self._colourless(speaker, level) if self._without_colour else self._colour(speaker, level)
        return self._styles[key]

    @property
    def _without_colour(self) -> bool:
        app = self._widget.app
        return app.no_color or app.native_ansi_color

    def _colourless(self, speaker: Speaker, level: int) -> Style:
        share = level / LEVELS
        if speaker == "you":
            return Style(underline=True) if share >= 0.5 else Style()
        return Style(bold=True) if share >= 0.5 else Style(underline=True) if share <= 0.1 else Style()

    def _colour(self, speaker: Speaker, level: int) -> Style:
        name = "transcript--sure" if speaker == "bot" else "transcript--surprising"
        ground = self._widget.background_colors[1]
        shade = self._widget.get_component_styles(name).background
        mixed = ground.blend(Color(shade.r, shade.g, shade.b), DEEPEST * level / LEVELS)
        return Style(bgcolor=mixed.rich_color)
