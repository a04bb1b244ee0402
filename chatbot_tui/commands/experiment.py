"""Run the experiment behind the laboratory: every recipe and every fix over several seeds, one table of what happened."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from chatbot_tui.commands.output import one_line, warn, write, write_json
from chatbot_tui.commands.train import memory_errors
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.core.paths import runs_folder
from chatbot_tui.core.strict_json import dump
from chatbot_tui.training.experiment import Experiment, Result, Trial, plan
from chatbot_tui.training.experiment_table import markdown, rows

TABLE, FIGURES = "results.md", "results.jsonl"


def experiment(*, recipes: Sequence[str], seeds: int, fixes: bool, out: str | None, resume: bool, as_json: bool) -> None:
    """Run every trial that has not been run, and write the table to the folder after each.

    Raises:
        InputError: a recipe or the folder is at fault.
    """
    folder = runs_folder() / "experiment" if out is None else Path(out)
    trials = plan(recipes, seeds, fixes=fixes)
    results: list[Result] = []
    with memory_errors(), Experiment(folder, resume=resume) as experiment, progress(trials) as steps:
        try:
            for result in experiment.results(trials, steps.watch):
                results.append(result)
                steps.done()
                write_table(folder, trials[: len(results)], results)
                if as_json:
                    write_json(result)
        except KeyboardInterrupt:
            warn(f"stopped after {len(results)} of {len(trials)} trials; go on with the same command and --resume --out {folder}")
            raise
    if as_json:
        write_json({"table": str(folder / TABLE), "figures": str(folder / FIGURES)})
    else:
        write(f"table: {folder / TABLE}\nfigures: {folder / FIGURES}\n")


def write_table(folder: Path, trials: Sequence[Trial], results: Sequence[Result]) -> None:
    """Write what is known so far, each file whole or not at all. Raises InputError."""
    found = rows(trials, results)
    for name, text in ((TABLE, markdown(found)), (FIGURES, "".join(dump(row) + "\n" for row in found))):
        partial = folder / f".{name}.{os.getpid()}"
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(folder / name)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise InputError(f"cannot write {folder / name}: {error.strerror}; make room and go on with --resume") from None


class Steps:
    """How far the experiment is, on standard error: a bar on a terminal, else a line a trial."""

    def __init__(self, trials: Sequence[Trial], bar: Progress) -> None:
        self._trials = trials
        self._bar = bar
        self._task = bar.add_task("experiment", total=len(trials), trial=trials[0].name, figures="")
        self._finished = 0

    def watch(self, frame: TrainFrame) -> None:
        """Show a report of the trial under way."""
        figures = f"step {frame.step:,} of {frame.total_steps:,}, {frame.phase} phase: {one_line(frame.sample)[:40]}"
        completed = self._finished + frame.step / frame.total_steps
        self._bar.update(self._task, completed=completed, trial=self._trials[self._finished].name, figures=figures)

    def done(self) -> None:
        """Count a trial."""
        if self._bar.disable:
            print(f"{self._finished + 1} of {len(self._trials)}: {self._trials[self._finished].name}", file=sys.stderr, flush=True)  # noqa: T201
        self._finished += 1
        self._bar.update(self._task, completed=self._finished)


@contextmanager
def progress(trials: Sequence[Trial]) -> Iterator[Steps]:
    """Keep a bar on standard error while the experiment runs."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.fields[trial]}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield Steps(trials, bar)
