"""The laboratory in a child process of its own: training goes on flat out while the screen stays quick and the chat goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chatbot_tui.bridge import Bridge
from chatbot_tui.core.lab import LabEvent, TrainRequest

if TYPE_CHECKING:
    from chatbot_tui.core.lab import RecipeCard


class ChildLab(Bridge):
    """A LabBackend whose nets are trained by a child process. Recipes are read in this one, which needs no torch."""

    ROLE = "lab"
    AGAIN = "start the run again"

    def recipes(self) -> tuple[RecipeCard, ...]:
        """List the recipes. Raises InputError."""
        # Imported when somebody opens the laboratory: the chat does not wait for it.
        from chatbot_tui.training.catalogue import recipe_cards

        return recipe_cards()

    def check(self, request: TrainRequest) -> None:
        """Raise InputError if a setting of the request is wrong."""
        from chatbot_tui.training.catalogue import requested_recipe

        requested_recipe(request)

    def train(self, requests: tuple[TrainRequest, ...]) -> Iterator[LabEvent]:
        """Train one net, or several in lockstep. Raises InputError."""
        self._revive()
        return self._call("train", requests)

    def set_knob(self, key: str, value: str) -> None:
        """Turn a knob of the first run before its next step."""
        self._tell("set_knob", key, value)

    def intervene(self, name: str) -> None:
        """Do something to the first run before its next step."""
        self._tell("intervene", name)

    def set_paused(self, paused: bool) -> None:
        """Hold all runs, or let them go on."""
        self._tell("set_paused", paused)

    def advance(self) -> None:
        """Let all runs take one step while paused."""
        self._tell("advance")

    def stop(self) -> None:
        """End the training."""
        self._tell("stop")

    def save(self, run: int, name: str) -> None:
        """Have a run's net written to the person's library."""
        self._tell("save", run, name)
