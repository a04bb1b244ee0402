"""The command that has a net answer, with an option for every way of sampling."""

from typing import Any

import click

from chatbot_tui.cli.options import Command, examples, json_option, vocabulary_option
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.sampling import ORDERS, PARAMETERS, SamplingSettings

MAX_SEED = (1 << 63) - 1


def parse_top(_context: click.Context, _parameter: click.Parameter, value: str) -> int | None:
    """Return a number of tokens; None for all."""
    if value == "all":
        return None
    if not (value.isascii() and value.isdecimal() and 0 < len(value) < 10 and int(value) > 0):
        raise click.BadParameter(f"{value!r} is neither a number of at least 1 nor 'all'")
    return int(value)


def sampling_options(command: Command) -> Command:
    """Add an option for every way of sampling."""
    for name, parameter in reversed(list(PARAMETERS.items())):
        kind = int if parameter.whole else float
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, type=kind, metavar="N" if parameter.whole else "X", help=f"{parameter.meaning}.")(command)
    order = click.option("--order", type=click.Choice(ORDERS), help="Whose order the filters run in; hf unless given.")
    greedy = click.option("--greedy", is_flag=True, help="Take the likeliest token, after penalties and bans.")
    return greedy(order(command))


def sampling_from_options(options: dict[str, Any]) -> SamplingSettings | None:
    """Return the settings that were asked for, all else off; None where nothing was. Raises InputError."""
    given = {name: value for name, value in options.items() if value is not None and value is not False}
    return SamplingSettings().changed(**given) if given else None


@click.command(
    short_help="Answer a text, or a file of prompts.",
    epilog=examples(
        'chatbot-tui say "hello there"',
        'chatbot-tui say "hi" "hello!" "how are you?"       three turns: yours, its, yours',
        'chatbot-tui say "hello" --temperature 0.7 --top-k 40 --seed 3',
        'chatbot-tui say "hello" --checkpoint near-zero-init --greedy',
        "chatbot-tui say --prompts questions.txt --json > answers.jsonl",
    ),
)
@click.argument("texts", nargs=-1, metavar="TEXT...")
@click.option("--checkpoint", metavar="C", default="smalltalk", show_default=True, help="Name, folder or foreign file.")
@vocabulary_option
@click.option("--seed", type=click.IntRange(min=0), metavar="S", default=0, show_default=True, help="The same seed draws the same tokens.")
@click.option("--max-tokens", type=click.IntRange(min=1), metavar="N", default=60, show_default=True, help="Longest reply.")
@click.option("--min-tokens", type=click.IntRange(min=0), metavar="N", default=0, show_default=True, help="Shortest reply.")
@click.option(
    "--top",
    metavar="N|all",
    callback=parse_top,
    default="20",
    show_default=True,
    help="Likeliest tokens in each record.",
)
@click.option("--prompts", metavar="FILE", help="Answer each line of a file afresh; - is standard input.")
@json_option
@sampling_options
def say(
    texts: tuple[str, ...],
    checkpoint: str,
    vocabulary: str | None,
    seed: int,
    max_tokens: int,
    min_tokens: int,
    top: int | None,
    prompts: str | None,
    as_json: bool,
    **sampling: Any,
) -> None:
    """Answer TEXT. Several TEXTs are the turns so far, oldest first; the last is answered.

    Without a sampling option the checkpoint's own settings hold; with any, those that are given and no others.
    """
    settings = sampling_from_options(sampling)
    if seed > MAX_SEED:
        raise InputError(f"the seed is {seed}: it must be at most {MAX_SEED}")
    from chatbot_tui.commands.say import say as run_say

    run_say(
        texts,
        checkpoint=checkpoint,
        vocabulary=vocabulary,
        sampling=settings,
        seed=seed,
        max_tokens=max_tokens,
        min_tokens=min_tokens,
        top=top,
        prompts=prompts,
        as_json=as_json,
    )
