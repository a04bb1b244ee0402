"""Starts the playground over a scripted backend, and waits for conditions instead of sleeping."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

from textual.pilot import Pilot

from chatbot_tui.core.diagnosis import DoctorBackend
from chatbot_tui.core.imports import ImportBackend
from chatbot_tui.core.lab import LabBackend
from chatbot_tui.ui.app import PlaygroundApp
from chatbot_tui.ui.screens.chat import ChatScreen
from tests.fakes import ScriptedBackend

PATIENCE = 30.0
"""Seconds after which a condition that never comes fails the test."""


class Playground:
    """The app under test, its backend, and short words for what a person does and sees."""

    def __init__(self, app: PlaygroundApp, backend: ScriptedBackend, pilot: Pilot[None]) -> None:
        self.app = app
        self.backend = backend
        self.pilot = pilot

    @property
    def chat(self) -> ChatScreen:
        return self.app.chat

    async def until(self, condition: Callable[[], object]) -> None:
        end = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < end, "the condition never came"
            await asyncio.sleep(0.005)

    async def say(self, text: str) -> None:
        """Send a message without typing each letter."""
        self.chat.composer.replace_text(text)
        await self.pilot.press("enter")

    async def hear(self, text: str) -> str:
        """Send a message and wait until its reply has ended; return the reply."""
        turns = len(self.chat.conversation.turns)
        await self.say(text)
        await self.until(lambda: len(self.chat.conversation.turns) == turns + 2 and self.chat.live is None)
        await self.pilot.pause()
        return self.chat.conversation.turns[-1].text

    def texts(self) -> list[str]:
        """What the transcript shows, a turn a line."""
        return [entry.text for entry in self.chat.transcript.entries]

    def screen_text(self) -> str:
        """Everything on the screen, as a terminal shows it."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips[:height])[: (width + 1) * height]

    def notices(self) -> str:
        return "\n".join(str(notice.message) for notice in self.app._notifications)


@asynccontextmanager
async def playground(
    folder: Path,
    backend: ScriptedBackend | None = None,
    *,
    size: tuple[int, int] = (120, 40),
    ready: bool = True,
    checkpoint: str = "smalltalk",
    lab: LabBackend | None = None,
    doctor: DoctorBackend | None = None,
    importer: ImportBackend | None = None,
) -> AsyncIterator[Playground]:
    """Open the app with its files in `folder`; wait until the checkpoint is loaded unless told otherwise."""
    backend = backend or ScriptedBackend()
    app = PlaygroundApp(
        backend,
        checkpoint=checkpoint,
        conversations=folder / "conversations",
        settings=folder / "settings.toml",
        lab=lab,
        doctor=doctor,
        importer=importer,
    )
    async with app.run_test(size=size) as pilot:
        place = Playground(app, backend, pilot)
        await place.until(lambda: app.chat.has_class("-complete"))
        await pilot.pause()
        if ready:
            await place.until(lambda: app.chat.loaded is not None and not app.chat.loading_name)
        yield place
        backend.open_loading()
