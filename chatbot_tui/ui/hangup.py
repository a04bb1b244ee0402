"""Tells when the terminal goes away or the system asks for the end, in time to save what a person has written."""

from __future__ import annotations

import asyncio
import select
import signal
import threading
from collections.abc import Callable
from functools import partial

HUNG_UP = 128 + 1
"""Exit status of a program whose terminal went away."""


def listen(hang_up: Callable[[], object], leave: Callable[[], object], terminal: int | None) -> None:
    """Have the running event loop call `hang_up` once the terminal is gone, and `leave` once the system asks for the end.

    Args:
        hang_up: What to do without a terminal.
        leave: What to do while there still is one.
        terminal: Descriptor to watch, since only a controlling terminal sends a signal when it goes away; None: there is none.

    Raises:
        NotImplementedError, RuntimeError, ValueError: this is not the main thread of a Unix process, which alone takes signals.
    """
    loop = asyncio.get_running_loop()
    if terminal is not None:
        say_so = partial(loop.call_soon_threadsafe, hang_up)
        threading.Thread(target=wait_for_hangup, args=(terminal, say_so), daemon=True).start()
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    loop.add_signal_handler(signal.SIGTERM, leave)


def wait_for_hangup(terminal: int, hang_up: Callable[[], object]) -> None:
    """Wait until the terminal behind a descriptor has gone away, and say so; for a thread of its own. POSIX only."""
    poll = select.poll()
    # A hang-up is told without being asked for; nothing else is of interest.
    poll.register(terminal, 0)
    if any(event & select.POLLHUP for _, event in poll.poll()):
        hang_up()
