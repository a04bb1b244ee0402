"""The playground: the conversation on the left, what the network does while it speaks on the right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.getters import query_one
from textual.reactive import var
from textual.selection import Selection
from textual.widget import Widget
from textual.widgets import Static, TextArea

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import ChatBackend, Pace
from chatbot_tui.core.sampling import PRESETS, SamplingSettings
from chatbot_tui.ui.conversation import Conversation
from chatbot_tui.ui.messages import CheckpointLoaded, CheckpointRefused, PanelsMounted
from chatbot_tui.ui.panels.deck import PanelDeck
from chatbot_tui.ui.panels.inspector import Inspector, heading
from chatbot_tui.ui.panels.parameters import SPEEDS, preset, summary
from chatbot_tui.ui.panels.transcript import turn_entry
from chatbot_tui.ui.preferences import Preferences
from chatbot_tui.ui.screens.choice import Choice
from chatbot_tui.ui.screens.layout import layout_for
from chatbot_tui.ui.screens.notes import ending
from chatbot_tui.ui.screens.speaking import SpeakingScreen
from chatbot_tui.ui.screens.status import hints, status_line

if TYPE_CHECKING:
    from chatbot_tui.ui.panels.sampling import SamplingPanel

SETTLE_SECONDS = 0.4
"""How long after a change the draft and the settings are written, at most."""
BREATH = 0.02
"""Seconds for keys between two pieces of the screen that are put in after the first paint."""


class ChatScreen(SpeakingScreen):
    """A switchboard: keys and messages in, state out to the panels."""

    AUTO_FOCUS = "Composer"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", id="stop", tooltip="Stop the reply, or go back to the newest token"),
        Binding("ctrl+n", "new", "New", id="new", tooltip="Begin a new conversation; this one stays saved", priority=True),
        Binding("ctrl+r", "retry", "Retry", id="retry", tooltip="Answer the last message afresh", priority=True),
        Binding("ctrl+underscore,ctrl+slash", "undo_turn", "Undo turn", id="undo-turn", tooltip="Take the last exchange back", show=False),
        Binding("ctrl+f", "pause", "Pause", id="pause", tooltip="Freeze the reply, or let it go on", priority=True),
        Binding("ctrl+g", "step", "Step", id="step", tooltip="Let one token through while frozen", show=False, priority=True),
        Binding("alt+up", "faster(1)", "Faster", id="faster", tooltip="More tokens a second", show=False, priority=True),
        Binding("alt+down", "faster(-1)", "Slower", id="slower", tooltip="Fewer tokens a second", show=False, priority=True),
        Binding(
            "ctrl+t", "next_strategy", "Next strategy", id="next-strategy", tooltip="Sample in the next way", show=False, priority=True
        ),
        *(
            Binding(
                f"f{key}",
                f"strategy('{name}')",
                f"Sample: {name}",
                id=f"strategy-{name}",
                tooltip=f"Draw by {name} alone",
                show=False,
                priority=True,
            )
            for key, name in enumerate(PRESETS, 2)
        ),
        Binding(
            "shift+f2",
            "recommended",
            "Recommended sampling",
            id="recommended",
            tooltip="Sample as the checkpoint's own card says",
            show=False,
            priority=True,
        ),
        Binding(
            "ctrl+l",
            "next_panel",
            "Next panel",
            id="next-panel",
            tooltip="Show the next tab",
            show=False,
            priority=True,
        ),
        Binding("f12", "shade", "Shading", id="shade", tooltip="Shade words by probability, or not", show=False, priority=True),
        Binding("ctrl+backslash", "pin", "Pin words", id="pin", tooltip="Choose words whose odds are watched", show=False, priority=True),
        Binding("ctrl+s", "conversations", "Conversations", id="conversations", tooltip="Reopen a conversation", show=False, priority=True),
        Binding("ctrl+o", "library", "Library", id="library", tooltip="Load another checkpoint", priority=True),
    ]

    deck = query_one(PanelDeck)

    pace: var[Pace] = var(Pace())
    """Speed, and whether the reply is frozen."""
    training: str = ""
    """What the laboratory is doing meanwhile; empty for nothing."""
    _save_due: bool = False

    def __init__(
        self, backend: ChatBackend, preferences: Preferences, conversation: Conversation, start_with: Callable[[], Conversation]
    ) -> None:
        super().__init__(backend, preferences, conversation)
        self._start_conversation = start_with
        settings = preferences.settings
        self.set_reactive(ChatScreen.seed, settings.seed)
        self.set_reactive(ChatScreen.pace, Pace(settings.tokens_per_second))
        if settings.sampling is not None:
            self.set_reactive(ChatScreen.sampling, settings.sampling)

    def compose(self) -> ComposeResult:
        """Lay out chat, panels and status."""
        with Horizontal(id="main"):
            with Vertical(id="chat"):
                yield self.transcript
                yield self.composer
            yield PanelDeck(titles=("token", "state", "collapse", "sampling"))
        yield Static(id="status", markup=False)
        yield Static(id="hints", markup=False)

    def on_mount(self) -> None:
        """Show the conversation and start with the settings' pace."""
        self.transcript.shade = self.preferences.settings.shade
        self.backend.set_pace(self.pace)
        self._show_conversation()

    def furnish(self) -> None:
        """Put panels and footer in, beside whatever else the screen has to do."""
        self.run_worker(self._furnish(), group="furnish")

    async def _furnish(self) -> None:
        # Bit by bit, code included, with time for keys in between: a person may be typing already.
        from chatbot_tui.ui.panels.next_token import NextTokenPanel

        await self.deck.add(NextTokenPanel())
        await asyncio.sleep(BREATH)
        from chatbot_tui.ui.panels.hidden_state import HiddenStatePanel

        await self.deck.add(HiddenStatePanel())
        await asyncio.sleep(BREATH)
        from chatbot_tui.ui.panels.collapse import CollapsePanel

        await self.deck.add(CollapsePanel())
        await asyncio.sleep(BREATH)
        from chatbot_tui.ui.panels.sampling import SamplingPanel

        await asyncio.sleep(BREATH)
        sampling = SamplingPanel()
        # Binding by `data_bind` is for those who compose; this comes later.
        for own, its in (("sampling", "settings"), ("seed", "seed"), ("pace", "pace")):
            self.watch(self, own, partial(_assign, sampling, its))
        await self.deck.add(sampling)
        await asyncio.sleep(BREATH)
        self.relay.join(*self.deck.query(Inspector))
        await self.deck.add_tabs()
        await asyncio.sleep(BREATH)
        from textual.widgets import Footer

        await self.mount(Footer())
        # The footer draws what it hears of, and has missed all that there was before it.
        self.refresh_bindings()
        self.add_class("-complete")
        self.post_message(PanelsMounted())

    def on_unmount(self) -> None:
        """Keep everything, and let the network end."""
        self.keep_everything()
        self.lane.abandon()

    def validate_selections(self, selections: dict[Widget, Selection]) -> dict[Widget, Selection]:
        """Keep a selection inside the pane in which the mouse went down."""
        state = self._select_state
        start = state.start.content_widget or state.start.container if state is not None else None
        pane = next((pane for pane in (self.transcript, *self.deck.children) if start in pane.walk_children(with_self=True)), None)
        if pane is None:
            return selections
        inside = set(pane.walk_children(with_self=True))
        return {widget: selection for widget, selection in selections.items() if widget in inside}

    def on_resize(self, event: events.Resize) -> None:
        """Arrange for the new size."""
        chosen = layout_for(event.size.width, event.size.height)
        for name in ("wide", "side", "stacked", "narrow"):
            self.set_class(name == chosen.name, f"-{name}")
        self.set_class(chosen.short, "-short")
        self.set_class(chosen.slim, "-slim")
        # Without layout=False a resize would ask for a layout, and a layout can lead to a resize.
        self.query_one("#hints", Static).update(hints(self.preferences.settings.keymap, event.size.width - 2), layout=False)
        self.deck.tabbed = chosen.name != "wide"
        self.call_after_refresh(self.show_state)

    def _save_soon(self) -> None:
        if not self._save_due:
            self._save_due = True
            self.set_timer(SETTLE_SECONDS, self._save)

    def _save(self) -> None:
        self._save_due = False
        self._keep_draft()
        self.preferences.save()

    def keep_everything(self) -> None:
        """Write what is on screen to the disk."""
        if self.live is not None and self.live.tokens:
            self.conversation.partial(self.live.as_turn(""))
        self._save()

    # What is going on

    def watch_cursor(self) -> None:
        """Bring panels and status in line with the token in hand."""
        self.relay.show(self.cursor, at_once=self.live is None or not self.cursor.live)
        self.show_state()

    def show_state(self) -> None:
        """Bring headings and status in line with what is going on."""
        if not self.is_mounted:
            return
        state = " · ".join(filter(None, (self._state(), self.training)))
        self.transcript.border_title = heading("chat", state, self.transcript.size.width)
        status = status_line(state, self.cursor, summary(self.sampling), self.size.width - 2)
        self.query_one("#status", Static).update(status, layout=False)
        self.composer.border_subtitle = "waits for the reply to end · esc stops it" if self.queued else ""
        self.composer.set_class(self.queued, "-queued")

    def _state(self) -> str:
        if self.loading_name:
            return f"loading {self.loading_name} …"
        if self.loaded is None:
            return "no checkpoint · ctrl+o opens the library"
        if self.live is None:
            return self.loaded.name
        doing = "frozen" if self.pace.paused else "speaking"
        return f"{self.loaded.name} · {doing} · {len(self.live.tokens)}"

    # Checkpoints

    def load(self, checkpoint: str, vocabulary: str | None = None) -> None:
        """Load a checkpoint in a thread; the old one speaks on if this fails."""
        if self.loading_name:
            self.notify(f"{self.loading_name} is still loading: wait a moment.", markup=False)
            return
        self.loading_name = checkpoint
        self.show_state()
        self.run_worker(partial(self._load, checkpoint, vocabulary), thread=True, group="load", exit_on_error=False)

    def _load(self, checkpoint: str, vocabulary: str | None) -> None:
        try:
            self.post_message(CheckpointLoaded(self.backend.load(checkpoint, vocabulary)))
        except InputError as error:
            self.post_message(CheckpointRefused(checkpoint, str(error)))
        except Exception as error:
            self.log.error(f"loading {checkpoint}: {error!r}")
            self.post_message(CheckpointRefused(checkpoint, f"{checkpoint} could not be loaded: {error}"))

    @on(CheckpointLoaded)
    async def begin_with(self, event: CheckpointLoaded) -> None:
        """Speak with the new checkpoint from now on."""
        self.loading_name, self.loaded = "", event.loaded
        if self.preferences.settings.sampling is None:
            self.sampling = event.loaded.sampling
        for warning in event.loaded.warnings:
            self.notify(warning, severity="warning", markup=False)
        self.show_state()
        if self.conversation.awaits_reply and self.live is None:
            await self.answer()

    @on(CheckpointRefused)
    async def stay(self, event: CheckpointRefused) -> None:
        """Say why the checkpoint cannot speak, and go on with the old one."""
        self.loading_name = ""
        self.notify(event.reason, severity="error", timeout=10, markup=False)
        self.show_state()
        if self.loaded is None:
            self.take_back_message()
        elif self.conversation.awaits_reply:
            await self.answer()

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
        if not choice.vocabulary:
            self.change_settings(checkpoint=choice.checkpoint)
        self.load(choice.checkpoint, choice.vocabulary or None)

    # Conversations

    async def action_new(self) -> None:
        """Begin a new conversation."""
        await self.settle()
        self._exchange(self._start_conversation())

    def action_conversations(self) -> None:
        """Choose a saved conversation."""
        from chatbot_tui.core.conversations import list_conversations
        from chatbot_tui.ui.screens.conversations import ConversationsScreen

        self._keep_draft()
        folder = self.conversation.path.parent
        self.app.push_screen(ConversationsScreen(lambda: list_conversations(folder), self.conversation.path), self._reopen)

    async def _reopen(self, path: Path | None) -> None:
        if path is None or path == self.conversation.path:
            return
        await self.settle()
        try:
            self._exchange(Conversation.reopen(path, self.report))
        except InputError as error:
            self.report(str(error))

    def _exchange(self, conversation: Conversation) -> None:
        self._keep_draft()
        self.conversation.close()
        self.conversation = conversation
        self._show_conversation()

    def _show_conversation(self) -> None:
        self.store.forget(0)
        entries = [turn_entry(turn.speaker, turn.text) for turn in self.conversation.turns]
        for entry, turn in zip(entries, self.conversation.turns, strict=True):
            entry.note = ending(turn.finish_reason, len(turn.tokens), "healthy", None)
            if turn.speaker == "you":
                self.composer.remember(turn.text)
        self.transcript.load(entries)
        self.composer.replace_text(self.conversation.draft_text)
        self.go_live()
        self.composer.focus()
        self.show_state()

    @on(TextArea.Changed)
    def _note_draft(self) -> None:
        self._save_soon()

    def _keep_draft(self) -> None:
        self.conversation.draft(self.composer.message)

    def report(self, problem: str) -> None:
        """Show a problem that does not stop the chat."""
        self.notify(problem, severity="warning", timeout=10, markup=False)

    # Sampling, pace and looks

    # Handlers by name, not by class: the sampling panel is imported after the first paint.

    def on_sampling_panel_settings_changed(self, event: SamplingPanel.SettingsChanged) -> None:
        """Sample as the panel says."""
        self._sample(event.settings)

    def on_sampling_panel_seed_changed(self, event: SamplingPanel.SeedChanged) -> None:
        """Draw the next reply with another seed."""
        self.seed = event.seed
        self.change_settings(seed=event.seed)

    def on_sampling_panel_pace_changed(self, event: SamplingPanel.PaceChanged) -> None:
        """Speak at another pace."""
        self._set_pace(event.pace)

    def _sample(self, settings: SamplingSettings) -> None:
        self.sampling = settings
        self.backend.set_sampling(settings)
        self.change_settings(sampling=settings)
        self.show_state()

    def _set_pace(self, pace: Pace) -> None:
        self.pace = pace
        self.backend.set_pace(pace)
        self.change_settings(tokens_per_second=pace.tokens_per_second)
        self.show_state()

    def change_settings(self, **values: object) -> None:
        """Change what is remembered, and write it soon."""
        self.preferences.change(**values)
        self._save_soon()

    def action_strategy(self, name: str) -> None:
        """Sample by one named strategy from the next token on."""
        self._sample(PRESETS[name])
        self.notify(f"The next token is drawn by: {name}", timeout=2, markup=False)

    def action_next_strategy(self) -> None:
        """Sample by the strategy after this one."""
        names = list(PRESETS)
        current = preset(self.sampling)
        self.action_strategy(names[(names.index(current) + 1) % len(names)] if current else names[0])

    def action_recommended(self) -> None:
        """Sample as the checkpoint's card says, and let every later checkpoint bring its own settings again."""
        if self.loaded is not None:
            self._sample(self.loaded.sampling)
        self.change_settings(sampling=None)
        self.notify("Each checkpoint brings its own sampling", timeout=2, markup=False)

    def action_pause(self) -> None:
        """Freeze the reply, or let it go on."""
        self._set_pace(Pace(self.pace.tokens_per_second, not self.pace.paused))

    def action_step(self) -> None:
        """Freeze the reply if it runs, and let one token through."""
        if not self.pace.paused:
            self.action_pause()
        self.backend.advance()

    def action_faster(self, by: int) -> None:
        """Move along the ladder of speeds."""
        speed = self.pace.tokens_per_second
        place = min(range(len(SPEEDS)), key=lambda n: abs((SPEEDS[n] or 1e6) - (speed or 1e6)))
        speed = SPEEDS[min(max(place + by, 0), len(SPEEDS) - 1)]
        self._set_pace(Pace(speed, self.pace.paused))
        self.notify("As fast as the machine can" if speed is None else f"{speed:g} tokens a second", timeout=1.5)

    def action_stop(self) -> None:
        """Stop the reply; else go to the newest token; else to the composer."""
        if self.queued:
            self.queued = False
            self.show_state()
        if self.live is not None:
            self.backend.cancel()
        elif self.walking:
            self.go_live()
        else:
            self.composer.focus()

    def action_next_panel(self) -> None:
        """Show the next panel where there is room for one."""
        self.deck.next_panel()

    def action_shade(self) -> None:
        """Shade tokens by probability, or not."""
        self.transcript.shade = not self.transcript.shade
        self.change_settings(shade=self.transcript.shade)

    def action_pin(self) -> None:
        """Choose the words to watch."""
        from chatbot_tui.ui.screens.dialogs.ask import AskDialog

        words = " ".join(self.preferences.settings.pinned)
        self.app.push_screen(AskDialog("Watch these words", "Words, with spaces between", words), self._pin)

    def _pin(self, words: str | None) -> None:
        if words is not None:
            self.change_settings(pinned=tuple(dict.fromkeys(words.split())))
            self.notify("The panel watches them from the next reply on.")


def _assign(widget: Widget, name: str, value: object) -> None:
    setattr(widget, name, value)
