"""The training loop: truncated back-propagation through time with carried state, stopped and resumed at any moment."""

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.checkpoint import MAX_PARAMETERS
from chatbot_tui.model.lstm import LanguageModel, State
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training.batches import Batch, Batches
from chatbot_tui.training.device import autocast_dtype
from chatbot_tui.training.embeddings import prepare_embedding
from chatbot_tui.training.losses import counted, cross_entropy
from chatbot_tui.training.objective import make_objective, previous_tokens
from chatbot_tui.training.optimisers import make_optimizer
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.schedule import Plateau, learning_rate
from chatbot_tui.training.stream import EncodedCorpus, Tokens, rows

VALID_TOKENS = 16_384
"""Held-out tokens that a report's loss is taken over, unless a run says otherwise."""


@dataclass(frozen=True)
class Progress:
    """The bare figures of one report."""

    step: int
    total_steps: int
    loss: float
    """Mean cross-entropy over the steps since the last report, nats a token, whatever else the net is trained to lower."""
    valid_loss: float | None
    learning_rate: float
    gradient_norm: float
    tokens_per_second: float
    seconds_left: float


def ignore(_report: Progress | None) -> None:
    """Watch nothing."""


class Trainer:
    """A training run: the network, its optimiser, and the place in the text, which is a function of the step alone.

    Raises:
        InputError: the text is too short for the recipe's batch, or the network too large for a checkpoint.
    """

    def __init__(
        self,
        recipe: Recipe,
        tokenizer: Tokenizer,
        corpora: Sequence[EncodedCorpus],
        valid: Tokens,
        *,
        device: torch.device | None = None,
        threads: int | None = None,
    ) -> None:
        torch.manual_seed(recipe.seed)
        if threads is not None:
            torch.set_num_threads(threads)
        self.recipe = recipe
        self.tokenizer = tokenizer
        self._end = -1 if tokenizer.end_id is None else tokenizer.end_id
        self.device = device or torch.device("cpu")
        config = recipe.model_config(tokenizer.size)
        if sum(math.prod(shape) for shape in config.shapes().values()) > MAX_PARAMETERS:
            raise InputError(f"the recipe describes a network of more than {MAX_PARAMETERS:,} parameters: lower hidden_dim or num_layers")
        self.model = LanguageModel(config).to(self.device)
        self.model.dropout.locked = recipe.locked_dropout
        self.model.recurrent_dropout = recipe.recurrent_dropout
        prepare_embedding(recipe, self.model)
        self.optimizer = make_optimizer(recipe, self.model)
        self.step = 0
        self.batches = Batches(recipe, corpora, self._end, self.device)
        self.total_steps = self.batches.total_steps
        self._objective = make_objective(recipe, self.batches.streams(), self._end, tokenizer.size, self.device)
        self._plateau = Plateau()
        self._valid = valid
        self.valid_tokens = VALID_TOKENS
        """Held-out tokens that a report's loss is taken over, at most."""
        self._state: State | None = None
        self._loss_sum, self._loss_steps = 0.0, 0
        self._began: tuple[float, int] | None = None
        self._latest = 0.0, 0.0
        parameters = sum(parameter.numel() for parameter in self.model.parameters())
        self._autocast = autocast_dtype(recipe.precision, self.device, parameters)

    def run(self, progress_file: Path | None = None, watch: Callable[[Progress | None], None] = ignore) -> Iterator[Progress]:
        """Train to the last step, yielding every `report_every` steps; save progress every `save_every` steps.

        `watch` is called after each step, with its report where one is due, before anybody else hears of it.

        Raises:
            InputError: the gradient is no longer finite, or the progress cannot be saved.
        """
        while self.step < self.total_steps:
            # The report too: on it depends what a plateau does to the next steps.
            with whole():
                report = self.advance()
                watch(report)
            if report is not None:
                yield report
            # After the report, which begins a new mean: a resumed run must report what this one would have.
            if progress_file is not None and self.step % self.recipe.save_every == 0 and self.step < self.total_steps:
                self.save(progress_file)

    def advance(self) -> Progress | None:
        """Take one step and return a report if one is due. Raises InputError."""
        if self._began is None:
            self._began = time.perf_counter(), self.step
        self._latest = self._train_step()
        return self.report() if self.step == self.total_steps or self.step % self.recipe.report_every == 0 else None

    def rest(self, seconds: float) -> None:
        """Leave a pause out of the speed."""
        if self._began is not None:
            self._began = self._began[0] + seconds, self._began[1]

    def report(self) -> Progress:
        """Return how things stand, and begin a new mean of the loss; before the first step it is the loss of the step to come."""
        progress = self.glance()
        if self._began is not None:
            self._loss_sum, self._loss_steps = 0.0, 0
            judged = progress.loss if progress.valid_loss is None else progress.valid_loss
            self._plateau = self._plateau.after(judged, self.recipe.patience)
        return progress

    def glance(self) -> Progress:
        """Return how things stand as a report does, and change nothing: the mean of the loss goes on."""
        if self._began is None or not self._loss_steps:
            nats = self._loss_to_come()
            return Progress(self.step, self.total_steps, nats, self.valid_loss(), self._learning_rate(), 0.0, 0.0, 0.0)
        began, first = self._began
        seconds_a_step = (time.perf_counter() - began) / (self.step - first)
        speed, seconds_left = self.batches.positions / seconds_a_step, (self.total_steps - self.step) * seconds_a_step
        loss = self._loss_sum / self._loss_steps
        return Progress(self.step, self.total_steps, loss, self.valid_loss(), *self._latest, speed, seconds_left)

    @torch.no_grad()
    def _loss_to_come(self) -> float:
        """Return the loss of the next step's text without learning from it, in nats a token."""
        self.model.eval()
        batch = self.batches.at(self.step)
        return float(self._cross_entropy(batch.inputs, batch.targets, batch.counted, self._state_before(batch))[0])

    def _train_step(self) -> tuple[float, float]:
        batch = self.batches.at(self.step)
        rate = self._learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.model.train()
        loss, nats, state = self._losses(batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
        limit = self.recipe.clip_norm or float("inf")
        norm = float(nn.utils.clip_grad_norm_(self.model.parameters(), limit))
        if not math.isfinite(norm):
            # One more update, and every weight is NaN for good.
            raise InputError(f"training diverged at step {self.step}: lower learning_rate or set clip_norm, and begin anew")
        self._state = (state[0][:, : batch.carried].detach(), state[1][:, : batch.carried].detach())
        self.optimizer.step()
        self.step += 1
        self._loss_sum += float(nats.detach())
        self._loss_steps += 1
        return rate, norm

    def _state_before(self, batch: Batch) -> State | None:
        """Return the state of each column before a batch; None where all begin from zero."""
        if batch.first_of_epoch or self._state is None:
            return None
        fresh = batch.inputs.shape[1] - batch.carried
        if not fresh:
            return self._state
        h, c = (torch.cat([part, part.new_zeros(part.shape[0], fresh, part.shape[2])], dim=1) for part in self._state)
        return h, c

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor, State]:
        """Return what is to be lowered, the mean cross-entropy in nats a token, and the new state."""
        before = self._state_before(batch)
        if self._objective is None or not batch.counted.any():
            loss, state = self._cross_entropy(batch.inputs, batch.targets, batch.counted, before)
            return loss, loss, state
        with torch.autocast(self.device.type, self._autocast, enabled=self._autocast is not None):
            hidden, state = self.model.hidden(batch.inputs, before)
            logits = self.model.fc(hidden[batch.counted]).float()
        targets = batch.targets[batch.counted]
        previous = None
        if self._objective.unlikelihood:
            tokens, meant = previous_tokens(batch.inputs, batch.targets, self._end)
            previous = tokens[batch.counted], meant[batch.counted]
        return self._objective(logits, targets, previous), functional.cross_entropy(logits.detach(), targets), state

    def _cross_entropy(self, inputs: Tensor, targets: Tensor, mask: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Return the mean over the targets that count, in nats a token, and the new state."""
        on_cpu = self.device.type == "cpu"
        with torch.autocast(self.device.type, self._autocast, enabled=self._autocast is not None):
            hidden, state = self.model.hidden(inputs, state)
            loss = cross_entropy(hidden, self.model.fc, targets, mask, fused=on_cpu and self._autocast is not None)
        return loss, state

    def _learning_rate(self) -> float:
        recipe = self.recipe
        return learning_rate(
            self.step,
            self.total_steps,
            recipe.learning_rate,
            recipe.warmup_steps,
            recipe.schedule,
            recipe.final_share,
            drop_every=recipe.drop_every,
            drop_factor=recipe.drop_factor,
            drops=self._plateau.drops,
            decay_share=recipe.decay_share,
        )

    @torch.no_grad()
    def valid_loss(self) -> float | None:
        """Return the loss on held-out text in nats a token, state carried; None without such text."""
        table = self.held_out_rows()
        if table is None:
            return None
        self.model.eval()
        held_out = torch.from_numpy(table).long().to(self.device)
        total, count, state = 0.0, 0, None
        for start in range(0, len(held_out) - 1, self.recipe.sequence_length):
            window = held_out[start : start + self.recipe.sequence_length + 1]
            mask = counted(window[:-1], window[1:], self._end)
            loss, state = self._cross_entropy(window[:-1], window[1:], mask, state)
            tokens = int(mask.sum())
            total += float(loss) * tokens
            count += tokens
        return total / count if count else None

    def held_out_rows(self) -> Tokens | None:
        """Return the text that `valid_loss` is taken over, [time, rows]; None where there is too little of it."""
        if len(self._valid) < 2 * self.recipe.sequence_length:
            return None
        batch = max(1, min(32, len(self._valid) // 256))
        return rows(self._valid, batch)[: self.valid_tokens // batch + 1]

    def save(self, path: Path) -> None:
        """Write everything that the run needs to go on as if it had not stopped. Raises InputError."""
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        values = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "state": None if self._state is None else list(self._state),
            "loss": [self._loss_sum, self._loss_steps],
            "plateau": list(astuple(self._plateau)),
            "random": torch.get_rng_state(),
            # Dropout on a GPU draws from the GPU's own generator.
            "device_random": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }
        try:
            with partial.open("wb") as file:
                torch.save(values, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except (OSError, RuntimeError) as error:
            partial.unlink(missing_ok=True)
            raise InputError(f"cannot save the progress to {path}: {getattr(error, 'strerror', None) or error}") from None

    def restore(self, path: Path) -> None:
        """Go on from what `save` wrote; the file is read as data only. Raises InputError."""
        try:
            values: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
            self.model.load_state_dict(values["model"])
            self.optimizer.load_state_dict(values["optimizer"])
            state = values["state"]
            self._state = None if state is None else (state[0], state[1])
            self.step = int(values["step"])
            fresh = self.model.zero_state(self.recipe.batch_size)[0].shape
            if not 0 <= self.step <= self.total_steps or (state is not None and {state[0].shape, state[1].shape} != {fresh}):
                raise ValueError("it belongs to another run")
            self._loss_sum, self._loss_steps = float(values["loss"][0]), int(values["loss"][1])
            best, waited, drops = values["plateau"]
            self._plateau = Plateau(float(best), int(waited), int(drops))
            torch.set_rng_state(values["random"].cpu())
            if self.device.type == "cuda" and values.get("device_random") is not None:
                torch.cuda.set_rng_state(values["device_random"].cpu(), self.device)
        except Exception as error:  # torch.load raises many types for a damaged file, some without a word
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise InputError(f"cannot resume from {path}: {reason}; remove it to start again") from None


@contextmanager
def whole() -> Iterator[None]:
    """Hold Ctrl+C back until the block is done, so that what is saved then is never half a step."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    pressed: list[FrameType | None] = []
    signal.signal(signal.SIGINT, lambda _number, frame: pressed.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if pressed:
        handler(signal.SIGINT, pressed[0])
