import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

from chatbot_tui.core.conversations import ConversationLog

PATIENCE = 30.0
"""Seconds after which what never comes fails the test."""
PLAYGROUND = """
import sys
from pathlib import Path
from chatbot_tui.ui.app import PlaygroundApp
from tests.fakes import ScriptedBackend

folder = Path(sys.argv[1])
backend = ScriptedBackend(held=True)
backend.release(2)
backend.close = lambda: (folder / "closed").touch()
PlaygroundApp(backend, conversations=folder / "conversations", settings=folder / "settings.toml").run()
"""


def read_until(master: int, text: bytes) -> None:
    """Read what the program draws until it has drawn `text`."""
    drawn = b""
    deadline = time.monotonic() + PATIENCE
    while text not in drawn:
        assert time.monotonic() < deadline, f"{text!r} was never drawn"
        if select.select([master], [], [], 0.1)[0]:
            drawn += os.read(master, 1 << 16)


def test_a_terminal_that_goes_away_without_a_signal_ends_the_program_and_keeps_the_conversation(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    # A session without a controlling terminal: the kernel sends nothing when the terminal goes.
    with subprocess.Popen(
        [sys.executable, "-c", PLAYGROUND, str(tmp_path)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
    ) as process:
        os.close(slave)
        read_until(master, b"Say something")
        os.write(master, b"good evening\r")
        read_until(master, b"there")
        os.close(master)
        assert process.wait(PATIENCE) == 129
    assert (tmp_path / "closed").exists()
    (path,) = (tmp_path / "conversations").iterdir()
    turns = ConversationLog.open(path).turns
    assert [turn.text for turn in turns] == ["good evening", " hello there"]
