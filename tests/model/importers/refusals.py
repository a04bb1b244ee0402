"""Runs the command line on one file after another in a child process, and tells how each ended and what all of them took."""

import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Ending:
    """How one command ended."""

    status: int
    said: str
    """On standard error."""
    seconds: float
    """Of the processor's time."""
    megabytes: float
    """The most that the process held meanwhile."""


def endings(commands: Sequence[Sequence[str]], **environment: str) -> list[Ending]:
    """Run the commands one after the other in one fresh interpreter."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.model.importers.refusals"],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0, result.stderr
    return [Ending(**record) for record in json.loads(result.stdout.splitlines()[-1])]


def run_all(commands: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Run each command in this process and return how it ended."""
    from chatbot_tui.cli import run

    records = []
    for command in commands:
        forget_peak()
        said, started = io.StringIO(), time.process_time()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            status = run(command)
        records.append({"status": status, "said": said.getvalue(), "seconds": time.process_time() - started, "megabytes": peak()})
    return records


def forget_peak() -> None:
    """Begin a new maximum of memory, where the system can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> float:
    """Return the maximum of memory held, in MB; since the start where the system cannot tell it since `forget_peak`."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except (OSError, ValueError, IndexError):
        # In kilobytes on Linux, in bytes on macOS.
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    print(json.dumps(run_all(json.loads(sys.stdin.read()))))  # noqa: T201
