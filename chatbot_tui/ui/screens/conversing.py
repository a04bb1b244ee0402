"""The part of the chat screen that exchanges one conversation for another, and keeps draft and settings on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual import on
from textual.widgets import TextArea

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import ChatBackend
from chatbot_tui.ui.conversation import Conversation
from chatbot_tui.ui.panels.transcript import turn_entry
from chatbot_tui.ui.preferences import Preferences
from chatbot_tui.ui.screens.notes import ending
from chatbot_tui.ui.screens.speaking import SpeakingScreen

SETTLE_SECONDS = 0.4
"""How long after a change the draft and the settings are written, at most."""


class ConversingScreen(SpeakingScreen):
    """Holds one conversation at a time. `start_with` makes a new one."""

    _save_due: bool = False

    def __init__(
        self, backend: ChatBackend, preferences: Preferences, conversation: Conversation, start_with: Callable[[], Conversation]
    ) -> None:
        super().__init__(backend, preferences, conversation)
        self._start_conversation = start_with

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
        self.show_conversation()

    def show_conversation(self) -> None:
        """Show the conversation from its beginning, with what was typed but not sent."""
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

    # Keeping

    @on(TextArea.Changed)
    def _note_draft(self) -> None:
        self._save_soon()

    def _keep_draft(self) -> None:
        self.conversation.draft(self.composer.message)

    def change_settings(self, **values: object) -> None:
        """Change what is remembered, and write it soon."""
        self.preferences.change(**values)
        self._save_soon()

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

    def report(self, problem: str) -> None:
        """Show a problem that does not stop the chat."""
        self.notify(problem, severity="warning", timeout=10, markup=False)
