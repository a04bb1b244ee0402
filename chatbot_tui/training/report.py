"""Looks at a net while it trains: phase, distance from the word frequencies, and what it would say to the probe prompt."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from chatbot_tui.core.frames import Phase, PromptScored, ReplyFinished, StepFrame, TrainFrame, Yardsticks
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.engine import Engine
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.signals.dispersion import relative_variance
from chatbot_tui.signals.sensitivity import probe_prompts
from chatbot_tui.training.counts import BigramCounts
from chatbot_tui.training.loop import Progress, Trainer, ignore
from chatbot_tui.training.stream import Tokens

SAMPLE_TOKENS = 16
"""Length of the greedy reply in a report."""
LEFT_PHASE = 0.1
"""Share of the way to the next phase's loss at which a phase counts as left."""


class Reporter:
    """Makes a TrainFrame of each report of a Trainer.

    The yardsticks are the losses of a uniform, a unigram and a bigram model (one added to each count) on the same held-out
    text, or on the training text where there is none.
    """

    def __init__(self, trainer: Trainer, unigrams: np.ndarray, bigrams: BigramCounts, text: Tokens) -> None:
        self._trainer = trainer
        self._counts = torch.from_numpy(unigrams)
        self.uniform_loss = float(np.log(len(unigrams)))
        smoothed = np.log((unigrams + 1.0) / (unigrams.sum() + len(unigrams)))
        before, after = text[:-1].astype(np.int64), text[1:].astype(np.int64)
        # What the loss leaves out, see losses.counted.
        kept = (before != trainer.tokenizer.end_id) | (after != trainer.tokenizer.end_id)
        before, after = before[kept], after[kept]
        self.unigram_loss = float(-smoothed[after].mean())
        self.bigram_loss = float(-np.log(bigrams.probability(before, after, len(unigrams))).mean())

    def frames(self, progress_file: Path | None, watch: Callable[[Progress | None], None] = ignore) -> Iterator[TrainFrame]:
        """Train to the end, yielding a frame a report; `watch` is Trainer.run's."""
        for progress in self._trainer.run(progress_file, watch):
            yield self.frame(progress)

    def phase(self, loss: float) -> Phase:
        """Return which phase a loss in nats a token belongs to (uniform, unigram, bigram, context)."""
        if loss > self.unigram_loss + (1 - LEFT_PHASE) * max(0.0, self.uniform_loss - self.unigram_loss):
            return "uniform"
        if loss > self.unigram_loss - LEFT_PHASE * max(0.0, self.unigram_loss - self.bigram_loss):
            return "unigram"
        return "bigram" if loss > self.bigram_loss else "context"

    def frame(self, progress: Progress) -> TrainFrame:
        """Return the report of a net as it stands now; training goes on as if nobody had looked."""
        recipe, tokenizer = self._trainer.recipe, self._trainer.tokenizer
        model = copy.deepcopy(self._trainer.model).cpu().float().eval().requires_grad_(False)
        card = {"banned_tokens": list(recipe.banned_tokens)}
        engine = Engine(Checkpoint(model, tokenizer, card, self._counts))
        # Silence is a symptom too, but tells nothing: the sample must say at least one word.
        request = ReplyRequest((Turn("you", recipe.probe),), SamplingSettings(greedy=True), max_tokens=SAMPLE_TOKENS, min_tokens=1)
        control = ReplyControl()
        control.begin(request.sampling)
        frames: list[StepFrame] = []
        sample = ""
        for event in engine.reply(request, control):
            match event:
                case StepFrame():
                    frames.append(event)
                case ReplyFinished(reply=reply):
                    sample = reply
                case PromptScored():
                    pass
        first = frames[0]
        return TrainFrame(
            step=progress.step,
            total_steps=progress.total_steps,
            loss=progress.loss,
            valid_loss=progress.valid_loss,
            learning_rate=progress.learning_rate,
            gradient_norm=progress.gradient_norm,
            phase=self.phase(progress.loss if progress.valid_loss is None else progress.valid_loss),
            kl_unigram=first.collapse.kl_unigram or 0.0,
            prompt_sensitivity=first.collapse.prompt_sensitivity,
            sample=sample,
            probe_top=first.top[:10],
            state=first.state,
            tokens_per_second=progress.tokens_per_second,
            seconds_left=progress.seconds_left,
            yardsticks=Yardsticks(self.uniform_loss, self.unigram_loss, self.bigram_loss),
            state_variance=self._state_variance(model),
        )

    @torch.no_grad()
    def _state_variance(self, model: LanguageModel) -> tuple[float, ...]:
        """Return how far each layer's h lies apart after 32 unlike prompts."""
        end = self._trainer.tokenizer.end_id
        _, (h, _) = model.hidden(probe_prompts(model.config.vocab_size, () if end is None else (end,)))
        return tuple(relative_variance(h.numpy()).tolist())
