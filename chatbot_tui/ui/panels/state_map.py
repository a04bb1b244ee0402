"""The map of hidden states after many prompts: one heap for a net that does not hear, many places for one that does."""

from __future__ import annotations

from chatbot_tui.ui.panels.doctor_panel import WAITS, DoctorPanel
from chatbot_tui.ui.panels.doctor_words import paragraph
from chatbot_tui.ui.panels.headed import waiting
from chatbot_tui.ui.widgets.cloud import cloud
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import quantity

HEAP, APART = 0.05, 0.08
"""Variance of h across prompts up to which it is one heap, and from which it is not, where the report says nothing else."""
_LEAST_HEIGHT = 5


class StateMap(DoctorPanel):
    """Show where the last layer's h lies after each prompt, and say in words what that is."""

    NAME = "hidden states"

    def note(self) -> str:
        """Return how many prompts there are."""
        diagnosis = self.view.diagnosis
        if diagnosis is None or diagnosis.map is None:
            return ""
        return f"after {len(diagnosis.map.points)} prompts"

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the map above its caption."""
        diagnosis = self.view.diagnosis
        if diagnosis is None or diagnosis.map is None:
            told = f"Where the net's state lies after many prompts {WAITS}" if diagnosis is None else "There is no state to map."
            return waiting(told, width, height)
        found = diagnosis.map
        heap, apart = self.view.collapsed_up_to("state_variance", HEAP), self.view.healthy_from("state_variance", APART)
        variance = found.variance
        words = "one heap" if variance <= heap else "many places" if variance >= apart else "nearly one heap"
        style = BLUE if variance >= apart else ORANGE
        meaning = {
            "one heap": "whatever it reads, it remembers the same.",
            "nearly one heap": "it remembers little of what it reads.",
            "many places": "it remembers what it reads.",
        }[words]
        caption = list(paragraph(f"{words}: {meaning}", width, f"bold {style}"))
        figures = (
            f"• one prompt, 2-9 several, + more. Variance {quantity(variance)} of |h|², {found.shown:.0%} of it in these two directions."
        )
        caption += paragraph(figures, width, MUTED)
        room = height - len(caption)
        if room < _LEAST_HEIGHT:
            return caption[:height]
        return [*cloud(found.points, width, min(room, max(_LEAST_HEIGHT, width // 2)), style), *caption]
