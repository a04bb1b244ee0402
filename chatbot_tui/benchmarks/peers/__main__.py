"""Entry point of `python -m chatbot_tui.benchmarks.peers`: fit a peer, measure peers and checkpoints, write the table."""

import argparse
import contextlib
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from chatbot_tui.benchmarks.entry import Parser, run, use_threads, write
from chatbot_tui.benchmarks.peers.settings import MAX_PARAMETERS, PEERS, settings_of
from chatbot_tui.core.errors import InputError


def parser() -> Parser:
    """Return the options."""
    top = Parser(prog="python -m chatbot_tui.benchmarks.peers", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    fit = commands.add_parser("fit", help="train a peer for so many minutes, or go on where it was stopped")
    fit.add_argument("name", metavar="NAME", help=f"one of {', '.join(PEERS)}")
    fit.add_argument("--corpus", nargs="+", action="extend", required=True, metavar="PATH")
    fit.add_argument("--tokenizer", required=True, metavar="CHECKPOINT_FOLDER", help="whose tokens all peers share")
    fit.add_argument("--out", required=True, metavar="DIR")
    fit.add_argument("--minutes", type=float, default=120.0, help="of the processor's time, for training; n-grams need none")
    fit.add_argument("--seed", type=int, default=0)
    fit.add_argument("--parameters", type=int, default=8_500_000, help="of awd-lstm and transformer, at most")
    fit.add_argument("--threads", type=int, default=1, help="two wait for each other, and waiting is the processor's time too")
    fit.add_argument(
        "--recipe", default="smalltalk", metavar="R", help="whose text it is: what is left out, and how much of each corpus is read"
    )
    fit.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes", help="change a setting of the peer")
    measure = commands.add_parser("measure", help="take all figures of peers and checkpoints")
    measure.add_argument("subjects", nargs="+", metavar="DIR_OR_CHECKPOINT")
    measure.add_argument("--corpus", nargs="+", action="extend", required=True, metavar="VALID")
    measure.add_argument("--openers", default="tests/openers.txt", metavar="FILE", help="what is answered, one a line")
    measure.add_argument("--threads", type=int, default=2)
    measure.add_argument(
        "--trained",
        action="append",
        default=[],
        metavar="CHECKPOINT=MINUTES[,TOKENS]",
        help="what the training of a checkpoint took of the processor's time, and millions of tokens where settings changed on the way: "
        "cards do not tell",
    )
    measure.add_argument("--json", action="store_true", help="write a record each, not the table")
    table = commands.add_parser("table", help="write what measure --json gave as Markdown")
    table.add_argument("results", metavar="RESULTS.jsonl")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status; what is at fault is told in one line on standard error."""
    return run("peers", parser(), {"fit": fit, "measure": measure, "table": table}, arguments)


def fit(options: argparse.Namespace) -> None:
    """Fit a peer, writing a record a report. Raises InputError."""
    if not (math.isfinite(options.minutes) and options.minutes > 0 and 0 <= options.seed < 1 << 63):
        raise InputError("minutes must be above 0 and the seed a whole number from 0 on: change them")
    if not 0 < options.parameters <= MAX_PARAMETERS:
        raise InputError(f"parameters is {options.parameters}: use a whole number from 1 to {MAX_PARAMETERS:,}")
    # Imported where it is used, here and below: a mistake is told at once.
    from chatbot_tui.training.recipes import load_recipe, read_value

    pairs = [change.partition("=") for change in options.changes]
    settings = settings_of(options.name, {key: read_value(value) for key, _, value in pairs})
    use_threads(options.threads)
    from chatbot_tui.benchmarks.peers import fitting
    from chatbot_tui.benchmarks.peers.text import read_text
    from chatbot_tui.core.library import TOKENIZER
    from chatbot_tui.model.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(Path(options.tokenizer) / TOKENIZER)
    text = read_text(options.corpus, tokenizer, load_recipe(options.recipe))
    record = fitting.recorded(options.name, settings, text, seed=options.seed, minutes=options.minutes, parameters=options.parameters)
    with contextlib.closing(fitting.fit(settings, text, tokenizer, Path(options.out), record)) as reports:
        for report in reports:
            write(report)


def measure(options: argparse.Namespace) -> None:
    """Measure peers and checkpoints one after the other. Raises InputError."""
    use_threads(options.threads)
    from chatbot_tui.benchmarks.peers.measuring import load_subject, told
    from chatbot_tui.benchmarks.peers.measuring import measure as measured
    from chatbot_tui.benchmarks.peers.replies import read_openers
    from chatbot_tui.benchmarks.peers.table import markdown
    from chatbot_tui.training.corpus import read_corpus

    trained = read_trained(options.trained, options.subjects)
    openers = read_openers(Path(options.openers))
    dialogues = [dialogue for source in options.corpus for dialogue in read_corpus(source).dialogues]
    results = []
    for name in options.subjects:
        results.append({"path": name, **measured(told(load_subject(name), *trained.get(name, ())), dialogues, openers)})
        if options.json:
            write(results[-1])
    if not options.json:
        sys.stdout.write(markdown(results))


def read_trained(pairs: Sequence[str], subjects: Sequence[str]) -> dict[str, list[float]]:
    """Return the minutes of processor time by subject, and the millions of tokens where they are given. Raises InputError."""
    trained = {}
    for pair in pairs:
        name, _, text = pair.rpartition("=")
        try:
            values = [float(part) for part in text.split(",")]
        except ValueError:
            values = []
        if name not in subjects or not 1 <= len(values) <= 2 or not all(math.isfinite(value) and value > 0 for value in values):
            raise InputError(f"--trained {pair!r} is not one of the checkpoints to measure with its minutes: write NAME=90 or NAME=90,33.3")
        trained[name] = values
    return trained


def table(options: argparse.Namespace) -> None:
    """Write the table. Raises InputError."""
    from chatbot_tui.benchmarks.peers.table import markdown, read_results

    sys.stdout.write(markdown(read_results(Path(options.results))))


if __name__ == "__main__":
    sys.exit(main())
