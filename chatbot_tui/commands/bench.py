"""Measure what the program promises, on this machine, each figure beside what it is compared with."""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from chatbot_tui.benchmarks.budgets import BUDGETS, STEP_PLAIN, STEP_PRODUCT, TRAINING, Record
from chatbot_tui.benchmarks.stepping import stepping
from chatbot_tui.benchmarks.subject import Shape, place_net, shipped
from chatbot_tui.benchmarks.training import training
from chatbot_tui.commands.output import number, warn, write, write_json
from chatbot_tui.core.errors import InputError

PSEUDO_TERMINALS = os.name == "posix"
STARTS = 3
LOADING_STARTS = 3
LETTERS = 150
STEP_ROUNDS = 25
TRAINING_ROUNDS = 15
IN_PROCESS = (STEP_PLAIN, STEP_PRODUCT, TRAINING)
"""What needs no screen."""
SMALL = Shape(words=300, vocabulary=500, embedding=16, hidden=32)
"""Speaks a hundred thousand tokens within minutes; what the screen keeps of a token does not depend on the net's size."""
HEADINGS = ("what", "measured", "reference", "ratio", "budget", "met")


def bench(*, as_json: bool) -> None:
    """Run every benchmark and write a record for each budget as soon as it is known, or a table at the end.

    Raises:
        InputError: the playground does not start or does not answer.
    """
    records: list[Record] = []
    with tempfile.TemporaryDirectory(prefix="chatbot-tui-bench-") as folder:
        for record in measured(Path(folder)):
            records.append(record)
            if as_json:
                write_json(to_json(record))
    if not as_json:
        write(table(records))


def measured(folder: Path) -> Iterator[Record]:
    """Yield the records of all benchmarks; remarks go to standard error."""
    source = shipped()
    if source is None:
        warn("smalltalk is not here: a net of its shape with random weights is measured in its place")
    net = place_net(folder / "chat", source)
    small = folder / "memory"
    place_net(small, None, SMALL)
    warn("step by step ...")
    yield from stepping(net, STEP_ROUNDS)
    warn("training ...")
    yield from training(TRAINING_ROUNDS)
    if not PSEUDO_TERMINALS:
        warn("what the screen does is not measured here: it needs a pseudo-terminal")
        yield from (budget.unmeasured() for budget in BUDGETS if budget not in IN_PROCESS)
        return
    from chatbot_tui.benchmarks.echo import echo_in_long_chat, echo_while_loading, echo_while_speaking, echo_while_training
    from chatbot_tui.benchmarks.memory import memory
    from chatbot_tui.benchmarks.startup import startup

    home = folder / "chat"
    runs: list[tuple[str, Callable[[], list[Record]]]] = [
        ("start after start", partial(startup, home, net / "model.safetensors", STARTS)),
        ("typing while torch loads", partial(echo_while_loading, home, LOADING_STARTS)),
        ("typing in a long chat", partial(echo_in_long_chat, home, LETTERS)),
        ("typing while the net speaks", partial(echo_while_speaking, home, LETTERS)),
        ("typing while the laboratory trains", partial(echo_while_training, home, LETTERS)),
        ("a hundred thousand tokens", partial(memory, small)),
    ]
    for what, run in runs:
        warn(f"{what} ...")
        try:
            yield from run()
        except (EOFError, TimeoutError) as error:
            raise InputError(f"{what}: {error}; see that `chatbot-tui` starts, and that the machine has time to spare") from None


def to_json(record: Record) -> dict[str, object]:
    """Return a record as it is written with --json."""
    return {name: number(value) if isinstance(value, float) else value for name, value in asdict(record).items()}


def table(records: list[Record]) -> str:
    """Return a line for each record, columns aligned."""
    rows = [HEADINGS, *map(row, records)]
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(HEADINGS))]
    lines = []
    for name, *figures in rows:
        cells = [name.ljust(widths[0]), *(figure.rjust(width) for figure, width in zip(figures, widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)


def row(record: Record) -> tuple[str, ...]:
    """Return a record's cells."""
    words = next(budget.words for budget in BUDGETS if budget.name == record.name)
    if record.value is None:
        return record.name, "not measured here", "", "", words, ""
    reference = "" if record.reference is None else f"{record.reference:.3g} {record.unit}"
    ratio = "" if record.ratio is None else f"{record.ratio:.2f}"
    return record.name, f"{record.value:.3g} {record.unit}", reference, ratio, words, "yes" if record.met else "no"
