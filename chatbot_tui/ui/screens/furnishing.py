"""Puts panels and footer into the chat screen after its first paint, bit by bit: a person may be typing already."""

import asyncio
from functools import partial

from textual.widget import Widget

from chatbot_tui.ui.messages import PanelsMounted
from chatbot_tui.ui.panels.deck import PanelDeck
from chatbot_tui.ui.panels.inspector import Inspector
from chatbot_tui.ui.screens.speaking import SpeakingScreen

BREATH = 0.02
"""Seconds for keys between two pieces."""
BOUND = (("sampling", "settings"), ("seed", "seed"), ("pace", "pace"))
"""What the sampling panel follows: the screen's name for it, and the panel's."""


async def furnish(screen: SpeakingScreen, deck: PanelDeck) -> None:
    """Put everything in, code included, with time for keys in between, and post PanelsMounted."""
    from chatbot_tui.ui.panels.next_token import NextTokenPanel

    await deck.add(NextTokenPanel())
    await asyncio.sleep(BREATH)
    from chatbot_tui.ui.panels.hidden_state import HiddenStatePanel

    await deck.add(HiddenStatePanel())
    await asyncio.sleep(BREATH)
    from chatbot_tui.ui.panels.collapse import CollapsePanel

    await deck.add(CollapsePanel())
    await asyncio.sleep(BREATH)
    from chatbot_tui.ui.panels.weighing import WeighingPanel

    await deck.add(WeighingPanel())
    await asyncio.sleep(BREATH)
    from chatbot_tui.ui.panels.sampling import SamplingPanel

    await asyncio.sleep(BREATH)
    sampling = SamplingPanel()
    # Binding by `data_bind` is for those who compose; this comes later.
    for own, its in BOUND:
        screen.watch(screen, own, partial(_assign, sampling, its))
    await deck.add(sampling)
    await asyncio.sleep(BREATH)
    screen.relay.join(*deck.query(Inspector))
    await deck.add_tabs()
    await asyncio.sleep(BREATH)
    from textual.widgets import Footer

    await screen.mount(Footer())
    # The footer draws what it hears of, and has missed all that there was before it.
    screen.refresh_bindings()
    screen.add_class("-complete")
    screen.post_message(PanelsMounted())


def _assign(widget: Widget, name: str, value: object) -> None:
    setattr(widget, name, value)
