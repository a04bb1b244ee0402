"""The part of the chat screen that knows where the person stands among the tokens, and fetches old ones back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events, on
from textual.reactive import var
from textual.screen import Screen

from chatbot_tui.core.ports import ChatBackend, LoadedCheckpoint, Turn
from chatbot_tui.ui.conversation import Conversation
from chatbot_tui.ui.cursor import EMPTY, Cursor
from chatbot_tui.ui.feed import Feed, Recalled
from chatbot_tui.ui.frame_store import FRAMES_KEPT, FrameStore
from chatbot_tui.ui.lane import ReplyLane
from chatbot_tui.ui.messages import EventsWaiting
from chatbot_tui.ui.panels.composer import Composer
from chatbot_tui.ui.panels.transcript import Transcript
from chatbot_tui.ui.preferences import Preferences
from chatbot_tui.ui.screens.relay import CursorRelay

if TYPE_CHECKING:
    from chatbot_tui.core.frames import StepFrame


class WalkingScreen(Screen[None]):
    """Binds the panels to one token: the newest, or the one that the person walked to."""

    cursor: var[Cursor] = var(EMPTY, always_update=True)
    """The token that every panel shows, handed to them by the relay."""

    loaded: LoadedCheckpoint | None = None
    """The checkpoint that speaks; None before the first."""
    loading_name: str = ""
    """Name of the checkpoint that is being loaded; empty while none is."""

    def __init__(self, backend: ChatBackend, preferences: Preferences, conversation: Conversation) -> None:
        super().__init__()
        self.backend = backend
        self.preferences = preferences
        self.conversation = conversation
        self.transcript = Transcript()
        self.composer = Composer()
        self.store = FrameStore()
        self.relay = CursorRelay(self)
        self.lane = ReplyLane(self, backend)
        self.recall_feed: Feed | None = None
        self._wanted: tuple[int, int] | None = None

    @property
    def walking(self) -> bool:
        """Whether the person looks at an older token."""
        return self.transcript.cursor is not None or self._wanted is not None

    def show_state(self) -> None:
        """Bring headings and status in line with what is going on."""

    @property
    def recalling(self) -> bool:
        """Whether the person waits for an old reply to be computed again."""
        return self._wanted is not None

    @property
    def redrawn(self) -> int:
        """How many candidates are drawn again for the old reply that the person waits for; 0 where it was the only one."""
        turns = self.conversation.turns
        strategies = turns[self._wanted[0]].strategies if self._wanted is not None and self._wanted[0] < len(turns) else ()
        return next((settings.candidates for step, settings in strategies if step == 0 and settings.reranks), 0)

    def tokens_of(self, turn: int) -> int:
        """Return how many tokens a turn has that one can look at."""
        if turn < len(self.conversation.turns):
            return len(self.conversation.turns[turn].tokens)
        return len(self.transcript.entries[turn].starts)

    def newest(self) -> tuple[int, int] | None:
        """Return the turn and token said last; None before the first reply."""
        for turn in range(len(self.transcript.entries) - 1, -1, -1):
            if self.transcript.entries[turn].speaker == "bot" and self.tokens_of(turn):
                return turn, self.tokens_of(turn) - 1
        return None

    @on(Transcript.Walked)
    @on(Composer.Walked)
    async def walk(self, event: Transcript.Walked | Composer.Walked) -> None:
        """Move some tokens back or on, from reply to reply; past the newest is live again."""
        place = self._wanted or self.transcript.cursor or self.newest()
        if place is None:
            return
        turn, token = place
        token += event.by
        entries = self.transcript.entries
        step = 1 if event.by > 0 else -1
        while token < 0 or token >= self.tokens_of(turn):
            turn += step
            if turn >= len(entries):
                self.go_live()
                return
            if turn < 0:
                return
            spoken = entries[turn].speaker == "bot" and self.tokens_of(turn)
            token = (0 if step > 0 else self.tokens_of(turn) - 1) if spoken else -1
        await self.look_at(turn, token)

    def on_key(self, event: events.Key) -> None:
        """Type into the composer even while the transcript has the focus."""
        if event.is_printable and event.character and self.focused is self.transcript:
            event.stop()
            self.composer.focus()
            self.composer.insert(event.character)

    @on(Transcript.TokenChosen)
    async def choose_token(self, event: Transcript.TokenChosen) -> None:
        """Look at the token that was clicked."""
        await self.look_at(event.turn, event.token)

    @on(Transcript.LiveWanted)
    def go_live(self) -> None:
        """Look at the newest token again."""
        self._wanted = None
        self.transcript.cursor = None
        place = self.newest()
        index = self.store.index_of(*place) if place else None
        self.cursor = Cursor(self.store.frames(place[0]), index, live=True) if place and index is not None else EMPTY
        self.transcript.scroll_to(y=self.transcript.max_scroll_y, animate=False)

    async def look_at(self, turn: int, token: int) -> None:
        """Show a token in every panel; frames that are no longer in memory are computed again first."""
        index = self.store.index_of(turn, token)
        if index is None:
            await self._fetch(turn, token)
            return
        self._wanted = None
        self.transcript.cursor = (turn, token)
        self.cursor = Cursor(self.store.frames(turn), index, live=False)

    def follow(self, turn: int, frames: Sequence[StepFrame]) -> None:
        """Keep new frames, and show the newest unless the person looks elsewhere."""
        self.store.append(turn, frames)
        if not self.walking:
            kept = self.store.frames(turn)
            self.cursor = Cursor(kept, len(kept) - 1, live=True)

    async def _fetch(self, turn: int, token: int) -> None:
        if self.lane.busy and self.lane.replying:
            self.notify("That reply is no longer in memory: wait for this reply to end, or stop it with esc.")
            return
        if self.loaded is None or self.loading_name:
            self.notify("That reply is no longer in memory: wait until a checkpoint is loaded.")
            return
        previous, self._wanted = self._wanted, (turn, token)
        if self.lane.busy and previous is not None and previous[0] == turn:
            return
        await self.lane.stop()
        self.recall_feed = Feed(lambda: self.post_message(EventsWaiting()))
        turns: tuple[Turn, ...] = tuple(self.conversation.turns[: turn + 1])
        self.lane.recall(turns, token, FRAMES_KEPT // 2, self.preferences.settings.pinned, self.recall_feed)
        self.show_state()

    async def absorb_recall(self, event: Recalled) -> None:
        """Give an old reply its frames back, and go to the token that was asked for."""
        if event.turn >= len(self.transcript.entries):
            return
        self.store.replace(event.turn, event.frames)
        if not self.transcript.entries[event.turn].starts:
            self.transcript.retell(event.turn, event.tokens)
        if self._wanted is not None and self._wanted[0] == event.turn:
            _, token = self._wanted
            self._wanted = None
            # A window too small for where the person has walked since is fetched anew.
            await self.look_at(event.turn, min(token, len(event.tokens) - 1))

    def give_up_recall(self, reason: str) -> None:
        """Say why an old reply cannot be looked into."""
        self._wanted = None
        self.notify(reason, severity="warning", markup=False)
        self.show_state()
