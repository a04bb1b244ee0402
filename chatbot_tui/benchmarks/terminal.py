"""A program in a pseudo-terminal of its own, watched from the outside as a person would see it. POSIX only."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from chatbot_tui.core.paths import HOME_VARIABLE

COLUMNS, ROWS = 120, 40
KEPT = 1 << 16
"""Bytes of output that a pattern may span; a whole frame has about 20,000."""
PATIENCE = 60.0
"""Seconds after which a program that does not show what is waited for is given up."""
GONE_WITHIN = 2.0
"""Seconds that the processes of a killed program may take to go: they must not disturb the next measurement."""

# Asks whether the terminal shows frames whole; a terminal of today says yes.
SYNCHRONISED_QUERY, SYNCHRONISED_ANSWER = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
FULL_FRAME = re.compile(rb"\x1b\[%d;1H[^\n]*?\x1b\[\d+;\d+H" % ROWS)
"""A last row drawn from its first cell, up to where the cursor goes next: the first whole picture of any full-screen Textual program. The
mark that ends a synchronised frame would not do: the first frame may be drawn before the terminal's answer has been read."""

INHERITED = (
    *("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "OMP_NUM_THREADS"),
    *("PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "VIRTUAL_ENV"),
)
"""What a program may learn of the environment we run in: where things are, and how many threads to use. The rest would let a shell, a test
runner or a terminal decide on the screen's size and colours, on the speed of output and on whether compiled modules are kept."""


class Terminal:
    """Runs `python ARGUMENTS` on a screen of `columns` x `rows` cells. All times are of time.perf_counter."""

    def __init__(self, arguments: Sequence[str], home: Path, *, columns: int = COLUMNS, rows: int = ROWS) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._shown = b""
        self.started = time.perf_counter()
        """When the process was asked for."""
        # A session of its own, with this terminal as its own: the program can be ended with whatever it has started, and ends by itself
        # should we be killed.
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter, our own program)
            [sys.executable, *arguments], pass_fds=[slave], preexec_fn=partial(os.login_tty, slave), env=environment(home)
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Id of the program's first process; also that of its process group."""
        return self._process.pid

    def read(self, until: float) -> bytes:
        """Return what is shown next, b"" if nothing is until then. Raises EOFError once the program has ended."""
        ready, _, _ = select.select([self._master], [], [], max(until - time.perf_counter(), 0.0))
        if not ready:
            return b""
        try:
            shown = os.read(self._master, KEPT)
        except OSError:
            raise EOFError("the program ended") from None
        fresh = self._shown[1 - len(SYNCHRONISED_QUERY) :] + shown  # a query may come in two pieces
        self._shown = (self._shown + shown)[-KEPT:]
        if SYNCHRONISED_QUERY in fresh:
            os.write(self._master, SYNCHRONISED_ANSWER)
        return shown

    def read_for(self, seconds: float) -> None:
        """Read whatever is shown meanwhile."""
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            self.read(until)

    def write(self, text: str) -> None:
        """Type."""
        os.write(self._master, text.encode())

    def shows(self, pattern: re.Pattern[bytes]) -> bool:
        """Return whether the pattern stands in the latest output that was read."""
        return pattern.search(self._shown) is not None

    def wait_for(self, pattern: re.Pattern[bytes], seconds: float = PATIENCE) -> float:
        """Return when the pattern was shown. Raises TimeoutError, or EOFError once the program has ended."""
        deadline = time.perf_counter() + seconds
        while not self.shows(pattern):
            if not self.read(deadline) and time.perf_counter() >= deadline:
                raise TimeoutError(f"{pattern.pattern!r} was not shown within {seconds:g} s")
        return time.perf_counter()

    def close(self) -> None:
        """Kill the program with everything it has started, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._master)
        deadline = time.perf_counter() + GONE_WITHIN
        with contextlib.suppress(ProcessLookupError, PermissionError):
            while time.perf_counter() < deadline:
                os.killpg(self.pid, 0)
                time.sleep(0.01)


def environment(home: Path) -> Mapping[str, str]:
    """Return the whole environment of a program that is measured: a home of its own and a terminal of full colour."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, HOME_VARIABLE: str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"}
