"""Generation: an iterator of frames, one a token, cancellable between tokens and the same for the same seed."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import FinishReason, PromptScored, ReplyCandidate, ReplyEvent, ReplyFinished, StepFrame, Weighing
from chatbot_tui.core.judgement import INPUT_BLIND, NEARLY_BLIND
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.collapse import CollapseWatch
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.conversation import Conversation
from chatbot_tui.generation.drawing import Drawing, Plan
from chatbot_tui.generation.measure import Measure
from chatbot_tui.generation.reranking import Reranker
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.special_tokens import find_specials
from chatbot_tui.model.step import Stepper
from chatbot_tui.signals.one_word import greedy_replies, says_one_word
from chatbot_tui.signals.sensitivity import likely_prompts, prompt_sensitivity

CANCELLED = ReplyFinished("", "cancelled", "healthy", None, 0, 0.0)
"""The end of a reply that was given up before its first token."""


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
        self._reranker = Reranker(self.tokenizer, self._stepper)
        ends = set() if self.tokenizer.end_id is None else {self.tokenizer.end_id}
        self._banned = np.array(sorted(set(checkpoint.banned)), np.int64)
        self._banned_and_ends = np.array(sorted({*checkpoint.banned, *ends}), np.int64)

    @cached_property
    def _prompts(self) -> Tensor:
        """What the net is asked: the doctor's prompts where it has no text."""
        tokenizer = self.tokenizer
        excluded = {*find_specials(tokenizer.texts, tokenizer.end_id, tokenizer.unknown_id).ids, *self.checkpoint.banned}
        # A vocabulary of nothing but special tokens is asked about those.
        return likely_prompts(self.checkpoint.model, excluded if len(excluded) < self.checkpoint.model.config.vocab_size else ())

    @cached_property
    def prompt_sensitivity(self) -> float:
        """How far the net's answers to the probe prompts lie apart, in nats; measured when first asked for."""
        return prompt_sensitivity(self.checkpoint.model, self._prompts)

    @cached_property
    def one_word(self) -> bool:
        """Whether the net greedily says one word to every probe prompt; asked only where that decides whether it has collapsed."""
        if not INPUT_BLIND < self.prompt_sensitivity <= NEARLY_BLIND:
            return False
        return says_one_word(greedy_replies(self.checkpoint.model, self._prompts, self._unsaid))

    @property
    def _unsaid(self) -> list[int]:
        """Tokens that are not expected as an answer: banned ones and ends, unless there are no others."""
        return self._banned_and_ends.tolist() if len(self._banned_and_ends) < self.checkpoint.model.config.vocab_size else []

    def reply(self, request: ReplyRequest, control: ReplyControl) -> Iterator[ReplyEvent]:
        """Answer the last turn: PromptScored, a StepFrame a token, ReplyFinished.

        Where several candidates are wanted they are drawn and weighed first. The best is then drawn again, from the same random numbers:
        it comes token by token as any reply does, and takes another way as soon as the settings are changed.

        Raises:
            InputError: nothing of the last turn can be read, or no token can be drawn.
        """
        began = time.perf_counter()
        reading = self._conversation.read(request.turns, lambda: control.cancelled)
        if reading is None:
            yield PromptScored(())
            yield CANCELLED
            return
        yield PromptScored(reading.scores, reading.dropped)
        plan = self._plan(request.seed, request.reply, request.max_tokens, request.min_tokens)
        # What weighs the candidates draws the first token too, whatever is changed while they are drawn.
        first = control.next_token()
        weighing: Weighing | None = None
        if first is not None and first.reranks:
            weighing = self._reranker.weigh(reading, plan, first, lambda: control.cancelled)
            if weighing is not None:
                plan = replace(plan, candidate=weighing.chosen)
        if first is None or control.cancelled:
            yield CANCELLED
            return
        drawing = Drawing(self._stepper, reading, plan, lambda: control.flat_out)

        def settings_at(step: int) -> SamplingSettings | None:
            return control.next_token() if step else first

        texts: list[str] = []
        frame: StepFrame | None = None
        watched = self.watched(request.pinned)
        for frame in self._frames(drawing, plan, settings_at, request.top, watched, weighing):
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

    def weigh(self, request: ReplyRequest) -> Weighing | None:
        """Return the candidates for a reply, none of which is said; None where only one would be drawn. Raises InputError."""
        reading = self._conversation.read(request.turns, score=False) if request.sampling.reranks else None
        if reading is None:
            return None
        plan = self._plan(request.seed, request.reply, request.max_tokens, request.min_tokens)
        return self._reranker.weigh(reading, plan, request.sampling, lambda: False)

    def recall(
        self,
        turns: Sequence[Turn],
        *,
        top: int | None = 20,
        pinned: tuple[str, ...] = (),
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[StepFrame]:
        """Compute again the frames of the last turn, a bot's, as they were; none if cancelled before the first.

        Raises:
            InputError: another net spoke it, or its record is damaged.
        """
        if not turns or turns[-1].speaker != "bot" or turns[-1].checkpoint != self.checkpoint.fingerprint:
            raise InputError("this reply was spoken by another checkpoint: load that one to look inside")
        turn = turns[-1]
        size = self.checkpoint.model.config.vocab_size
        if not all(0 <= token < size for token in turn.tokens):
            raise InputError("this reply holds tokens that the net does not have: its record is damaged")
        reading = self._conversation.read(turns[:-1], cancelled, score=False)
        if reading is None:
            return
        strategies = dict(turn.strategies)
        settings = SamplingSettings()

        def settings_at(step: int) -> SamplingSettings:
            nonlocal settings
            settings = strategies.get(step, settings)
            return settings

        weighing: Weighing | None = None
        first = strategies.get(0, settings)
        if first.reranks and turn.candidate < first.candidates and len(turn.tokens) <= turn.max_tokens:
            began = self._plan(turn.seed, turn.reply, turn.max_tokens, turn.min_tokens)
            weighed = self._reranker.weigh(reading, began, first, cancelled)
            if weighed is None:
                return
            if self._began_as(turn, weighed.candidates[turn.candidate]):
                weighing = replace(weighed, chosen=turn.candidate)
        tokens = turn.tokens
        plan = self._plan(turn.seed, turn.reply, len(tokens), turn.min_tokens, tokens)
        plan = replace(plan, candidate=turn.candidate)
        drawing = Drawing(self._stepper, reading, plan, lambda: True)
        yield from self._frames(drawing, plan, settings_at, top, self.watched(pinned), weighing)

    def _began_as(self, turn: Turn, candidate: ReplyCandidate) -> bool:
        """Return whether a turn says what a candidate does, as far as its first settings went; a machine may round differently."""
        changed = min((step for step, _ in turn.strategies if step > 0), default=len(turn.tokens))
        text = self.tokenizer.stream()
        return candidate.text.startswith("".join(text.push(token) for token in turn.tokens[:changed]))

    def watched(self, words: Sequence[str]) -> tuple[int, ...]:
        """Return the first token of each word as it stands after a space; words that the vocabulary lacks are left out."""
        first = (self.tokenizer.encode(word)[:1] for word in words)
        return tuple(dict.fromkeys(token for tokens in first for token in tokens if token != self.tokenizer.unknown_id))

    def _plan(self, seed: int, reply: int, max_tokens: int, min_tokens: int, forced: tuple[int, ...] | None = None) -> Plan:
        return Plan(seed, reply, max_tokens, min_tokens, self._banned, self._banned_and_ends, self.tokenizer.end_id, forced)

    def _frames(
        self,
        drawing: Drawing,
        plan: Plan,
        settings_for: Callable[[int], SamplingSettings | None],
        top: int | None,
        pinned: tuple[int, ...],
        weighing: Weighing | None,
    ) -> Iterator[StepFrame]:
        watch = CollapseWatch(self.prompt_sensitivity, one_word=self.one_word)
        text_stream = self.tokenizer.stream()
        for step in range(plan.max_tokens):
            settings = settings_for(step)
            if settings is None:
                return
            drawn = drawing.next(settings)
            token = drawn.draw.token
            is_end = token == plan.end
            view = self._measure.view(drawn.logits)
            text = text_stream.push(token)
            h = drawn.moment.trace.state.h.reshape(-1)
            collapse = watch.update(token, text, float(view.p[token]), h, view.p, view.kl_unigram, is_end=is_end)
            yield self._measure.frame(drawn, view, text=text, top=top, pinned=pinned, collapse=collapse, weighing=weighing)
            if is_end:
                return
