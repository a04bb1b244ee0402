"""The part of the chat screen that gets checkpoints: from the library, and at the earlier steps that one keeps of its training."""

from __future__ import annotations

from functools import partial

from textual import on

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import LoadedCheckpoint
from chatbot_tui.ui.commands import readable
from chatbot_tui.ui.messages import CheckpointLoaded, CheckpointRefused, OpeningWanted
from chatbot_tui.ui.panels.composer import Composer
from chatbot_tui.ui.panels.parameters import summary
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.screens.choice import Choice
from chatbot_tui.ui.screens.conversing import ConversingScreen


class LoadingScreen(ConversingScreen):
    """Loads one checkpoint at a time, in a thread; the conversation and what was typed stay as they are."""

    _going: int | None = None
    """The place among the steps of the checkpoint that the person is on the way to; None while nobody goes anywhere."""

    vocabulary: str | None = None
    """What went with the loaded checkpoint, where it is a foreign file."""

    def load(self, checkpoint: str, vocabulary: str | None = None, *, title: str = "") -> None:
        """Load a checkpoint in a thread; the old one speaks on if this fails. `title` is what it is called meanwhile."""
        if self.loading_name:
            self.notify(f"{self.loading_name} is still loading: wait a moment.", markup=False)
            return
        self.loading_name = title or checkpoint
        self.show_state()
        self.run_worker(partial(self._load, checkpoint, vocabulary), thread=True, group="load", exit_on_error=False)

    def _load(self, checkpoint: str, vocabulary: str | None) -> None:
        try:
            self.post_message(CheckpointLoaded(self.backend.load(checkpoint, vocabulary), vocabulary))
        except InputError as error:
            self.post_message(CheckpointRefused(checkpoint, str(error)))
        except Exception as error:
            self.log.error(f"loading {checkpoint}: {error!r}")
            self.post_message(CheckpointRefused(checkpoint, f"{checkpoint} could not be loaded: {error}"))

    @on(CheckpointLoaded)
    async def begin_with(self, event: CheckpointLoaded) -> None:
        """Speak with the new checkpoint from now on."""
        before = self.loaded
        self.loading_name, self.loaded, self.vocabulary = "", event.loaded, event.vocabulary
        if self.preferences.settings.sampling is None:
            self.sampling = event.loaded.sampling
        elif before is not None and before.name != event.loaded.name and self.sampling != event.loaded.sampling:
            # A net that has collapsed babbles under a strategy that was chosen for another, and nothing else would say why.
            key = readable(self.preferences.settings.keymap.get("recommended", "shift+f2").split(",")[0])
            self.notify(
                f"Sampling stays as you chose it, {summary(self.sampling)}: {key} takes {event.loaded.name}'s own, "
                f"{summary(event.loaded.sampling)}",
                timeout=10,
                markup=False,
            )
        for warning in event.loaded.warnings:
            self.notify(warning, severity="warning", markup=False)
        steps = places(event.loaded) if self._going is not None else ()
        if self._going is not None and self._going < len(steps) and steps[self._going] != event.loaded.step:
            # The person has gone on since.
            self._go(event.loaded, self._going)
            return
        self._going = None
        self.show_state()
        if self.conversation.awaits_reply and self.live is None:
            await self.answer()

    @on(CheckpointRefused)
    async def stay(self, event: CheckpointRefused) -> None:
        """Say why the checkpoint cannot speak, and go on with the old one."""
        self.loading_name, self._going = "", None
        self.notify(event.reason, severity="error", timeout=10, markup=False)
        self.show_state()
        if self.loaded is None:
            self.take_back_message()
        elif self.conversation.awaits_reply:
            await self.answer()

    # From the library

    def action_library(self) -> None:
        """Choose a checkpoint."""
        from chatbot_tui.core.library import list_checkpoints
        from chatbot_tui.ui.screens.library import LibraryScreen

        self.app.push_screen(LibraryScreen(list_checkpoints, self.loaded.name if self.loaded else ""), self.open_choice)

    async def open_choice(self, choice: Choice | None) -> None:
        """Load what was chosen; what is being said ends first."""
        if choice is None:
            return
        await self.settle()
        if choice.step is not None:
            self.load(f"{choice.checkpoint}@{choice.step}", title=f"step {choice.step:,}")
            return
        if not choice.vocabulary:
            self.change_settings(checkpoint=choice.checkpoint)
        self.load(choice.checkpoint, choice.vocabulary or None)

    # From anywhere on the disk

    @on(Composer.Dropped)
    def offer_to_open(self, event: Composer.Dropped) -> None:
        """Ask what a dropped file is for; without an answer, its path is text like any other."""
        from chatbot_tui.ui.screens.dialogs.pick import PickDialog

        def take(place: int | None) -> None:
            if place == 0:
                self.app.post_message(OpeningWanted(event.path))
            else:
                self.composer.insert_piece(event.text)

        name = printable(event.path.rstrip("/").rpartition("/")[2])
        self.app.push_screen(PickDialog(f"What about {name}?", ["Open it as a net", "Write its path into the message"]), take)

    # Along the steps that a checkpoint keeps

    async def action_kept_step(self, by: int) -> None:
        """Go some kept steps back or on; what is being said ends first, what was said stays."""
        loaded = self.loaded
        if loaded is None or (self.loading_name and self._going is None):
            self.notify("Wait until a checkpoint is loaded.")
            return
        steps = places(loaded)
        if len(steps) == 1:
            self.notify(
                f"{loaded.name} keeps no earlier steps of its training: a checkpoint that does says so in the library.", markup=False
            )
            return
        here = steps.index(loaded.step) if self._going is None else self._going
        there = min(max(here + by, 0), len(steps) - 1)
        if there == here:
            self.notify("No earlier step is kept." if there == 0 else "This is the finished net.", timeout=2)
            return
        self._going = there
        if not self.loading_name:
            await self.settle()
            self._go(loaded, there)

    def _go(self, loaded: LoadedCheckpoint, place: int) -> None:
        step = places(loaded)[place]
        self.load(loaded.path if step is None else f"{loaded.path}@{step}", title=called(loaded, step))


def places(loaded: LoadedCheckpoint) -> tuple[int | None, ...]:
    """Return the steps that can be gone to, in the order of training; None is the finished net."""
    # Imported when somebody goes there: the first paint does not wait for it.
    from chatbot_tui.core.library import finished_step

    return (*(step for step in loaded.steps if step != finished_step(loaded.card)), None)


def called(loaded: LoadedCheckpoint, step: int | None) -> str:
    """Return what a checkpoint is called at a step; None is the finished net."""
    if step is None:
        return loaded.name
    from chatbot_tui.core.library import finished_step

    last = finished_step(loaded.card)
    return f"{loaded.name} · step {step:,}" + ("" if last is None else f" of {last:,}")
