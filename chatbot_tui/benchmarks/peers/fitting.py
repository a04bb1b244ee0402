"""One peer fitted in one folder: within its budget of training time, taken up again after any end."""

import contextlib
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from chatbot_tui.benchmarks.peers.awd_lstm import AwdLstm
from chatbot_tui.benchmarks.peers.kept import RECORD, WEIGHTS, read_record, save_counts, save_net, save_record
from chatbot_tui.benchmarks.peers.kneser_ney import KneserNey
from chatbot_tui.benchmarks.peers.learner import Learner
from chatbot_tui.benchmarks.peers.settings import (
    AwdLstmSettings,
    NgramSettings,
    Settings,
    TransformerSettings,
    WordLanguageModelSettings,
    to_json,
)
from chatbot_tui.benchmarks.peers.text import PeerText
from chatbot_tui.benchmarks.peers.transformer_learner import TransformerLearner
from chatbot_tui.benchmarks.peers.word_language_model import WordLanguageModel
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import TOKENIZER
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training.lock import take_lock
from chatbot_tui.training.loop import whole

PROGRESS = "progress.pt"
LOCK = "lock"
REPORT_SECONDS = 30.0
SAVE_SECONDS = 180.0

Record = Mapping[str, Any]


def learner_of(settings: Settings, text: PeerText, seed: int, parameters: int) -> Learner:
    """Return what trains a neural peer. Raises InputError."""
    match settings:
        case WordLanguageModelSettings():
            return WordLanguageModel(settings, text, seed)
        case AwdLstmSettings():
            return AwdLstm(settings, text, seed, parameters)
        case TransformerSettings():
            return TransformerLearner(settings, text, seed, parameters)
        case NgramSettings():
            raise InputError("an n-gram model is counted, not trained: it needs no learner")


@contextlib.contextmanager
def own_folder(folder: Path, record: Record, tokenizer: Tokenizer) -> Iterator[bool]:
    """Hold a folder for one fit, and tell whether the peer is finished there.

    Raises:
        InputError: the folder cannot be written, is in use, or holds something else than this fit as far as it has come.
    """
    try:
        if folder.exists() and {item.name for item in folder.iterdir()} - {LOCK} and not (folder / RECORD).exists():
            raise InputError(f"{folder} is not empty: choose another folder with --out")
        folder.mkdir(parents=True, exist_ok=True)
        lock = take_lock(folder / LOCK)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from None
    if lock is None:
        raise InputError(f"another fit writes to {folder}: wait for its end, or choose another folder with --out")
    try:
        if (folder / PROGRESS).exists() or (folder / WEIGHTS).exists():
            check_same(read_record(folder), record, folder)
        else:
            # With nothing learnt yet, other settings may take the place of those that were wrong.
            save_record(folder, record)
            tokenizer.save(folder / TOKENIZER)
        yield (folder / WEIGHTS).exists()
    finally:
        os.close(lock)


def check_same(stored: Record, record: Record, folder: Path) -> None:
    """Raise InputError unless a fit was begun as it is to go on."""
    changed = [key for key in record if stored.get(key) != record[key]]
    if changed:
        raise InputError(f"{folder} was begun with another {changed[0]}: give the same to go on, or choose another folder with --out")


def fit(
    settings: Settings,
    text: PeerText,
    tokenizer: Tokenizer,
    folder: Path,
    record: Record,
    clock: Callable[[], float] = time.process_time,
) -> Generator[dict[str, Any], None, None]:
    """Fit a peer in a folder, or go on with one begun there, yielding reports; progress is saved when the iterator is closed as well.

    Args:
        settings: The peer's.
        text: What it learns from.
        tokenizer: That of the text.
        folder: Where it goes.
        record: What the fit is recognised by: peer, settings, seed, minutes, parameters and text.
        clock: Gives the seconds that the processor has worked, on all threads together, so that what else a machine does takes nothing
            from anybody; only what passes during steps counts against the budget.

    Raises:
        InputError: the folder holds another fit or cannot be written, the text is too short, or the training has diverged.
    """
    with own_folder(folder, record, tokenizer) as finished:
        if not finished and isinstance(settings, NgramSettings):
            model, figures = count(settings, text, clock)
            save_record(folder, {**record, "figures": figures})
            save_counts(folder, model)
        elif not finished:
            run = Budgeted(learner_of(settings, text, record["seed"], record["parameters"]), folder, 60.0 * record["minutes"], clock)
            yield from run.reports()
            run.learner.conclude()
            save_record(folder, {**record, "figures": run.figures()})
            save_net(folder, run.learner.module)
            (folder / PROGRESS).unlink(missing_ok=True)
        yield {"peer": str(folder), **read_record(folder)["figures"]}


def count(settings: NgramSettings, text: PeerText, clock: Callable[[], float]) -> tuple[KneserNey, dict[str, Any]]:
    """Count n-grams, and return the model and its figures."""
    began = clock()
    tokens, starts = text.laid_out()
    model = KneserNey.learn(tokens, starts, text.size, settings.order)
    return model, {"tokens": len(tokens), "seconds": clock() - began, "parameters": model.parameters}


class Budgeted:
    """A training that ends when its time is spent."""

    def __init__(self, learner: Learner, folder: Path, budget: float, clock: Callable[[], float]) -> None:
        self.learner = learner
        self._path = folder / PROGRESS
        self._budget = budget
        self._clock = clock
        self.seconds = 0.0
        """Spent in steps so far."""
        self._loss, self._tokens = 0.0, 0
        if self._path.exists():
            self._restore()

    def reports(self) -> Iterator[dict[str, Any]]:
        """Train until the budget is spent, yielding a report now and then."""
        reported = saved = self.seconds
        halfway = False
        try:
            while self.seconds < self._budget:
                # Whole, so that what is saved after Ctrl+C is never half a step.
                with whole():
                    halfway = True
                    self._step()
                    halfway = False
                over = self.seconds >= self._budget
                if over or self.seconds - reported >= REPORT_SECONDS:
                    yield self._report(self.seconds - reported)
                    reported = self.seconds
                if self.seconds - saved >= SAVE_SECONDS:
                    self._save()
                    saved = self.seconds
        finally:
            # Not what a step has left that diverged: state and place without the weights.
            if not halfway:
                self._save()

    def _step(self) -> None:
        began = self._clock()
        loss, tokens = self.learner.step(self.seconds / self._budget)
        self.seconds += self._clock() - began
        self._loss += loss * tokens
        self._tokens += tokens
        if self.learner.due:
            self.learner.look()

    def _report(self, seconds: float) -> dict[str, Any]:
        learner = self.learner
        report = {
            "step": learner.steps,
            "tokens": learner.tokens,
            "seconds": self.seconds,
            "loss": self._loss / max(self._tokens, 1),
            "valid_loss": learner.valid_loss,
            "learning_rate": learner.learning_rate,
            "tokens_per_second": self._tokens / max(seconds, 1e-9),
        }
        self._loss, self._tokens = 0.0, 0
        return report

    def figures(self) -> dict[str, Any]:
        """Return what the peer's record keeps of its training."""
        learner = self.learner
        return {
            "tokens": learner.tokens,
            "steps": learner.steps,
            "seconds": self.seconds,
            "valid_loss": learner.valid_loss,
            "parameters": learner.parameters,
        }

    def _save(self) -> None:
        partial = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            with partial.open("wb") as file:
                torch.save({"learner": self.learner.progress(), "seconds": self.seconds}, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except (OSError, RuntimeError) as error:
            partial.unlink(missing_ok=True)
            raise InputError(f"cannot save the progress to {self._path}: {getattr(error, 'strerror', None) or error}") from None

    def _restore(self) -> None:
        try:
            values: dict[str, Any] = torch.load(self._path, weights_only=True)
            self.learner.restore(values["learner"])
            self.seconds = float(values["seconds"])
        except Exception as error:  # torch.load raises many types for a damaged file, some without a word
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise InputError(f"cannot resume from {self._path}: {reason}; remove it to start again") from None


def recorded(name: str, settings: Settings, text: PeerText, *, seed: int, minutes: float, parameters: int) -> dict[str, Any]:
    """Return what a fit is recognised by."""
    return {
        "peer": name,
        "settings": to_json(settings),
        "seed": seed,
        "minutes": minutes,
        "parameters": parameters,
        "shares": [corpus.share for corpus in text.corpora],
        "text": text.digest,
    }
