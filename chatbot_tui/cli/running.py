"""From the arguments to an exit status: whatever goes wrong is told in one line."""

import os
import sys
from collections.abc import Sequence

import click

from chatbot_tui.cli.root import cli
from chatbot_tui.commands.output import warn
from chatbot_tui.core.errors import InputError

AT_FAULT = 2
"""Exit status where the input was at fault."""
INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0 done, 1 bad news, 2 the input was at fault, 130 interrupted."""
    streams = sys.stdout, sys.stderr
    try:
        status = cli.main(arguments, prog_name="chatbot-tui", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        warn(explained(error))
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        return leave_quietly()
    except SystemExit:
        # Click answers a broken pipe with streams of its own and status 1, which means bad news here.
        if streams == (sys.stdout, sys.stderr):
            raise
        sys.stdout, sys.stderr = streams
        return leave_quietly()
    except (InputError, OSError, MemoryError) as error:
        return tell(error)
    return AT_FAULT


def tell(error: InputError | OSError | MemoryError) -> int:
    """Write what is wrong in one line, and return the exit status."""
    if isinstance(error, InputError):
        warn(str(error))
    elif isinstance(error, MemoryError):
        warn("there is not enough memory for this: choose a smaller checkpoint or text, or close other programs")
    else:
        what = f"cannot use {error.filename!r}" if error.filename else "cannot write the output"
        warn(f"{what}: {error.strerror or error}; check permissions and free space")
        discard_output()
    return AT_FAULT


def explained(error: click.ClickException) -> str:
    """Return a usage error in one line, with where help is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "chatbot-tui"
    message = error.format_message()
    return f"{message}{' See' if message[-1:] in '.?!' else '; see'} `{command} --help`"


def leave_quietly() -> int:
    """Return success: whoever read the output, `head` say, has had enough of it."""
    discard_output()
    return 0


def discard_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not complain about it on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
