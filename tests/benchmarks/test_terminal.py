import os
import re
from itertools import islice
from pathlib import Path

import pytest

from chatbot_tui.benchmarks.terminal import COLUMNS, FULL_FRAME, ROWS, SYNCHRONISED_ANSWER, Terminal, environment
from chatbot_tui.benchmarks.typist import LETTERS, type_letters
from chatbot_tui.core.paths import HOME_VARIABLE

EDITOR = (
    "from textual.app import App; from textual.widgets import TextArea;"
    "type('Editor', (App,), {'compose': lambda self: [TextArea()]})().run()"
)
ASKS = r"""
import os, time, tty
tty.setraw(0)
os.write(1, b"\x1b[?20")
time.sleep(0.05)
os.write(1, b"26$p")
print("answered", os.read(0, 100).hex(), flush=True)
"""


def test_a_program_is_seen_to_paint_and_to_echo_what_is_typed(tmp_path: Path) -> None:
    with Terminal(("-c", EDITOR), tmp_path) as app:
        assert app.wait_for(FULL_FRAME) > app.started
        assert len(type_letters(app, islice(LETTERS, 3))) == 3
        for letter in LETTERS[:3]:
            app.wait_for(re.compile(letter.encode()))


def test_a_program_that_ends_is_noticed(tmp_path: Path) -> None:
    with Terminal(("-c", "pass"), tmp_path) as app, pytest.raises(EOFError):
        app.wait_for(FULL_FRAME)


def test_what_is_not_shown_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with Terminal(("-c", "input()"), tmp_path) as app, pytest.raises(TimeoutError, match="was not shown"):
        app.wait_for(FULL_FRAME, seconds=0.0)


def test_whatever_the_shell_says_of_its_own_screen_the_program_has_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    with Terminal(("-c", "import shutil; print('size', *shutil.get_terminal_size())"), tmp_path) as app:
        app.wait_for(re.compile(rb"size %d %d" % (COLUMNS, ROWS)))


def test_the_environment_is_the_same_in_every_shell_but_for_where_things_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = environment(tmp_path)
    for name in ("TERM", "COLORTERM", "PYTHONUTF8"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CI", "NO_COLOR", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "TERM_PROGRAM", "TEXTUAL_FPS", "TTY_COMPATIBLE"):
        monkeypatch.setenv(name, "1")
    assert environment(tmp_path) == before
    assert (before[HOME_VARIABLE], before["PATH"]) == (str(tmp_path), os.environ["PATH"])


def test_a_query_for_synchronised_frames_is_answered_though_it_comes_in_two_pieces(tmp_path: Path) -> None:
    with Terminal(("-c", ASKS), tmp_path) as app:
        app.wait_for(re.compile(b"answered " + SYNCHRONISED_ANSWER.hex().encode()))


@pytest.mark.parametrize("end", [b"\x1b[?2026l", b""])  # with and without the mark of a synchronised frame
def test_a_full_frame_is_known_by_its_last_row(end: bytes) -> None:
    rows = [b"\x1b[%d;1H\x1b[48;2;1;1;1m%s\x1b[0m" % (row, b"." * COLUMNS) for row in range(1, ROWS + 1)]
    cursor = b"\x1b[2;3H" + end
    assert FULL_FRAME.search(b"\r\n".join(rows) + cursor)
    assert not FULL_FRAME.search(b"\r\n".join(rows))  # the last row may go on
    assert not FULL_FRAME.search(b"\r\n".join(rows[:-1]) + cursor)
    assert not FULL_FRAME.search(b"\r\n".join(rows[:24]) + cursor)
