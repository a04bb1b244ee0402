"""Generation: an iterator of frames, one a token, cancellable between tokens and the same for the same seed."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import FinishReason, PromptScored, ReplyEvent, ReplyFinished, StepFrame
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.collapse import CollapseWatch
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.conversation import Conversation, Reading
from chatbot_tui.generation.measure import Measure
from chatbot_tui.generation.sampler import Draw, Step, distribution, draw, sample
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.step import Stepper, as_array
from chatbot_tui.signals.sensitivity import probe_prompts, prompt_sensitivity


@dataclass(frozen=True, slots=True)
class Plan:
    """What a reply's tokens depend on, besides the conversation."""

    seed: int
    reply: int
    max_tokens: int
    min_tokens: int
    top: int | None
    pinned: tuple[int, ...]
    forced: tuple[int, ...] | None = None
    """Tokens that are known already: they are described, not drawn."""


class Engine:
    """A checkpoint that speaks.

    Random numbers are a function of (seed, reply, step), and the net is read one token at a time from kept states, so that
    the same request gives the same frames bit for bit, whatever came before.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.tokenizer = checkpoint.tokenizer
        self._stepper = Stepper(checkpoint.model)
        self._measure = Measure(checkpoint)
        self._conversation = Conversation(checkpoint, self._stepper)
        ends = () if self.tokenizer.end_id is None else (self.tokenizer.end_id,)
        self._banned = np.unique(np.asarray(checkpoint.banned, np.int64))
        self._banned_and_ends = np.unique(np.concatenate([self._banned, np.asarray(ends, np.int64)]))
        self.prompt_sensitivity = self._sensitivity()

    def _sensitivity(self) -> float:
        size = self.checkpoint.model.config.vocab_size
        excluded = self._banned_and_ends.tolist() if len(self._banned_and_ends) < size else []
        return prompt_sensitivity(self.checkpoint.model, probe_prompts(size, excluded))

    def reply(self, request: ReplyRequest, control: ReplyControl) -> Iterator[ReplyEvent]:
        """Answer the last turn: PromptScored, a StepFrame a token, ReplyFinished. Raises InputError."""
        began = time.perf_counter()
        reading = self._conversation.read(request.turns, lambda: control.cancelled)
        if reading is None:
            yield PromptScored(())
            yield ReplyFinished("", "cancelled", "healthy", None, 0, 0.0)
            return
        yield PromptScored(reading.scores, reading.dropped)
        watched = self.watched(request.pinned)
        plan = Plan(request.seed, request.reply, request.max_tokens, request.min_tokens, request.top, watched)
        texts: list[str] = []
        frame: StepFrame | None = None
        for frame in self._frames(reading, plan, lambda _step: control.next_token()):
            texts.append(frame.text)
            yield frame
        reason: FinishReason = "cancelled"
        if frame is not None and frame.is_end:
            reason = "end"
        elif len(texts) == request.max_tokens:
            reason = "length"
        yield ReplyFinished(
            reply="".join(texts),
            finish_reason=reason,
            verdict="healthy" if frame is None else frame.collapse.verdict,
            onset_step=None if frame is None else frame.collapse.onset_step,
            tokens=len(texts),
            tokens_per_second=len(texts) / max(time.perf_counter() - began, 1e-9),
        )

    def recall(self, turns: Sequence[Turn], *, top: int | None = 20, pinned: tuple[str, ...] = ()) -> Iterator[StepFrame]:
        """Compute again the frames of the last turn, a bot's, as they were. Raises InputError if another net spoke it."""
        if not turns or turns[-1].speaker != "bot" or turns[-1].checkpoint != self.checkpoint.fingerprint:
            raise InputError("this reply was spoken by another checkpoint: load that one to look inside")
        turn = turns[-1]
        size = self.checkpoint.model.config.vocab_size
        if not all(0 <= token < size for token in turn.tokens):
            raise InputError("this reply holds tokens that the net does not have: its record is damaged")
        reading = self._conversation.read(turns[:-1], score=False)
        if reading is None:
            return
        strategies = dict(turn.strategies)
        settings = SamplingSettings()

        def settings_at(step: int) -> SamplingSettings:
            nonlocal settings
            settings = strategies.get(step, settings)
            return settings

        tokens = turn.tokens
        plan = Plan(turn.seed, turn.reply, len(tokens), turn.min_tokens, top, self.watched(pinned), tokens)
        yield from self._frames(reading, plan, settings_at)

    def watched(self, words: Sequence[str]) -> tuple[int, ...]:
        """Return the first token of each word as it stands after a space; words that the vocabulary lacks are left out."""
        first = (self.tokenizer.encode(word)[:1] for word in words)
        return tuple(dict.fromkeys(token for tokens in first for token in tokens if token != self.tokenizer.unknown_id))

    def _frames(self, reading: Reading, plan: Plan, settings_for: Callable[[int], SamplingSettings | None]) -> Iterator[StepFrame]:
        trace, previous = reading.trace, reading.previous
        history = np.empty(len(reading.history) + plan.max_tokens, np.int64)
        history[: len(reading.history)] = reading.history
        said = len(reading.history)
        watch = CollapseWatch(self.prompt_sensitivity)
        text_stream = self.tokenizer.stream()
        mu: float | None = None
        for step in range(plan.max_tokens):
            settings = settings_for(step)
            if settings is None:
                return
            view = self._measure.view(as_array(self._stepper.logits(trace.features)))
            banned = self._banned_and_ends if step < plan.min_tokens else self._banned
            at = Step(history[:said], banned, plan.seed, plan.reply, step, mu)
            drawn = sample(view.logits, settings, at) if plan.forced is None else force(view.logits, settings, at, plan.forced[step])
            token, mu = drawn.token, drawn.mirostat_mu
            is_end = token == self.tokenizer.end_id
            text = text_stream.push(token)
            h = as_array(trace.state.h).reshape(-1)
            reading_now = watch.update(token, text, float(view.p[token]), h, view.p, view.kl_unigram, is_end=is_end)
            yield self._measure.frame(
                text=text,
                token=token,
                view=view,
                drawn=drawn,
                at=at,
                sampling=settings,
                top=plan.top,
                pinned=plan.pinned,
                trace=trace,
                previous=previous,
                collapse=reading_now,
            )
            if is_end:
                return
            history[said] = token
            said += 1
            previous = trace.state
            trace = self._stepper.step(token, trace.state)


def force(logits: np.ndarray, settings: SamplingSettings, at: Step, token: int) -> Draw:
    """Return the draw as it was, with the token that was drawn then, should a machine round differently."""
    drawn = sample(logits, settings, at)
    if drawn.token == token:
        return drawn
    before = distribution(logits, settings, at)
    p = float(before.p_sampled[token])
    mu = before.mirostat.next_mu(p) if before.mirostat is not None and p > 0 else None
    return Draw(token, drawn.u, draw(before, drawn.u).drawn_from, mu, before)
