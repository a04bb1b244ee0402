"""Help: that nothing on the screens goes unexplained."""

from chatbot_tui.core.lab import INTERVENTIONS
from chatbot_tui.ui.panels.inside import InsidePanel
from chatbot_tui.ui.panels.lab_panel import PHASES
from chatbot_tui.ui.panels.lesson import CAUSE_SIGN
from chatbot_tui.ui.panels.loss import LossPanel
from chatbot_tui.ui.panels.probe import ProbePanel
from chatbot_tui.ui.screens.help import PANELS

EXPLAINED = dict(PANELS)


def test_every_panel_of_the_laboratory_has_a_paragraph() -> None:
    assert {"laboratory", LossPanel.NAME, "phases", ProbePanel.NAME, InsidePanel.NAME, "knobs", "interventions"} <= set(EXPLAINED)


def test_levels_phases_and_signs_are_told_by_their_names() -> None:
    assert all(level in EXPLAINED["loss"] for level in ("ln V", "unigram", "bigram"))
    assert all(phase in EXPLAINED["phases"].lower() for phase in PHASES)
    assert CAUSE_SIGN in EXPLAINED["laboratory"]


def test_every_intervention_stands_with_its_key_on_its_side() -> None:
    harm, remedy = EXPLAINED["interventions"].split("To help it")
    for key, entry in enumerate(INTERVENTIONS, 1):
        assert f"{key} {entry.title}" in (remedy if entry.remedy else harm)
