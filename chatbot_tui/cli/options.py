"""Options that several commands share, and how a command's help ends."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import click

from chatbot_tui.core.errors import InputError

Command: TypeAlias = Callable[..., Any]
"""What runs a command, with a parameter for each of its options."""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""Settings of every help page; commands have them from their group."""

vocabulary_option = click.option(
    "--vocab",
    "vocabulary",
    metavar="PATH",
    help="Vocabulary of a foreign file: tokenizer.json, a JSON list or map, or a text file with a token a line.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Write strict JSON, one object a line.")
"""Records instead of text."""


def corpus_option(meaning: str, *, required: bool = False) -> Callable[[Command], Command]:
    """Return the option for texts, any number of them; what they are for differs from command to command."""
    return click.option("--corpus", "corpora", metavar="PATH", multiple=True, required=required, help=meaning)


def examples(*lines: str) -> str:
    """Return examples as they stand at the end of a help page, one a line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def parse_changes(settings: Sequence[str], option: str = "--set") -> dict[str, str]:
    """Return key and value of each `key=value`. Raises InputError."""
    changes: dict[str, str] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator or not key.strip():
            example = "steps=2000" if option == "--set" else "output.weight=fc.weight"
            raise InputError(f"{option} {setting!r} is not of the form key=value: write for instance {option} {example}")
        changes[key.strip()] = value.strip()
    return changes
