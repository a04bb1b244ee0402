"""Pictures for the README, drawn by the program itself with its own nets: `python -m tests.readme_images` draws them anew."""

import asyncio
import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic

from chatbot_tui.bridge import ChildBackend
from chatbot_tui.core.paths import assets
from chatbot_tui.core.settings import Settings, save_settings
from chatbot_tui.ui.app import PlaygroundApp
from chatbot_tui.ui.screens.chat import ChatScreen

SIZE = (120, 40)
PATIENCE = 60.0
"""Seconds until a condition must have come."""
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""A font from elsewhere: whoever looks at the picture would have to fetch it."""
PICTURES = {"chat": "smalltalk", "collapse": "near-zero-init"}
"""What is drawn, and with which checkpoint."""
BACK = 4
"""Tokens before the last one that is looked at."""
MESSAGES = ("hello, how are you?", "do you like movies?")


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition. Raises TimeoutError."""
    end = monotonic() + PATIENCE
    while not condition():
        if monotonic() > end:
            raise TimeoutError
        await asyncio.sleep(0.02)


def has_answered(chat: ChatScreen, turns: int) -> bool:
    """Return whether the conversation has so many turns, and nobody speaks."""
    return len(chat.conversation.turns) == turns and chat.live is None


async def picture(folder: Path, checkpoint: str) -> str:
    """Return the chat after the messages have been answered, looking at a token within the last reply."""
    settings = folder / f"{checkpoint}.toml"
    save_settings(Settings(tokens_per_second=None), settings)
    backend = ChildBackend()
    app = PlaygroundApp(backend, checkpoint=checkpoint, conversations=folder / checkpoint, settings=settings)
    try:
        async with app.run_test(size=SIZE) as pilot:
            chat = app.chat
            await until(lambda: chat.has_class("-complete") and chat.loaded is not None and not chat.loading_name)
            for answered in range(2, 2 * len(MESSAGES) + 1, 2):
                chat.composer.replace_text(MESSAGES[answered // 2 - 1])
                await pilot.press("enter")
                await until(partial(has_answered, chat, answered))
            await pilot.press(*["left"] * BACK)
            await pilot.pause()
            return FONT.sub("", app.export_screenshot(title=f"chatbot-tui --checkpoint {checkpoint}"))
    finally:
        backend.close()


def main() -> None:
    """Draw every picture."""
    folder = assets() / "images"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        for name, checkpoint in PICTURES.items():
            drawn = asyncio.run(picture(Path(home), checkpoint))
            (folder / f"{name}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
