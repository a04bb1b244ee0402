"""The experiment: every recipe and every fix put on it, trained over several seeds, what came of each kept in a file of its own."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeAlias

import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.core.strict_json import read_object
from chatbot_tui.model.checkpoint import write_json
from chatbot_tui.training.corpus import LAB, NAMED, Corpus, training_corpora
from chatbot_tui.training.experiment_figures import measure
from chatbot_tui.training.lock import take_lock
from chatbot_tui.training.recipe_library import shipped_recipes
from chatbot_tui.training.recipes import OWN, Recipe, load_recipe
from chatbot_tui.training.run import TrainingRun

RESULTS, UNFINISHED, LOCK = "results", "unfinished", ".lock"
"""What is in an experiment's folder: a file a trial, the run under way, and the mark of the one who writes."""
MAX_RESULT_BYTES = 1 << 20
ESCAPED = ("bigram", "context")
"""Phases of a net that has left word frequencies behind."""

Result: TypeAlias = dict[str, Any]
Watch: TypeAlias = Callable[[TrainFrame], None]


@dataclass(frozen=True)
class Trial:
    """One run of the experiment."""

    source: str
    """Name of the recipe, or path of a TOML file."""
    fix: str | None
    """Name of the fix that is put on it; None for the recipe as it is."""
    seed: int

    @property
    def recipe(self) -> str:
        """Name of the recipe."""
        return Path(self.source).name.removesuffix(".toml")

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"{self.recipe}{'' if self.fix is None else f'+{self.fix}'}.{self.seed}"

    def load(self) -> Recipe:
        """Return the recipe with the fix and the seed. Raises InputError."""
        changes = {} if self.fix is None else dict(next(fix.set for fix in load_recipe(self.source).fixes if fix.name == self.fix))
        return load_recipe(self.source, changes | {"seed": self.seed})


def plan(recipes: Sequence[str], seeds: int, *, fixes: bool) -> list[Trial]:
    """Return the trials of an experiment, all of one seed before those of the next: without recipes, all whose text needs no file.

    Raises:
        InputError: there is no such recipe.
    """
    names = list(dict.fromkeys(recipes)) or [recipe.name for recipe in shipped_recipes() if is_self_contained(recipe)]
    variants = [(name, fix) for name in names for fix in (None, *(fix.name for fix in load_recipe(name).fixes if fixes))]
    return [Trial(name, fix, seed) for seed in range(seeds) for name, fix in variants]


def is_self_contained(recipe: Recipe) -> bool:
    """Return whether the program makes up the text that a recipe learns from."""
    return all(share.name in NAMED and share.name != "chitchat" for share in recipe.corpora)


class Experiment:
    """An experiment in a folder, a context in which that belongs to it: what is done already stands there, whatever ended it.

    Raises:
        InputError: the folder is not empty (and `resume` is off), in use by another experiment, or cannot be written.
    """

    def __init__(self, folder: Path, *, resume: bool) -> None:
        self.folder = folder
        try:
            if folder.exists() and any(folder.iterdir()) and not resume:
                raise InputError(f"{folder} is not empty: choose another folder with --out, or go on with --resume")
            (folder / RESULTS).mkdir(parents=True, exist_ok=True)
            lock = take_lock(folder / LOCK)
        except OSError as error:
            raise InputError(f"cannot write to {folder}: {error.strerror}") from None
        if lock is None:
            raise InputError(f"another experiment writes to {folder}: wait for its end, or choose another folder with --out")
        self._lock = lock
        self._texts: dict[tuple[str, ...], list[Corpus]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def results(self, trials: Sequence[Trial], watch: Watch) -> Iterator[Result]:
        """Yield the result of each trial, from its file where it was done before with the same settings. Raises InputError."""
        for trial in trials:
            yield self._done(trial) or self._do(trial, watch)

    def _done(self, trial: Trial) -> Result | None:
        file = self._file(trial)
        if not file.exists():
            return None
        result = read_object(file, MAX_RESULT_BYTES)
        return result if result.get("settings") == settings_digest(trial.load()) else None

    def _do(self, trial: Trial, watch: Watch) -> Result:
        recipe = trial.load()
        scratch = self.folder / UNFINISHED
        shutil.rmtree(scratch, ignore_errors=True)
        device = torch.device("cpu")
        figures: dict[str, Any] = {"escape_step": None, "context_step": None, "failure": None}
        with TrainingRun(recipe, self._text(recipe), scratch, device=device, resume=False, threads=torch.get_num_threads()) as run:
            try:
                # Not run.frames(): a trial that is cut short begins anew, its progress is not worth the writing.
                for frame in run.reporter().frames(None):
                    watch(frame)
                    figures |= seen(figures, frame)
            except InputError as error:
                # A net that diverges is a result; nothing else is at fault once a run has begun and writes nothing.
                figures["failure"] = str(error)
            else:
                figures |= measure(run)
        result = {"recipe": trial.recipe, "fix": trial.fix, "seed": trial.seed, "settings": settings_digest(recipe), **figures}
        self._keep(trial, result)
        shutil.rmtree(scratch, ignore_errors=True)
        return result

    def _text(self, recipe: Recipe) -> list[Corpus]:
        """Return the recipe's text, made up once."""
        names = tuple(share.name for share in recipe.corpora) or (LAB,)
        if names not in self._texts:
            self._texts[names] = training_corpora([], names)
        return self._texts[names]

    def _file(self, trial: Trial) -> Path:
        return self.folder / RESULTS / f"{trial.name}.json"

    def _keep(self, trial: Trial, result: Result) -> None:
        file = self._file(trial)
        partial = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            write_json(partial, result)
            partial.replace(file)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise InputError(f"cannot write {file}: {error.strerror}; make room and go on with --resume") from None


def seen(figures: dict[str, Any], frame: TrainFrame) -> dict[str, Any]:
    """Return what a report adds to the figures: the first steps out of the unigram phase and in the context phase, and how things stand."""
    return {
        "steps": frame.step,
        "loss": frame.loss,
        "valid_loss": frame.valid_loss,
        "phase": frame.phase,
        "sample": frame.sample,
        "escape_step": frame.step if figures["escape_step"] is None and frame.phase in ESCAPED else figures["escape_step"],
        "context_step": frame.step if figures["context_step"] is None and frame.phase == "context" else figures["context_step"],
    }


def settings_digest(recipe: Recipe) -> str:
    """Return what tells whether a result still belongs to a recipe: the SHA-256 of its settings, without what is its own alone."""
    settings = {key: value for key, value in recipe.to_json().items() if key not in OWN}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
