"""Keeps weights and report of a net at chosen steps while it trains, so that its history can be looked at without training."""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import MAX_JSON_BYTES
from chatbot_tui.core.reports import report_to_json
from chatbot_tui.core.steps import REPORTS, STEPS, kept_steps, weights_file, weights_name
from chatbot_tui.core.strict_json import read_object
from chatbot_tui.model.checkpoint import stored_weights
from chatbot_tui.training.loop import Progress, Trainer
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.report import Reporter


class StepKeeper:
    """Writes what is kept of one run into a folder of its own, each file whole or not at all.

    Steps from the end on are not kept, but the report of the finished net is.
    """

    def __init__(self, folder: Path, trainer: Trainer, reporter: Reporter) -> None:
        self._folder = folder
        self._trainer = trainer
        self._reporter = reporter
        recipe = trainer.recipe
        self._steps = frozenset(step for step in recipe.keep_steps if step < trainer.total_steps)
        self._dtype = weights_dtype(recipe)

    def begin(self) -> None:
        """Keep the present step unless that is done; before the first step forget what an earlier start has left. Raises InputError."""
        step = self._trainer.step
        if step == 0:
            shutil.rmtree(self._folder, ignore_errors=True)
        if not report_file(self._folder, step).exists():
            self.watch(None)

    def watch(self, progress: Progress | None) -> None:
        """Keep the present step if it is one of those, with its report where there is one already. Raises InputError."""
        step, last = self._trainer.step, self._trainer.total_steps
        if not self._steps or (step not in self._steps and step != last):
            return
        frame = self._reporter.frame(self._trainer.glance() if progress is None else progress)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if step < last:
                write_whole(self._folder / weights_name(step), save(stored_weights(self._trainer.model, self._dtype)))
            # Last: where it stands, the weights do too.
            write_whole(report_file(self._folder, step), as_json(report_to_json(frame)))
        except (OSError, SafetensorError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"cannot keep step {step:,} in {self._folder}: {reason}; make room and go on with --resume") from None


def publish(kept: Path, folder: Path, steps: Iterable[int]) -> None:
    """Move into a checkpoint folder what was kept of `steps`, the finished net's among them; a kill on the way loses nothing.

    Raises:
        InputError: the folder cannot be written.
    """
    reported = [step for step in sorted(set(steps)) if report_file(kept, step).exists()]
    if len(reported) < 2:
        return
    target = folder / STEPS
    try:
        target.mkdir(exist_ok=True)
        for step in set(kept_steps(folder)) - set(reported):
            weights_file(folder, step).unlink()
        # The reports stay where they are until the run is over, so that all of this can be done again.
        write_whole(target / REPORTS, as_json([read_object(report_file(kept, step), MAX_JSON_BYTES) for step in reported]))
        for step in reported:
            if (kept / weights_name(step)).exists():
                (kept / weights_name(step)).replace(target / weights_name(step))
    except OSError as error:
        raise InputError(f"cannot write to {target}: {error.strerror}") from None


def report_file(kept: Path, step: int) -> Path:
    """Return where an unfinished run keeps the report of a step."""
    return kept / f"{step:06d}.json"


def weights_dtype(recipe: Recipe) -> torch.dtype:
    """Return the type of a recipe's saved weights."""
    return torch.float16 if recipe.weights == "float16" else torch.float32


def as_json(values: Any) -> bytes:
    """Return strict JSON, readable by people."""
    return (json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "replace")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is whole as soon as it stands under its name. Raises OSError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
