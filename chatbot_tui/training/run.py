"""A training run on disk: prepared from text, resumed after any end, finished as a checkpoint."""

import os
import shutil
import weakref
import zlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from chatbot_tui import __version__
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.core.library import CARD, MAX_JSON_BYTES, TOKENIZER, WEIGHTS
from chatbot_tui.core.steps import STEPS
from chatbot_tui.core.strict_json import read_object
from chatbot_tui.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, write_json
from chatbot_tui.model.tokenizer import END_OF_TURN, Tokenizer
from chatbot_tui.training.corpus import Corpus, Dialogue
from chatbot_tui.training.counts import count_stream, save_counts
from chatbot_tui.training.evaluation import encode, evaluate, flat
from chatbot_tui.training.identity import check_same, identity
from chatbot_tui.training.keeping import StepKeeper, publish, weights_dtype
from chatbot_tui.training.lock import take_lock
from chatbot_tui.training.loop import Trainer
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.replies import OPENERS, answers, reply_figures
from chatbot_tui.training.report import Reporter
from chatbot_tui.training.retrieval import Ids
from chatbot_tui.training.sampling_of_text import prepare_text
from chatbot_tui.training.stream import EncodedCorpus, Tokens, encode_corpus, epoch_stream

PROGRESS_FOLDER = "training"
"""What an unfinished run keeps in its folder: the recipe, the tokenizer and the latest progress."""
RECORD = "recipe.json"
"""In there: what the run is recognised by; written last, so that where it stands the rest is whole."""
HELD_OUT_ONE_IN = 50
"""Share of dialogues kept aside where no corpus is marked as validation text."""
YARDSTICK_TOKENS = 65_536
"""Tokens on which the losses of the unigram and bigram models are taken."""
EVALUATED_DIALOGUES = 1_200
"""Held-out dialogues that the card's figures are taken over at most."""


@dataclass(frozen=True)
class Text:
    """The text of a run, split."""

    train: tuple[Corpus, ...]
    held_out: list[Dialogue]


def split(corpora: Sequence[Corpus]) -> Text:
    """Keep corpora whose name ends in `.valid` for validation; without one, every fiftieth dialogue by a hash of its text."""
    train = tuple(corpus for corpus in corpora if not corpus.name.endswith(".valid"))
    if not train:
        raise InputError("every corpus is marked .valid: give one to train on as well")
    held_out = [dialogue for corpus in corpora if corpus.name.endswith(".valid") for dialogue in corpus.dialogues]
    if held_out:
        return Text(train, held_out)
    kept = tuple(replace(corpus, dialogues=[d for d in corpus.dialogues if not is_held_out(d)]) for corpus in train)
    held_out = [dialogue for corpus in train for dialogue in corpus.dialogues if is_held_out(dialogue)]
    return Text(kept, held_out) if all(corpus.dialogues for corpus in kept) else Text(train, [])


def is_held_out(dialogue: Dialogue) -> bool:
    """Return whether a dialogue is kept aside: a function of its text alone."""
    return zlib.crc32("\n".join(dialogue).encode()) % HELD_OUT_ONE_IN == 0


class TrainingRun:
    """One run in one folder, which belongs to it alone until it is closed, left as a context, or its process ends.

    Raises:
        InputError: the folder is not empty (and `resume` is off), in use by another run, begun with other settings or other text, or
            cannot be written.
    """

    def __init__(
        self, recipe: Recipe, corpora: Sequence[Corpus], folder: Path, *, device: torch.device, resume: bool, threads: int | None = None
    ):
        self.recipe = recipe
        self.folder = folder
        text = split(corpora)
        self.text = Text(*prepare_text(recipe, text.train, text.held_out))
        self._inner = folder / PROGRESS_FOLDER
        self._progress = self._inner / "progress.pt"
        try:
            self._release = weakref.finalize(self, os.close, self._take_possession(resume))
        except OSError as error:
            raise InputError(f"cannot write to {folder}: {error.strerror}") from None
        try:
            tokenizer, encoded, held_out, learnt = self._open()
            self.trainer = Trainer(recipe, tokenizer, encoded, held_out, device=device, threads=threads)
            self._unigrams, self.bigrams = count_stream(self.trainer.batches.streams(), tokenizer.size)
            """Counts of the training stream."""
            if learnt:
                self.trainer.restore(self._progress)
        except BaseException:
            self.close()
            raise
        self._yardstick = held_out[:YARDSTICK_TOKENS] if len(held_out) > 1 else first_epoch(encoded, recipe)[:YARDSTICK_TOKENS]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the folder to others."""
        self._release()

    def _take_possession(self, resume: bool) -> int:
        """Lock the folder and return the lock's descriptor. Raises InputError or OSError."""
        occupied = self.folder.exists() and any(self.folder.iterdir())
        refusal = InputError(f"{self.folder} is not empty: choose another folder with --out, or go on with --resume")
        # What is not ours is left as it is; in a run's folder the lock tells first whether the run still goes on.
        if occupied and not resume and not self._inner.exists():
            raise refusal
        self._inner.mkdir(parents=True, exist_ok=True)
        descriptor = take_lock(self._inner / "lock")
        if descriptor is None:
            raise InputError(f"another training writes to {self.folder}: wait for its end, or choose another folder with --out")
        finished = (self.folder / WEIGHTS).exists() and not (self._inner / RECORD).exists()
        if finished or (occupied and not resume):
            os.close(descriptor)
            raise InputError(f"{self.folder} holds a finished checkpoint: choose another folder with --out") if finished else refusal
        return descriptor

    def _open(self) -> tuple[Tokenizer, list[EncodedCorpus], Tokens, bool]:
        """Return the run's tokenizer, trained now or read from an earlier start, its text in tokens, and whether there is progress."""
        record = self._inner / RECORD
        learnt = self._progress.exists()
        try:
            if learnt:
                stored = read_object(record, MAX_JSON_BYTES) if record.exists() else {}
                tokenizer = Tokenizer.load(self._inner / TOKENIZER)
            else:
                # With nothing learnt yet, other settings may take the place of those that were wrong.
                tokenizer = self._train_tokenizer()
                tokenizer.save(self._inner / TOKENIZER)
            shares = [self.recipe.corpus(corpus.name).share for corpus in self.text.train]
            encoded = [encode_corpus(corpus.dialogues, tokenizer, share) for corpus, share in zip(self.text.train, shares, strict=True)]
            held_out = epoch_stream([encode_corpus(self.text.held_out, tokenizer)], 0, 0) if self.text.held_out else np.zeros(0, np.int32)
            now = identity(self.recipe, self._description(), encoded, held_out)
            if learnt:
                check_same(stored, now, self.folder)
            else:
                write_json(record, now)
        except OSError as error:
            raise InputError(f"cannot write to {self.folder}: {error.strerror}") from None
        return tokenizer, encoded, held_out, learnt

    def _train_tokenizer(self) -> Tokenizer:
        texts = (turn for corpus in self.text.train for dialogue in corpus.dialogues for turn in dialogue)
        make = Tokenizer.train_bpe if self.recipe.tokenizer == "bpe" else Tokenizer.train_words
        return make(texts, self.recipe.vocab_size)

    def _description(self) -> list[dict[str, Any]]:
        return [
            {"name": corpus.name, "licence": self.recipe.corpus(corpus.name).licence, "words": corpus.words} for corpus in self.text.train
        ]

    def reporter(self, yardstick: Tokens | None = None) -> Reporter:
        """Return what looks at the net; the losses of simple models are taken on `yardstick`, or else on much held-out text."""
        return Reporter(self.trainer, self._unigrams, self.bigrams, self._yardstick if yardstick is None else yardstick)

    def frames(self) -> Generator[TrainFrame, None, None]:
        """Train to the end, yielding a frame a report; progress is saved at its intervals and when the iterator is closed.

        Weights and reports of the recipe's `keep_steps` are kept on the way.
        """
        reporter = self.reporter()
        keeper = StepKeeper(self._inner / STEPS, self.trainer, reporter)
        try:
            keeper.begin()
            yield from reporter.frames(self._progress, keeper.watch)
        finally:
            if self.trainer.step < self.trainer.total_steps:
                self.trainer.save(self._progress)

    def finish(self) -> dict[str, Any]:
        """Write the checkpoint in the place of the unfinished run, and return its metrics."""
        staging = self._inner / "checkpoint"
        shutil.rmtree(staging, ignore_errors=True)
        metrics = self.write(staging)
        publish(self._inner / STEPS, self.folder, (*self.recipe.keep_steps, self.trainer.total_steps))
        move_up(staging, self.folder)
        # A file that is open cannot be removed everywhere.
        self.close()
        shutil.rmtree(self._inner, ignore_errors=True)
        return metrics

    def checkpoint(self) -> Checkpoint:
        """Return the net as it stands, on the CPU and ready to be measured: no copy, so that training may not go on elsewhere."""
        model = self.trainer.model.cpu().eval()
        card = {"banned_tokens": list(self.recipe.banned_tokens)}
        return Checkpoint(model, self.trainer.tokenizer, card, torch.from_numpy(self._unigrams))

    def _turns(self) -> list[Ids]:
        """Return the turns that a net's replies are asked for: of held-out text, or else of the text that it learnt from."""
        dialogues = self.text.held_out or [dialogue for corpus in self.text.train for dialogue in corpus.dialogues]
        return flat(encode(dialogues[:EVALUATED_DIALOGUES], self.trainer.tokenizer))

    def write(self, folder: Path, notes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Write the net as it stands as a checkpoint, with `notes` on its card, and return its metrics. Raises InputError."""
        trainer = self.trainer
        # While the net is still on the device that its Trainer feeds.
        metrics: dict[str, Any] = {"valid_loss": trainer.valid_loss()}
        checkpoint = self.checkpoint()
        if self.text.held_out:
            metrics |= evaluate(checkpoint, self.text.held_out[:EVALUATED_DIALOGUES], self.bigrams)
            del metrics["seconds"]
        card = {
            "teaches": self.recipe.teaches,
            **({"limits": self.recipe.limits} if self.recipe.limits else {}),
            "recipe": self.recipe.to_json(),
            "seed": self.recipe.seed,
            "steps": trainer.step,
            "corpus": self._description(),
            "metrics": metrics,
            "greedy": reply_figures(checkpoint, self._turns()) | {"answers": answers(checkpoint, [self.recipe.probe, *OPENERS])},
            "sampling": dict(self.recipe.sampling),
            "banned_tokens": list(self.recipe.banned_tokens),
            "end_token": END_OF_TURN,
            "made_with": f"chatbot-tui {__version__}, torch {torch.__version__}",
            **(notes or {}),
        }
        save_checkpoint(
            folder, checkpoint.model, trainer.tokenizer, card, torch.from_numpy(self._unigrams), dtype=weights_dtype(self.recipe)
        )
        save_counts(folder, self._unigrams, self.bigrams)
        return metrics


def move_up(staging: Path, folder: Path) -> None:
    """Move a finished checkpoint's files into the run's folder, the weights last, and declare the run finished."""
    try:
        for file in sorted(staging.iterdir(), key=lambda file: file.name == WEIGHTS):
            file.replace(folder / file.name)
        # Without it the run is finished, whatever else a kill leaves behind.
        (folder / PROGRESS_FOLDER / RECORD).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None


def finished_metrics(folder: Path) -> dict[str, Any] | None:
    """Return the metrics of a run that is finished already; None while it is not."""
    if not (folder / WEIGHTS).exists() or (folder / PROGRESS_FOLDER / RECORD).exists():
        return None
    load_checkpoint(folder)
    metrics = read_object(folder / CARD, MAX_JSON_BYTES).get("metrics")
    return metrics if isinstance(metrics, dict) else {}


def first_epoch(encoded: Sequence[EncodedCorpus], recipe: Recipe) -> np.ndarray:
    """Return the token stream of the first epoch."""
    return epoch_stream(encoded, 0, recipe.seed)
