"""Train a net by a recipe, with a progress bar or a record a report."""

import contextlib
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from chatbot_tui.commands.frame_json import train_frame_to_json
from chatbot_tui.commands.output import warn, write, write_json
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.core.paths import checkpoints_folder
from chatbot_tui.training.corpus import training_corpora
from chatbot_tui.training.device import pick_device
from chatbot_tui.training.own_text import with_text_at_hand
from chatbot_tui.training.recipes import load_recipe, read_values
from chatbot_tui.training.run import TrainingRun, finished_metrics


def train(
    *, recipe: str, corpora: Sequence[str], settings: Mapping[str, str], out: str | None, device: str | None, resume: bool, as_json: bool
) -> None:
    """Train `recipe` on `corpora` (its own without any) and save a checkpoint.

    Raises:
        InputError: the recipe, a setting, the text, the device or the folder is at fault.
    """
    chosen = load_recipe(recipe, read_values(settings))
    folder = checkpoints_folder() / f"my-{chosen.name}" if out is None else Path(out)
    if resume and (metrics := finished_metrics(folder)) is not None:
        finish(folder, metrics, as_json=as_json)
        return
    if not corpora:
        chosen, remark = with_text_at_hand(chosen)
        if remark:
            warn(f"{remark}; give files of real conversations with --corpus")
    text = training_corpora(corpora, [share.name for share in chosen.corpora])
    with (
        memory_errors(),
        TrainingRun(chosen, text, folder, device=pick_device(device), resume=resume, threads=torch.get_num_threads()) as run,
    ):
        with contextlib.closing(run.frames()) as frames:
            try:
                show(frames, run.trainer.step, run.trainer.total_steps, as_json=as_json)
            except KeyboardInterrupt:
                warn(f"stopped at step {run.trainer.step:,}; go on with the same command and --resume --out {folder}")
                raise
        metrics = run.finish()
    finish(folder, metrics, as_json=as_json)


def show(frames: Iterator[TrainFrame], first: int, total: int, *, as_json: bool) -> None:
    """Write each report as a record, or keep a bar on standard error up to date."""
    console = Console(stderr=True)
    columns = (
        TextColumn("step {task.completed:,.0f} of {task.total:,.0f}"),
        BarColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("training", total=total, completed=first, figures="")
        for frame in frames:
            if as_json:
                write_json(train_frame_to_json(frame))
            elif not console.is_terminal:
                print(f"step {frame.step:,} of {frame.total_steps:,}  {figures(frame)}", file=sys.stderr, flush=True)  # noqa: T201
            bar.update(task, completed=frame.step, figures=figures(frame))


def figures(frame: TrainFrame) -> str:
    """Return loss, perplexity, phase, speed and time left in a line."""
    held_out = "" if frame.valid_loss is None else f"  held-out {frame.valid_loss:.3f} (perplexity {perplexity(frame.valid_loss)})"
    left = f"{frame.seconds_left / 60:.0f} min left" if frame.seconds_left >= 90 else f"{frame.seconds_left:.0f} s left"
    return (
        f"loss {frame.loss:.3f} nats a token (perplexity {perplexity(frame.loss)}){held_out}  {frame.phase} phase  "
        f"{frame.tokens_per_second:,.0f} tokens/s  {left}"
    )


def perplexity(loss: float) -> str:
    """Return e to the loss, in a few digits."""
    return f"{math.exp(loss):,.1f}" if loss < 50 else "overflow"


def finish(folder: Path, metrics: Mapping[str, Any], *, as_json: bool) -> None:
    """Say where the checkpoint stands and how good it is."""
    if as_json:
        write_json({"checkpoint": str(folder), "metrics": metrics})
        return
    shown = ", ".join(
        f"{name} {value:.4g}" for name, value in metrics.items() if isinstance(value, int | float) and not isinstance(value, bool)
    )
    write(f"checkpoint: {folder}\n{shown}\n")


@contextlib.contextmanager
def memory_errors() -> Iterator[None]:
    """Turn torch's out-of-memory error into words."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        # On the CPU torch raises a plain RuntimeError that says so.
        if not isinstance(error, torch.OutOfMemoryError | MemoryError) and "allocate memory" not in str(error):
            raise
        raise InputError("too little memory for this recipe: lower batch_size, sequence_length or hidden_dim with --set") from None
