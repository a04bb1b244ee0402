"""The playground: the conversation on the left, what the network does while it speaks on the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.getters import query_one
from textual.reactive import var
from textual.selection import Selection
from textual.widget import Widget
from textual.widgets import Static

from chatbot_tui.core.ports import ChatBackend, Pace
from chatbot_tui.core.sampling import PARAMETERS, PRESETS, SamplingSettings
from chatbot_tui.ui.conversation import Conversation
from chatbot_tui.ui.panels.deck import PanelDeck
from chatbot_tui.ui.panels.headed import heading
from chatbot_tui.ui.panels.parameters import SPEEDS, meaning, preset, summary
from chatbot_tui.ui.preferences import Preferences
from chatbot_tui.ui.screens.furnishing import furnish
from chatbot_tui.ui.screens.layout import layout_for
from chatbot_tui.ui.screens.loading import LoadingScreen, called
from chatbot_tui.ui.screens.status import greeting, hints, status_line

if TYPE_CHECKING:
    from chatbot_tui.ui.panels.sampling import SamplingPanel


class ChatScreen(LoadingScreen):
    """A switchboard: keys and messages in, state out to the panels."""

    AUTO_FOCUS = "Composer"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop", id="stop", tooltip="Stop the reply, or go back to the newest token"),
        Binding("ctrl+n", "new", "New", id="new", tooltip="Begin a new conversation; this one stays saved", priority=True),
        Binding("ctrl+r", "retry", "Retry", id="retry", tooltip="Answer the last message afresh", priority=True),
        Binding("ctrl+underscore,ctrl+slash", "undo_turn", "Undo turn", id="undo-turn", tooltip="Take the last exchange back", show=False),
        Binding("ctrl+f", "pause", "Pause", id="pause", tooltip="Hold the reply, or let it go on", priority=True),
        Binding("ctrl+g", "step", "Step", id="step", tooltip="Let one token through, and pause", show=False, priority=True),
        Binding("alt+up", "faster(1)", "Faster", id="faster", tooltip="Raise the speed", show=False, priority=True),
        Binding("alt+down", "faster(-1)", "Slower", id="slower", tooltip="Lower the speed", show=False, priority=True),
        Binding(
            "ctrl+t", "next_strategy", "Next strategy", id="next-strategy", tooltip="Sample in the next way", show=False, priority=True
        ),
        *(
            Binding(
                f"f{key}",
                f"strategy('{name}')",
                f"Sample: {name}",
                id=f"strategy-{name}",
                tooltip=f"{meaning(name)[0].upper()}{meaning(name)[1:]}",
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
            "alt+r",
            "rerank",
            "Re-rank",
            id="rerank",
            tooltip="Choose each reply among several by mutual information, or no more",
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
        Binding(
            "alt+left,ctrl+pageup",
            "kept_step(-1)",
            "Earlier step",
            id="step-earlier",
            tooltip="Load the net as it was earlier in its training; ctrl+r then answers anew",
            show=False,
            priority=True,
        ),
        Binding(
            "alt+right,ctrl+pagedown",
            "kept_step(1)",
            "Later step",
            id="step-later",
            tooltip="Load the net as it was later in its training",
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
    """Speed, and whether the reply is paused."""
    training: str = ""
    """What the laboratory is doing meanwhile; empty for nothing."""

    def __init__(
        self, backend: ChatBackend, preferences: Preferences, conversation: Conversation, start_with: Callable[[], Conversation]
    ) -> None:
        super().__init__(backend, preferences, conversation, start_with)
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
            yield PanelDeck(titles=("token", "state", "collapse", "rank", "sample"))
        yield Static(id="status", markup=False)
        yield Static(id="hints", markup=False)

    def on_mount(self) -> None:
        """Show the conversation and start with the settings' pace."""
        self.transcript.shade = self.preferences.settings.shade
        self.transcript.greeting = greeting(self.preferences.settings.keymap)
        self.backend.set_pace(self.pace)
        self.show_conversation()

    def furnish(self) -> None:
        """Put panels and footer in, beside whatever else the screen has to do."""
        self.run_worker(furnish(self, self.deck), group="furnish")

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
        keys = hints(self.preferences.settings.keymap, event.size.width - 2, panels=chosen.name != "narrow")
        self.query_one("#hints", Static).update(keys, layout=False)
        self.deck.tabbed = chosen.name != "wide"
        self.call_after_refresh(self.show_state)

    # What is going on

    def watch_cursor(self) -> None:
        """Bring panels and status in line with the token in hand."""
        self.relay.show(self.cursor, at_once=self.live is None or not self.cursor.live)
        self.show_state()

    def show_state(self) -> None:
        """Bring headings and status in line with what is going on."""
        # When the app ends, a message may still be on its way after the parts of the screen have gone.
        if not self.is_mounted or not self.query("#status"):
            return
        state = " · ".join(filter(None, (self._state(), self.training)))
        self.transcript.border_title = heading("chat", state, self.transcript.size.width)
        status = status_line(state, self.cursor, summary(self.sampling, brief=True), self.size.width - 2)
        self.query_one("#status", Static).update(status, layout=False)
        self.composer.border_subtitle = "waits for the reply to end · esc stops it" if self.queued else ""
        self.composer.set_class(self.queued, "-queued")

    def _state(self) -> str:
        if self.loading_name:
            return f"loading {self.loading_name} …"
        if self.loaded is None:
            return "no checkpoint · ctrl+o opens the library"
        name = called(self.loaded, self.loaded.step)
        if self.live is None:
            return f"{name} · drawing {self.redrawn} candidates again" if self.redrawn else name
        sampling = self.live.request.sampling
        if sampling.reranks and not self.live.tokens and not self.pace.paused:
            return f"{name} · drawing {sampling.candidates} candidates"
        spoken = len(self.live.tokens)
        return f"{name} · {'paused' if self.pace.paused else 'speaking'} · {spoken} token{'' if spoken == 1 else 's'}"

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

    def action_strategy(self, name: str) -> None:
        """Sample by one named strategy from the next token on."""
        self._sample(PRESETS[name])
        self._tell_sampling(f"The next token is drawn by: {name}")

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
        self._tell_sampling("Each checkpoint brings its own sampling")

    def action_rerank(self) -> None:
        """Choose the next replies among several candidates each, or no more."""
        usual = PARAMETERS["candidates"]
        several = self.sampling.reranks
        self._sample(self.sampling.changed(candidates=usual.off if several else usual.usual, greedy=False))
        self._tell_sampling("One reply is drawn" if several else f"The next reply is chosen among {usual.usual}")

    def action_pause(self) -> None:
        """Hold the reply, or let it go on."""
        self._set_pace(Pace(self.pace.tokens_per_second, not self.pace.paused))

    def action_step(self) -> None:
        """Pause the reply if it runs, and let one token through."""
        if not self.pace.paused:
            self.action_pause()
        self.backend.advance()

    def action_faster(self, by: int) -> None:
        """Move along the ladder of speeds."""
        speed = self.pace.tokens_per_second
        place = min(range(len(SPEEDS)), key=lambda n: abs((SPEEDS[n] or 1e6) - (speed or 1e6)))
        speed = SPEEDS[min(max(place + by, 0), len(SPEEDS) - 1)]
        self._set_pace(Pace(speed, self.pace.paused))
        self._tell_sampling("As fast as the machine can" if speed is None else f"{speed:g} tokens a second")

    def _tell_sampling(self, news: str) -> None:
        """Say what a key has changed, unless the sampling panel shows it: a notice would lie on that very panel."""
        if not any(panel.region for panel in self.query("SamplingPanel")):
            self.notify(news, timeout=2, markup=False)

    async def action_stop(self) -> None:
        """Stop the reply; else go to the newest token; else to the composer."""
        self.take_out_of_queue()
        if self.live is not None:
            self.backend.cancel()
        elif self.walking:
            if self.recalling:
                await self.lane.stop()
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
