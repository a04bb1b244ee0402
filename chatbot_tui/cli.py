"""The commands and their options; each imports its own world, and only once its options are known to be good."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from chatbot_tui import __version__
from chatbot_tui.commands.output import warn
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import ImportChoices, Unit
from chatbot_tui.core.sampling import ORDERS, PARAMETERS, SamplingSettings

AT_FAULT = 2
"""Exit status where the input was at fault."""
INTERRUPTED = 130
"""Exit status after Ctrl+C, as shells have it."""
MAX_SEED = (1 << 63) - 1


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
    except (InputError, OSError) as error:
        return tell(error)
    return AT_FAULT


def tell(error: InputError | OSError) -> int:
    """Write what is wrong in one line, and return the exit status."""
    if isinstance(error, InputError):
        warn(str(error))
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


def parse_top(_context: click.Context, _parameter: click.Parameter, value: str) -> int | None:
    """Return a number of tokens; None for all."""
    if value == "all":
        return None
    if not (value.isascii() and value.isdecimal() and 0 < len(value) < 10 and int(value) > 0):
        raise click.BadParameter(f"{value!r} is neither a number of at least 1 nor 'all'")
    return int(value)


def examples(*lines: str) -> str:
    """Return examples as they stand at the end of a help page, one a line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def vocabulary_option() -> Decorator:
    """Return the option that names a foreign file's vocabulary."""
    return click.option(
        "--vocab",
        "vocabulary",
        metavar="PATH",
        help="Vocabulary of a foreign file: tokenizer.json, a JSON list or map, or a text file with a token a line.",
    )


def json_option() -> Decorator:
    """Return the option for records instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Write strict JSON, one object a line.")


def sampling_options(command: Callable[..., Any]) -> Callable[..., Any]:
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


@click.group(
    invoke_without_command=True,
    context_settings=CONTEXT,
    epilog=examples(
        "chatbot-tui                                   chat, and look inside",
        "chatbot-tui --checkpoint near-zero-init       chat with a net that collapsed",
        'chatbot-tui say "do you like music?"          one answer, in the shell',
        "chatbot-tui checkpoints                       what there is to load",
    ),
)
@click.option("--checkpoint", metavar="C", help="Name, folder or foreign file to chat with; else the last one you used.")
@vocabulary_option()
@click.version_option(__version__, prog_name="chatbot-tui")
@click.pass_context
def cli(context: click.Context, checkpoint: str | None, vocabulary: str | None) -> None:
    """Chat with a real LSTM in the terminal, see inside it while it answers, and learn why chatbots collapse to "the the the".

    Without a command, opens the playground.
    """
    if context.invoked_subcommand is not None:
        if checkpoint is not None or vocabulary is not None:
            raise click.UsageError(f"--checkpoint and --vocab go after the command: {context.invoked_subcommand}", context)
        return
    from chatbot_tui.commands.open import open_playground

    open_playground(checkpoint=checkpoint, vocabulary=vocabulary)


@cli.command(
    short_help="Answer a text, or a file of prompts.",
    context_settings=CONTEXT,
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
@vocabulary_option()
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
@json_option()
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


@cli.command(
    short_help="List what can be loaded by name.",
    context_settings=CONTEXT,
    epilog=examples("chatbot-tui checkpoints", "chatbot-tui checkpoints --json"),
)
@json_option()
def checkpoints(as_json: bool) -> None:
    """List the checkpoints that can be loaded by name: shipped ones and your own."""
    from chatbot_tui.commands.checkpoints import checkpoints as run_checkpoints

    run_checkpoints(as_json=as_json)


@cli.command(
    short_help="List what can be trained, and what it shows.",
    context_settings=CONTEXT,
    epilog=examples("chatbot-tui recipes", "chatbot-tui recipes --json"),
)
@json_option()
def recipes(as_json: bool) -> None:
    """List the recipes: the cause of collapse that each one shows, its control, and the fixes that are recommended."""
    from chatbot_tui.commands.recipes import recipes as run_recipes

    run_recipes(as_json=as_json)


@cli.command(
    short_help="Train a net by a recipe.",
    context_settings=CONTEXT,
    epilog=examples(
        "chatbot-tui train healthy",
        "chatbot-tui train deep-stack --set residual=true --out mended",
        "chatbot-tui train smalltalk --corpus chats.jsonl --out my-bot",
        "chatbot-tui train smalltalk --corpus chats.jsonl --out my-bot --resume",
    ),
)
@click.argument("recipe")
@click.option(
    "--corpus",
    "corpora",
    metavar="PATH",
    multiple=True,
    help="Text to learn from in place of the recipe's own: .jsonl, .jsonl.gz or .txt; may be repeated.",
)
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change an entry of the recipe; may be repeated.")
@click.option("--out", metavar="DIR", help="Folder for the run and its checkpoint; it must be empty unless --resume is given.")
@click.option("--device", metavar="D", help="cpu, cuda or mps; the best there is unless given.")
@click.option("--resume", is_flag=True, help="Go on from where the run in DIR stopped.")
@json_option()
def train(
    recipe: str, corpora: tuple[str, ...], settings: tuple[str, ...], out: str | None, device: str | None, resume: bool, as_json: bool
) -> None:
    """Train a net by RECIPE: a name or a TOML file."""
    changes = parse_changes(settings)
    from chatbot_tui.commands.train import train as run_train

    run_train(recipe=recipe, corpora=list(corpora), settings=changes, out=out, device=device, resume=resume, as_json=as_json)


@cli.command(
    short_help="Run every recipe over several seeds.",
    context_settings=CONTEXT,
    epilog=examples(
        "chatbot-tui experiment --out results                     every recipe and every fix",
        "chatbot-tui experiment --out results --resume            go on after an interruption",
        "chatbot-tui experiment deep-stack healthy --seeds 1 --out depth",
    ),
)
@click.argument("recipes", nargs=-1, metavar="[RECIPE]...")
@click.option("--seeds", type=click.IntRange(min=1, max=1000), metavar="N", default=3, show_default=True, help="How often each is trained.")
@click.option("--fixes/--no-fixes", default=True, show_default=True, help="Train with each of a recipe's fixes as well.")
@click.option("--out", metavar="DIR", help="Folder for results and table; it must be empty unless --resume is given.")
@click.option("--resume", is_flag=True, help="Go on in DIR: what is done there already is not done again.")
@json_option()
def experiment(recipes: tuple[str, ...], seeds: int, fixes: bool, out: str | None, resume: bool, as_json: bool) -> None:
    """Train each RECIPE over several seeds, and write a table: what is said, what happened, figures.

    Without RECIPE, all whose text the program makes up itself; that takes some hours.
    """
    from chatbot_tui.commands.experiment import experiment as run_experiment

    run_experiment(recipes=recipes, seeds=seeds, fixes=fixes, out=out, resume=resume, as_json=as_json)


@cli.command(
    short_help="Find out how often the doctor is right.",
    context_settings=CONTEXT,
    epilog=examples(
        "chatbot-tui calibrate --out zoo                          on made-up text; some hours, and again to go on",
        "chatbot-tui calibrate --out zoo --corpus a.jsonl --corpus b.jsonl",
        "chatbot-tui calibrate --out zoo --no-breed --json        with the nets that are there",
    ),
)
@click.option("--corpus", "corpora", metavar="PATH", multiple=True, help="Real text for a third of the nets; every second one is held out.")
@click.option("--out", metavar="DIR", help="Folder of the nets, the tables and the figures; what is there already stays.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Breed only the first N nets; any beginning holds some of each cause."
)
@click.option("--breed/--no-breed", default=True, show_default=True, help="Train the nets that are missing.")
@click.option("--adopt", is_flag=True, help="Let the doctor judge by the fitted thresholds from now on.")
@json_option()
def calibrate(corpora: tuple[str, ...], out: str | None, limit: int | None, breed: bool, adopt: bool, as_json: bool) -> None:
    """Train nets drawn at random, with every known trouble and without, and hold the doctor's verdicts against what they are."""
    from chatbot_tui.commands.calibrate import calibrate as run_calibrate

    run_calibrate(corpora=corpora, out=out, limit=limit, breed=breed, adopt_numbers=adopt, as_json=as_json)


@cli.command(
    short_help="Measure how well a net predicts unseen text.",
    context_settings=CONTEXT,
    epilog=examples(
        "chatbot-tui evaluate smalltalk --corpus valid.jsonl.gz", "chatbot-tui evaluate my-bot --corpus a.txt --corpus b.txt --json"
    ),
)
@click.argument("checkpoint", metavar="C")
@vocabulary_option()
@click.option("--corpus", "corpora", metavar="PATH", multiple=True, required=True, help="Held-out text; several are one text.")
@json_option()
def evaluate(checkpoint: str, vocabulary: str | None, corpora: tuple[str, ...], as_json: bool) -> None:
    """Measure how well checkpoint C predicts text that it has not seen."""
    from chatbot_tui.commands.evaluate import evaluate as run_evaluate

    run_evaluate(checkpoint=checkpoint, vocabulary=vocabulary, corpora=list(corpora), as_json=as_json)


@cli.command(
    "import",
    short_help="Bring a net that another program trained.",
    context_settings=CONTEXT,
    epilog=examples(
        "chatbot-tui import word_lm.pt --vocab vocab.json",
        "chatbot-tui import checkpoint.ckpt --vocab words.txt --name my-bot --end-token '<eos>'",
        "chatbot-tui import net.h5 --vocab tokenizer.json --json",
    ),
)
@click.argument("file", metavar="FILE")
@vocabulary_option()
@click.option("--name", metavar="NAME", help="Name of the new checkpoint; the file's own unless given.")
@click.option("--end-token", metavar="TOKEN", help="What ends a turn; told by its name unless given. An empty text: nothing does.")
@click.option("--unknown-token", metavar="TOKEN", help="What stands for words that the vocabulary lacks.")
@click.option("--pad-token", metavar="TOKEN", help="What fills up short texts; the net will never say it.")
@click.option("--unit", type=click.Choice(["words", "characters"]), help="How a plain list of tokens cuts text.")
@click.option("--activation", metavar="NAME", help="Activation of hidden layers between the LSTM and the output layer.")
@click.option(
    "--place", "places", metavar="TENSOR=NAME", multiple=True, help="Say what a tensor is: fc.weight, say; empty to leave it out."
)
@json_option()
def import_(
    file: str,
    vocabulary: str | None,
    name: str | None,
    end_token: str | None,
    unknown_token: str | None,
    pad_token: str | None,
    unit: Unit | None,
    activation: str | None,
    places: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make FILE, an LSTM language model that another program saved, a checkpoint of your own. Nothing in it is ever run.

    State_dicts of PyTorch in any of the usual wrappers, safetensors, and Keras models are read.
    """
    becomes = {tensor: target or None for tensor, target in parse_changes(places, "--place").items()}
    choices = ImportChoices(end_token, unknown_token, pad_token, unit, activation, becomes)
    from chatbot_tui.commands.import_ import import_file

    import_file(file=file, vocabulary=vocabulary, name=name, choices=choices, as_json=as_json)


@cli.command(
    short_help="Say why a net collapsed, and what to do.",
    context_settings=CONTEXT,
    epilog=examples(
        "chatbot-tui doctor near-zero-init",
        "chatbot-tui doctor model.pt --vocab vocab.json",
        "chatbot-tui doctor model.pt --vocab vocab.json --corpus chats.txt",
        "chatbot-tui doctor my-bot --markdown report.md --json",
    ),
)
@click.argument("checkpoint", metavar="C")
@vocabulary_option()
@click.option(
    "--corpus", "corpora", metavar="PATH", multiple=True, help="Text that it learnt from or is to speak like; with it, more is known."
)
@click.option("--markdown", metavar="FILE", help="Write the report as Markdown, too.")
@json_option()
def doctor(checkpoint: str, vocabulary: str | None, corpora: tuple[str, ...], markdown: str | None, as_json: bool) -> int:
    """Examine checkpoint C: is it well, and if not, why, with evidence and something to do about it.

    Exit status: 0 healthy, 1 anything else, 2 the input was at fault.
    """
    from chatbot_tui.commands.doctor import doctor as run_doctor

    return run_doctor(checkpoint=checkpoint, vocabulary=vocabulary, corpora=list(corpora), as_json=as_json, markdown=markdown)


@cli.command(
    short_help="Write a net so that it runs without this program.",
    context_settings=CONTEXT,
    epilog=examples("chatbot-tui export smalltalk --out smalltalk-pytorch", "chatbot-tui export my-bot --out my-bot-onnx --onnx"),
)
@click.argument("checkpoint", metavar="C")
@vocabulary_option()
@click.option("--out", metavar="DIR", help="New or empty folder for the files; one of the checkpoint's name unless given.")
@click.option("--onnx", is_flag=True, help="Write model.onnx too, with the state as input and output.")
@json_option()
def export(checkpoint: str, vocabulary: str | None, out: str | None, onnx: bool, as_json: bool) -> None:
    """Write checkpoint C as a plain PyTorch state_dict with a short model file that runs it, and its tokenizer."""
    from chatbot_tui.commands.export import export as run_export

    run_export(checkpoint=checkpoint, vocabulary=vocabulary, out=out, onnx=onnx, as_json=as_json)


@cli.command(
    short_help="Measure speed and memory on this machine.",
    context_settings=CONTEXT,
    epilog=examples("chatbot-tui bench", "chatbot-tui bench --json"),
)
@json_option()
def bench(as_json: bool) -> None:
    """Measure speed and memory on this machine, beside what is promised."""
    from chatbot_tui.commands.bench import bench as run_bench

    run_bench(as_json=as_json)


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
