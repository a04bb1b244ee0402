"""The part of the chat screen that sends what a person says and takes in the reply, token by token."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from textual import on
from textual.reactive import var
from textual.widgets import TextArea

from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.ui.feed import Failed, Feed, FeedEvent, Recalled
from chatbot_tui.ui.live_reply import LiveReply
from chatbot_tui.ui.messages import EventsWaiting
from chatbot_tui.ui.panels.composer import Composer
from chatbot_tui.ui.panels.entry import Entry
from chatbot_tui.ui.panels.transcript import turn_entry
from chatbot_tui.ui.screens.notes import ENDINGS, ending, surprise
from chatbot_tui.ui.screens.walking import WalkingScreen

if TYPE_CHECKING:
    from chatbot_tui.core.frames import PromptScored, ReplyFinished

REDRAW_SECONDS = 0.05
"""Least time between two batches of tokens on screen."""
REST = 2.0
"""Time between the beginnings of two batches, in multiples of what drawing one takes: typing must not wait for a slow machine."""
KEEP_SECONDS = 0.25
"""Least time between two writes of a reply under way."""


class SpeakingScreen(WalkingScreen):
    """Sends, stops, retries and takes back. One reply at a time; a message sent meanwhile waits in the composer."""

    sampling: var[SamplingSettings] = var(SamplingSettings())
    """How the next token is chosen."""
    seed: var[int] = var(0)
    """Seed of the next reply."""

    live: LiveReply | None = None
    queued: bool = False
    """Whether what stands in the composer is to be sent, as it stands, when the reply ends."""
    _drain_at: float = 0.0
    """When the next batch may be drawn, on the monotonic clock."""
    _drawing: bool = False
    """Whether the batch before is still being drawn."""
    _kept_at: float = 0.0
    _drain_due: bool = False

    # Sending

    @on(Composer.Sent)
    async def send(self, event: Composer.Sent) -> None:
        """Say what was typed, now or as soon as the reply under way has ended."""
        text = event.text.strip()
        if not text:
            self.notify("Type something first, then press enter.")
            return
        if self.live is not None:
            self.queued = True
            self.show_state()
            return
        self.composer.remember(text)
        self.composer.clear_message()
        self.queued = False
        self.conversation.add(Turn("you", text))
        self.transcript.add(turn_entry("you", text))
        self.transcript.scroll_to(y=self.transcript.max_scroll_y, animate=False)
        await self.answer()

    @on(TextArea.Changed)
    def take_out_of_queue(self) -> None:
        """Let a waiting message wait no more, once it is written on or the person wants it back: half a thought would be said."""
        if self.queued:
            self.queued = False
            self.show_state()

    async def answer(self) -> None:
        """Begin the reply to what the person said last, or wait for a checkpoint that can give it."""
        if self.loaded is None or self.loading_name:
            self.show_state()
            return
        await self.settle()
        feed = Feed(lambda: self.post_message(EventsWaiting()))
        settings = self.preferences.settings
        request = ReplyRequest(
            turns=tuple(self.conversation.turns),
            sampling=self.sampling,
            seed=self.seed,
            reply=self.conversation.take_reply_number(),
            max_tokens=settings.max_tokens,
            min_tokens=settings.min_tokens,
            pinned=settings.pinned,
        )
        self.go_live()
        turn = self.transcript.add(Entry("bot"))
        self.store.forget(turn)
        self.live = LiveReply(turn, request, self.loaded.fingerprint, feed)
        self.lane.reply(request, feed)
        self.show_state()

    # Taking in what the thread found out

    @on(EventsWaiting)
    def schedule(self) -> None:
        """Take in what waits as soon as the screen has rested from drawing what came before."""
        if self._drain_due:
            return
        self._drain_due = True
        if not self._drawing:
            self._arm()

    def _arm(self) -> None:
        wait = self._drain_at - monotonic()
        if wait > 0:
            self.set_timer(wait, self.drain)
        else:
            self.call_later(self.drain)

    def _rest(self, began: float) -> None:
        """Leave the screen as much time for keys as the drawing took."""
        self._drawing = False
        self._drain_at = began + max(REDRAW_SECONDS, REST * (monotonic() - began))
        if self._drain_due:
            self._arm()

    async def drain(self) -> None:
        """Take in everything that waits."""
        self._drain_due = False
        self._drawing = True
        self.call_after_refresh(self._rest, monotonic())
        if self.recall_feed is not None:
            for event in self.recall_feed.drain():
                if isinstance(event, Recalled):
                    await self.absorb_recall(event)
                elif isinstance(event, Failed):
                    self.give_up_recall(event.reason)
        if self.live is not None:
            self._absorb(self.live, self.live.feed.drain())

    def _absorb(self, live: LiveReply, events: list[FeedEvent]) -> None:
        # Imported with the first reply: the first paint does not wait for records that only a net sends.
        from chatbot_tui.core.frames import PromptScored, ReplyFinished, StepFrame

        frames = [event for event in events if isinstance(event, StepFrame)]
        for event in events:
            if isinstance(event, PromptScored):
                self._score(live.turn - 1, event)
        if frames:
            live.absorb(frames)
            self.transcript.extend([(frame.text, frame.p_model) for frame in frames])
            self.follow(live.turn, frames)
            if monotonic() - self._kept_at > KEEP_SECONDS:
                self._kept_at = monotonic()
                self.conversation.partial(live.as_turn(""))
        for event in events:
            if isinstance(event, ReplyFinished):
                self._finish(live, event)
            elif isinstance(event, Failed):
                self._fail(live, event.reason)
        self.show_state()

    def _score(self, turn: int, event: PromptScored) -> None:
        self.transcript.score(turn, event.tokens)
        self.transcript.annotate(turn, surprise(event.tokens, event.dropped))

    def _finish(self, live: LiveReply, event: ReplyFinished) -> None:
        self.live = None
        self.relay.settle()
        if live.tokens:
            self.conversation.add(live.as_turn(event.finish_reason))
            self.transcript.annotate(live.turn, ending(event.finish_reason, event.tokens, event.verdict, event.onset_step))
        else:
            self.transcript.remove_last(1)
        if self.queued:
            self.queued = False
            self.composer.action_send()

    def _fail(self, live: LiveReply, reason: str) -> None:
        self.live = None
        self.relay.settle()
        self.queued = False
        self.notify(reason, severity="error", markup=False)
        if live.tokens:
            self.conversation.add(live.as_turn("interrupted"))
            self.transcript.annotate(live.turn, ENDINGS["interrupted"])
            return
        self.transcript.remove_last(1)
        self.take_back_message()

    def take_back_message(self) -> None:
        """Return an unanswered message to the composer."""
        if not self.conversation.awaits_reply:
            return
        message = self.conversation.undo(1)[0]
        self.transcript.remove_last(1)
        if not self.composer.text:
            self.composer.replace_text(message.text)

    # Stopping and going back

    async def settle(self) -> None:
        """End whatever the network does, and take in the last of it."""
        # What is queued stays in the composer: it was meant to follow a reply that now has another end.
        self.queued = False
        await self.lane.stop()
        await self.drain()
        if self.live is not None:
            from chatbot_tui.core.frames import ReplyFinished

            self._finish(self.live, ReplyFinished("", "cancelled", "healthy", None, 0, 0.0))
        self._wanted = None

    async def action_retry(self) -> None:
        """Answer the last message afresh."""
        await self.settle()
        if not self.conversation.turns:
            self.notify("There is nothing to answer yet: say something first.")
            return
        if not self.conversation.awaits_reply:
            self._remove(1)
        await self.answer()

    async def action_undo_turn(self) -> None:
        """Take back the last exchange; the message returns to the composer."""
        await self.settle()
        if not self.conversation.turns:
            self.notify("There is nothing to take back.")
            return
        if not self.conversation.awaits_reply:
            self._remove(1)
        self.take_back_message()
        self.go_live()
        self.show_state()

    def _remove(self, turns: int) -> None:
        removed = self.conversation.undo(turns)
        self.transcript.remove_last(len(removed))
        self.store.forget(len(self.conversation.turns))
