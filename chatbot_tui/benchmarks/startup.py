"""How soon the first picture stands, and how soon the net can be spoken to, each beside the least that must be waited for."""

import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from chatbot_tui.benchmarks.budgets import FIRST_PAINT, READY_TO_CHAT, Record
from chatbot_tui.benchmarks.subject import NAME
from chatbot_tui.benchmarks.terminal import FULL_FRAME, Terminal, environment

PLAYGROUND = ("-m", "chatbot_tui", "--checkpoint", NAME)
EMPTY_APP = ("-c", "from textual.app import App; App().run()")
READ_WEIGHTS = "import sys, torch; from safetensors.torch import load_file; load_file(sys.argv[1]); print(flush=True)"
READY = re.compile(rb"(?<!loading )%s" % NAME.encode())
"""What stands on the screen once the net has answered: its name, no longer as being loaded."""


def startup(home: Path, weights: Path, rounds: int) -> list[Record]:
    """Start the playground and what it is compared with in turn, after one start of each that fills the disk's cache."""
    empty, read, painted, ready = zip(*(one_round(home, weights) for _ in range(rounds + 1)), strict=True)
    return [
        FIRST_PAINT.judge(median(painted[1:]), median(empty[1:])),
        READY_TO_CHAT.judge(median(ready[1:]), median(read[1:])),
    ]


def one_round(home: Path, weights: Path) -> tuple[float, float, float, float]:
    """Return the seconds of an empty app's first paint, of reading the weights, and of the playground's first paint and readiness."""
    with Terminal(EMPTY_APP, home) as app:
        empty = app.wait_for(FULL_FRAME) - app.started
    read = time_to_read(home, weights)
    with Terminal(PLAYGROUND, home) as app:
        painted = app.wait_for(FULL_FRAME) - app.started
        ready = app.wait_for(READY) - app.started
    return empty, read, painted, ready


def time_to_read(home: Path, weights: Path) -> float:
    """Return the seconds in which a fresh interpreter has imported torch and read the weights."""
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 (our own interpreter, our own code)
        [sys.executable, "-c", READ_WEIGHTS, str(weights)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment(home)
    ) as process:
        if process.stdout is None or not process.stdout.readline():
            raise RuntimeError("torch could not read the weights")
        return time.perf_counter() - began
