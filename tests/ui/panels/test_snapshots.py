"""Pictures of the four panels together, at the two widths that matter most."""

from collections.abc import Callable
from typing import Any

import pytest

from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.ui.panels.collapse import CollapsePanel
from chatbot_tui.ui.panels.hidden_state import HiddenStatePanel
from chatbot_tui.ui.panels.inspector import Inspector
from chatbot_tui.ui.panels.next_token import NextTokenPanel
from chatbot_tui.ui.panels.sampling import SamplingPanel
from tests.ui.frames import COLLAPSED, make_reply
from tests.ui.panels.host import Host, at


@pytest.mark.parametrize("width", [40, 84])
def test_panels_of_a_collapsed_reply(snap_compare: Callable[..., Any], width: int) -> None:
    inspectors: list[Inspector] = [NextTokenPanel(), HiddenStatePanel(), CollapsePanel()]
    sampling = SamplingPanel()
    sampling.set_reactive(SamplingPanel.settings, SamplingSettings(temperature=0.8, top_k=40))
    for panel, height in zip((*inspectors, sampling), (14, 8, 8, 10), strict=True):
        panel.styles.height = height
    for inspector in inspectors:
        inspector.set_reactive(Inspector.cursor, at(*make_reply(12, COLLAPSED)))
    app = Host(*inspectors, sampling)
    assert snap_compare(app, terminal_size=(width, 40))
