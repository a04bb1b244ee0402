"""Help: that nothing on the screens goes unexplained."""

import pytest
from rich.console import Console
from textual.binding import Binding

from chatbot_tui.core.lab import INTERVENTIONS
from chatbot_tui.core.sampling import PRESETS
from chatbot_tui.ui.panels.entry import END_MARK
from chatbot_tui.ui.panels.inside import InsidePanel
from chatbot_tui.ui.panels.lab_panel import PHASES
from chatbot_tui.ui.panels.lesson import CAUSE_SIGN
from chatbot_tui.ui.panels.loss import LossPanel
from chatbot_tui.ui.panels.parameters import meaning
from chatbot_tui.ui.panels.probe import ProbePanel
from chatbot_tui.ui.screens.chat import ChatScreen
from chatbot_tui.ui.screens.help import PANELS, WORDS, HelpScreen

EXPLAINED = dict(PANELS)


def test_every_panel_of_the_laboratory_has_a_paragraph() -> None:
    assert {"laboratory", LossPanel.NAME, "phases", ProbePanel.NAME, InsidePanel.NAME, "knobs", "interventions"} <= set(EXPLAINED)


def test_levels_phases_and_signs_are_told_by_their_names() -> None:
    assert all(level in EXPLAINED["loss"] for level in ("ln V", "unigram", "bigram"))
    assert all(phase in EXPLAINED["phases"].lower() for phase in PHASES)
    assert CAUSE_SIGN in EXPLAINED["laboratory"]


def test_units_and_signs_of_the_chat_are_told_before_its_keys() -> None:
    told = dict(WORDS)
    assert {"token", "nat", "LSTM"} <= set(told)
    assert END_MARK in told["token"]
    assert all(word in told["nat"] for word in ("surprisal", "entropy", "Perplexity"))
    # -ln .5 = .693, -ln .01 = 4.605.
    assert ".69 a coin" in told["nat"]
    assert "4.6 one chance in a hundred" in told["nat"]
    assert all(f"({gate})" in told["LSTM"] for gate in "ifo")


def test_help_says_where_and_by_which_names_keys_are_moved() -> None:
    console = Console(width=400)
    with console.capture() as capture:
        console.print(HelpScreen([("f1", "Help", "Read")], ["help", "library"], "/home/me/settings.toml").text())
    text = capture.get()
    assert text.index("in short") < text.index("f1") < text.index("other keys")
    assert "[keymap] in /home/me/settings.toml" in text
    assert "help, library." in text


@pytest.mark.parametrize("name", PRESETS)
def test_the_keys_of_strategies_say_what_these_do(name: str) -> None:
    told = [binding.tooltip for binding in ChatScreen.BINDINGS if isinstance(binding, Binding) and binding.id == f"strategy-{name}"]
    assert [text.lower() for text in told] == [meaning(name).lower()]
    assert "is off" not in told[0]


def test_every_intervention_stands_with_its_key_on_its_side() -> None:
    harm, remedy = EXPLAINED["interventions"].split("To help it")
    for key, entry in enumerate(INTERVENTIONS, 1):
        assert f"{key} {entry.title}" in (remedy if entry.remedy else harm)
