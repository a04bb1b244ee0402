"""How the measuring programs of this folder begin and end: options, one line for a mistake, JSON lines for results."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import clean, dump

AT_FAULT, INTERRUPTED = 2, 130
"""Exit statuses, as those of chatbot-tui."""


class Parser(argparse.ArgumentParser):
    """Tells a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise InputError."""
        raise InputError(f"{message}: see {self.prog} --help")


def run(
    name: str, parser: Parser, commands: Mapping[str, Callable[[argparse.Namespace], None]], arguments: Sequence[str] | None = None
) -> int:
    """Run the command that was chosen and return the exit status; what is at fault is told in one line on standard error.

    Whoever reads the output may stop before its end, as `head` does: that is no fault.
    """
    try:
        options = parser.parse_args(arguments)
        commands[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered goes nowhere, so that the interpreter does not complain about it on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (InputError, OSError) as error:
        return tell(name, str(error))
    except (MemoryError, RuntimeError) as error:
        # Torch raises a plain RuntimeError that says so.
        if not isinstance(error, MemoryError) and "allocate memory" not in str(error):
            raise
        return tell(name, "there is not enough memory for this: choose smaller settings or less text")
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def tell(name: str, what: str) -> int:
    """Write what is at fault in one line, and return the exit status."""
    print(f"{name}: {' '.join(clean(what).split())}", file=sys.stderr, flush=True)  # noqa: T201 (this is the one way out)
    return AT_FAULT


def write(record: Mapping[str, Any]) -> None:
    """Write one record as a line of strict JSON, at once."""
    sys.stdout.write(dump(record) + "\n")
    sys.stdout.flush()


def use_threads(threads: int) -> None:
    """Let torch compute on so many threads. Raises InputError."""
    if not 1 <= threads <= 1024:
        raise InputError(f"threads is {threads}: use a whole number from 1 to 1024")
    import torch

    torch.set_num_threads(threads)
