"""The app: themes, settings, palette and the life of the process around the one chat screen."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Event, InputEvent
from textual.screen import Screen

from chatbot_tui.core import paths
from chatbot_tui.core.ports import ChatBackend
from chatbot_tui.core.settings import load_settings
from chatbot_tui.ui.commands import ActionProvider, keymap_problems, named_actions
from chatbot_tui.ui.conversation import Conversation
from chatbot_tui.ui.garbage import SEARCH_EVERY, IdleCollector
from chatbot_tui.ui.hangup import HUNG_UP, listen
from chatbot_tui.ui.messages import CheckpointLoaded, DoctorEventsWaiting, ExaminationWanted, LabEventsWaiting, OpeningWanted, PanelsMounted
from chatbot_tui.ui.preferences import Preferences
from chatbot_tui.ui.screens.chat import ChatScreen
from chatbot_tui.ui.themes import THEMES

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import DoctorBackend, Prescription
    from chatbot_tui.core.imports import ImportBackend
    from chatbot_tui.core.lab import LabBackend
    from chatbot_tui.ui.screens.consultation import Consultation
    from chatbot_tui.ui.screens.laboratory import Laboratory
    from chatbot_tui.ui.screens.opening import Opening

FOLDER = Path(__file__).parent
PANELS = ("transcript", "next_token", "hidden_state", "collapse", "weighing", "sampling")
"""Panels with a stylesheet beside them. The first screen's styles are the app's own: there is no later moment to read them."""


class PlaygroundApp(App[None]):
    """Hosts the playground.

    Args:
        backend: the network's side; cheap to make, slow to load.
        checkpoint: name or path to begin with; None: the settings' choice.
        vocabulary: path of a vocabulary, for a checkpoint that has none.
        conversations: folder of saved conversations; None: the usual one.
        settings: the settings file; None: the usual one.
        lab: the side of the laboratory, as cheap to make; None: this playground has none.
        doctor: the doctor's side, likewise.
        importer: the side that reads foreign files, likewise.
    """

    CSS_PATH: ClassVar = [FOLDER / "app.tcss", *(FOLDER / "panels" / f"{name}.tcss" for name in PANELS), FOLDER / "screens" / "chat.tcss"]
    TITLE = "chatbot-tui"
    COMMANDS = App.COMMANDS | {ActionProvider}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help", id="help", tooltip="Keys, and what the panels mean", priority=True),
        Binding("ctrl+p", "command_palette", "Palette", id="palette", tooltip="Find any action by name", show=False, priority=True),
        Binding("ctrl+q", "quit", "Quit", id="quit", tooltip="Leave; everything is saved already", show=False, priority=True),
        Binding("f11", "lab", "Laboratory", id="lab", tooltip="Train a net, and watch it learn or collapse", show=False),
        Binding(
            "alt+o",
            "open_file",
            "Open file",
            id="open-file",
            tooltip="Open a net from anywhere on the disk, trained by whatever program",
            show=False,
            priority=True,
        ),
        Binding("f10", "doctor", "Doctor", id="doctor", tooltip="Say what the loaded net has, why, and what to do", show=False),
        # What terminals send for shift+f10 has two names.
        Binding("shift+f10,f22", "change_theme", "Theme", id="theme", tooltip="Choose colours", show=False),
    ]

    def __init__(
        self,
        backend: ChatBackend,
        *,
        checkpoint: str | None = None,
        vocabulary: str | None = None,
        conversations: Path | None = None,
        settings: Path | None = None,
        lab: LabBackend | None = None,
        doctor: DoctorBackend | None = None,
        importer: ImportBackend | None = None,
    ) -> None:
        super().__init__()
        self.backend = backend
        self._lab = lab
        self._doctor = doctor
        self._importer = importer
        self.laboratory: Laboratory | None = None
        """Who goes to the laboratory; None before it is first opened."""
        self.consultation: Consultation | None = None
        """Who goes to the doctor; None before it is first asked."""
        self._collector = IdleCollector()
        self._conversations = conversations or paths.conversations_folder()
        settings_path = settings or paths.settings_file()
        loaded, self._warning = load_settings(settings_path)
        self.preferences = Preferences(loaded, settings_path, self.report)
        # Before anything is drawn: a change of theme styles everything once more.
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = loaded.theme if loaded.theme in self.available_themes else THEMES[0].name
        self._checkpoint = checkpoint or loaded.checkpoint
        self._vocabulary = vocabulary
        self.chat = ChatScreen(backend, self.preferences, self._begin(), self._begin)

    def _begin(self) -> Conversation:
        return Conversation.new(self._conversations, self.report)

    def get_default_screen(self) -> Screen[None]:
        """Begin with the chat."""
        return self.chat

    def on_mount(self) -> None:
        """Take the person's keys and colours."""
        self.set_keymap(dict(self.preferences.settings.keymap))
        self.theme_changed_signal.subscribe(self, lambda theme: self.chat.change_settings(theme=theme.name))
        if self._warning:
            self.report(self._warning)
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            # Only the main thread of a Unix process takes signals; elsewhere the autosave has to do.
            watched = None if self.is_headless or sys.__stdin__ is None else sys.__stdin__.fileno()
            listen(self.hang_up, self.exit, watched)

    def on_ready(self) -> None:
        """Now that the first screen stands, get the network, then the panels: a person types before looking at bars."""
        # Here and not in the thread that loads: with the panels under way it would have to wait for its turn to begin.
        self.backend.prepare()
        self.chat.load(self._checkpoint, self._vocabulary)
        self.chat.call_later(self.chat.furnish)

    @on(PanelsMounted)
    def check_keymap(self) -> None:
        """Name what is wrong with the keys of the settings: nothing else would."""
        keymap = self.preferences.settings.keymap
        if problems := keymap_problems(keymap, named_actions(self.chat)):
            self.report(f"[keymap] in {self.preferences.path}: {'; '.join(problems)}; help lists the names at its end")

    @on(PanelsMounted)
    def collect_when_idle(self) -> None:
        """From now on look for garbage only while nobody types; whoever opened the app may have put it off until here."""
        if not self.is_headless:
            # A test runs many apps in one process, whose collector is its own.
            self._collector.begin()
            self.set_interval(SEARCH_EVERY, self._collector.search)

    async def on_event(self, event: Event) -> None:
        """Note when somebody typed last."""
        if isinstance(event, InputEvent):
            self._collector.touch()
        await super().on_event(event)

    def hang_up(self) -> None:
        """Save and end at once: the terminal is gone, so nothing more can be drawn or said."""
        try:
            self.chat.keep_everything()
            self.backend.close()
            self._close_others()
        finally:
            os._exit(HUNG_UP)

    def report(self, problem: str) -> None:
        """Show a problem that stops nothing."""
        self.notify(problem, severity="warning", timeout=10, markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Keep the framework's commands that have no binding here."""
        yield from (command for command in super().get_system_commands(screen) if command.title == "Screenshot")

    def action_lab(self) -> None:
        """Open the laboratory, or leave it."""
        if self.laboratory is None or not self.laboratory.leave():
            self._open_lab()

    def _open_lab(self, prescription: Prescription | None = None) -> None:
        # Imported when it is wanted: the chat does not wait for it.
        from chatbot_tui.ui.screens.laboratory import Laboratory

        if self._lab is None:
            self.report("This playground has no laboratory: start chatbot-tui in a terminal of its own.")
        elif self.screen is self.chat:
            if self.laboratory is None:
                self.laboratory = Laboratory(self, self._lab, self.chat.open_choice, self._show_elsewhere, self.report)
            self.laboratory.open(prescription)

    @on(CheckpointLoaded)
    def turn_from_training(self) -> None:
        """Whoever goes on with another net knows by now that a training has ended."""
        if self.laboratory is not None:
            self.laboratory.look()

    @on(LabEventsWaiting)
    def take_in_training(self) -> None:
        """Have what the training thread found out shown soon."""
        if self.laboratory is not None:
            self.laboratory.session.schedule()

    async def action_doctor(self) -> None:
        """Have the loaded checkpoint examined unless it has been, and show what was found; or leave the doctor."""
        if self.consultation is not None and self.consultation.leave():
            return
        if self.screen is not self.chat:
            return
        if self.chat.loaded is None:
            self.report("There is no net to examine yet: wait until a checkpoint is loaded.")
        elif (doctor := self._consult()) is not None:
            await doctor.see_loaded(self.chat.loaded, self.chat.vocabulary)

    @on(ExaminationWanted)
    async def examine_wanted(self, event: ExaminationWanted) -> None:
        """Have a checkpoint examined that need not be loaded."""
        if (doctor := self._consult()) is not None:
            await doctor.see(event.checkpoint)

    def _consult(self) -> Consultation | None:
        """Return who goes to the doctor; None where there is none."""
        # Imported when it is wanted: the chat does not wait for it.
        from chatbot_tui.ui.screens.consultation import Consultation

        if self._doctor is None:
            self.report("This playground has no doctor: start chatbot-tui in a terminal of its own.")
        elif self.consultation is None:
            self.consultation = Consultation(self, self._doctor, self._treat, self._show_elsewhere)
        return self.consultation

    def action_open_file(self) -> None:
        """Open a net from anywhere on the disk."""
        if self.screen is self.chat and (opening := self._openings()) is not None:
            opening.ask()

    @on(OpeningWanted)
    async def open_wanted(self, event: OpeningWanted) -> None:
        """Open what was named, or ask which."""
        if (opening := self._openings()) is not None:
            await opening.open(event.path) if event.path else opening.ask()

    def _openings(self) -> Opening | None:
        """Return what opens files; None where there is nothing to read them."""
        from chatbot_tui.ui.screens.opening import Opening

        if self._importer is None:
            self.report("This playground opens no files: start chatbot-tui in a terminal of its own.")
            return None
        return Opening(self, self._importer, self.chat.open_choice)

    def _treat(self, prescription: Prescription | None) -> None:
        if prescription is None:
            return
        from chatbot_tui.ui.panels.doctor_words import recipe_line

        self._open_lab(prescription)
        self.notify(f"{recipe_line(prescription)}: enter starts it", timeout=20, markup=False)

    @on(DoctorEventsWaiting)
    def take_in_examination(self) -> None:
        """Show what the doctor has found out."""
        if self.consultation is not None:
            self.consultation.session.absorb()

    def _show_elsewhere(self) -> None:
        """Say in the chat what goes on meanwhile."""
        busy = (self.laboratory, self.consultation)
        self.chat.training = " · ".join(filter(None, (going.session.summary() for going in busy if going is not None)))
        self.chat.show_state()

    def on_unmount(self) -> None:
        """Let training and examination go: their processes must not hold up the end of this one."""
        self._close_others()

    def _close_others(self) -> None:
        for backend in (self._lab, self._doctor, self._importer):
            if backend is not None:
                backend.close()

    def action_help(self) -> None:
        """Show every key as it is now, and what the panels mean."""
        from chatbot_tui.ui.screens.help import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
            return
        keymap = self.preferences.settings.keymap
        actions = list(named_actions(self.screen))
        keys = [(action.keys(keymap), action.title, action.help) for action in actions]
        self.push_screen(HelpScreen(keys, [action.binding.id or "" for action in actions], str(self.preferences.path)))


def run_playground(
    backend: ChatBackend,
    lab: LabBackend | None = None,
    doctor: DoctorBackend | None = None,
    importer: ImportBackend | None = None,
    *,
    checkpoint: str | None = None,
    vocabulary: str | None = None,
) -> None:
    """Open the playground and return when the person leaves. All backends are closed then."""
    try:
        PlaygroundApp(backend, checkpoint=checkpoint, vocabulary=vocabulary, lab=lab, doctor=doctor, importer=importer).run()
    finally:
        backend.close()
