"""How much memory a long evening of chat takes, in the whole program: the screen's process and the net's."""

import subprocess
import time
from pathlib import Path

from chatbot_tui.benchmarks.budgets import MEMORY, Record
from chatbot_tui.benchmarks.startup import PLAYGROUND, READY
from chatbot_tui.benchmarks.subject import save_pace
from chatbot_tui.benchmarks.terminal import Terminal

FEW_TOKENS = 100
REPLIES, REPLY_TOKENS = 100, 1000
TURN, ENDED = b'{"event":"turn"', b'"finish_reason":"length"'
COLUMNS, ROWS = 50, 15
"""A small screen: what is kept of a token does not depend on how much of it is drawn."""
PATIENCE = 30.0
"""Seconds that one reply may take."""


def memory(home: Path, replies: int = REPLIES, tokens: int = REPLY_TOKENS) -> list[Record]:
    """Chat twice, a hundred tokens and `replies` x `tokens` of them, and compare what the program then holds."""
    few = memory_after_chat(home, 1, FEW_TOKENS)
    many = memory_after_chat(home, replies, tokens)
    return [MEMORY.judge(many, few)]


def memory_after_chat(home: Path, replies: int, tokens: int) -> float:
    """Return the megabytes that the program's processes hold after a chat, its replies as fast as they come."""
    save_pace(home, tokens)
    with Terminal(PLAYGROUND, home, columns=COLUMNS, rows=ROWS) as app:
        app.wait_for(READY)
        before = set((home / "conversations").glob("*.jsonl"))
        for said in range(replies):
            app.write("a\r")
            deadline = time.perf_counter() + PATIENCE
            while ended_replies(home, before) <= said:
                if time.perf_counter() > deadline:
                    raise TimeoutError(f"a reply of {tokens} tokens took more than {PATIENCE:g} s")
                app.read_for(0.05)
        return resident(app.pid)


def ended_replies(home: Path, before: set[Path]) -> int:
    """Return how many replies the conversation that is not one of `before` has had."""
    new = set((home / "conversations").glob("*.jsonl")) - before
    return sum(line.startswith(TURN) and ENDED in line for path in new for line in path.read_bytes().splitlines())


def resident(group: int) -> float:
    """Return the megabytes of memory that the processes of a group hold."""
    listing = subprocess.run(["ps", "-A", "-o", "pgid=,rss="], capture_output=True, text=True, check=True).stdout  # noqa: S607
    rows = (line.split() for line in listing.splitlines())
    return sum(int(kibibytes) for process_group, kibibytes in rows if int(process_group) == group) * 1024 / 1e6
