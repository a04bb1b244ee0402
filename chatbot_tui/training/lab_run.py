"""One run of the laboratory: trained step by step, changed on the way, saved at any moment, and kept nowhere else."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.core.lab import Intervened, RunPrepared, Saved, TrainRequest
from chatbot_tui.core.library import check_name
from chatbot_tui.core.paths import checkpoints_folder, ensure
from chatbot_tui.model.checkpoint import replace_folder
from chatbot_tui.training.catalogue import requested_recipe
from chatbot_tui.training.corpus import training_corpora
from chatbot_tui.training.midrun import intervene, turn_knob
from chatbot_tui.training.own_text import with_text_at_hand
from chatbot_tui.training.run import TrainingRun

VALID_TOKENS = 4096
"""Held-out tokens that a report's loss is taken over: reports come often, and training must hardly wait for them."""


class LabRun:
    """A context that trains one net. Runs side by side do not notice each other: each has random numbers of its own.

    Raises:
        InputError: the recipe, a setting or the text is at fault.
    """

    def __init__(self, number: int, request: TrainRequest) -> None:
        self.number = number
        recipe = requested_recipe(request)
        self._original, remark = (recipe, "") if request.corpora else with_text_at_hand(recipe)
        self.remark = f"{remark}; name files of real conversations in the field text" if remark else ""
        """What the person should know about the run before it begins; empty for nothing."""
        corpora = training_corpora(request.corpora, [share.name for share in self._original.corpora])
        self._folder = Path(tempfile.mkdtemp(prefix="chatbot-lab-"))
        try:
            threads = torch.get_num_threads()
            self._run = TrainingRun(self._original, corpora, self._folder, device=torch.device("cpu"), resume=False, threads=threads)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self.trainer = self._run.trainer
        self.trainer.valid_tokens = VALID_TOKENS
        table = self.trainer.held_out_rows()
        # With so little text the phase is fair only if net and yardsticks are measured on the same.
        self._reporter = self._run.reporter(None if table is None else table.T.reshape(-1))
        self._random = torch.get_rng_state()
        self._done: list[Intervened] = []
        self.over = False
        """Whether it trains no more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._run.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def step(self) -> int:
        """Steps done."""
        return self.trainer.step

    @property
    def finished(self) -> bool:
        """Whether the last step is done."""
        return self.trainer.step >= self.trainer.total_steps

    def prepared(self) -> RunPrepared:
        """Return what there is to know before the first step."""
        return RunPrepared(self.number, self.trainer.total_steps, self._original.to_json())

    def look(self) -> TrainFrame:
        """Return a report of the net as it stands."""
        with self._own_random_numbers():
            return self._reporter.frame(self.trainer.report())

    def advance(self, *, report: bool = False) -> TrainFrame | None:
        """Take one step, and return a report if one is due or wanted. Raises InputError when training has diverged."""
        with self._own_random_numbers():
            progress = self.trainer.advance()
            if progress is None and report:
                progress = self.trainer.report()
            return None if progress is None else self._reporter.frame(progress)

    def turn_knob(self, key: str, text: str) -> Intervened:
        """Change a setting from the next step on. Raises InputError."""
        return self._record(key, turn_knob(self.trainer, key, text))

    def intervene(self, name: str) -> Intervened:
        """Do something to the net. Raises InputError."""
        return self._record(name, intervene(self.trainer, name, self._original))

    def _record(self, name: str, meaning: str) -> Intervened:
        self._done.append(Intervened(self.number, self.step, name, meaning))
        return self._done[-1]

    def save(self, name: str) -> Saved:
        """Write the net as it stands to the person's library: whole or not at all. Raises InputError."""
        name = name.strip()
        check_name(name)
        folder = ensure(checkpoints_folder()) / name
        if folder.exists():
            raise InputError(f"there is already a checkpoint {name!r}: choose another name")
        staging = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder.parent))
        try:
            with self._own_random_numbers():
                self._run.write(staging, {"interventions": [{"step": done.step, "what": done.meaning} for done in self._done]})
            replace_folder(staging, folder)
        except OSError as error:
            raise InputError(f"cannot save the checkpoint to {folder}: {error.strerror or error}") from None
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return Saved(self.number, self.step, name, str(folder))

    @contextmanager
    def _own_random_numbers(self) -> Iterator[None]:
        torch.set_rng_state(self._random)
        try:
            yield
        finally:
            self._random = torch.get_rng_state()
