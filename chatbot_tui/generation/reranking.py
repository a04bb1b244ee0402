"""Which of several replies is said: the one that what was said before makes likelier than it is anywhere.

A net that minimises cross-entropy gives most of its probability to what fits everywhere: "I don't know". Mutual information takes off what
a reply is worth without the dialogue (Li et al. 2016, "A diversity-promoting objective function for neural conversation models").
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import ReplyCandidate, Weighing
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.conversation import Reading
from chatbot_tui.generation.drawing import Drawing, Plan
from chatbot_tui.generation.likelihood import sequence_log_probabilities
from chatbot_tui.model.step import Stepper, StepState, StepTrace
from chatbot_tui.model.tokenizer import Tokenizer


class Reranker:
    """Draws candidates for a reply and weighs them."""

    def __init__(self, tokenizer: Tokenizer, stepper: Stepper) -> None:
        self._tokenizer = tokenizer
        self._stepper = stepper

    def weigh(self, reading: Reading, plan: Plan, settings: SamplingSettings, cancelled: Callable[[], bool]) -> Weighing | None:
        """Draw `settings.candidates` replies, each from random numbers of its own, and find the best; None if cancelled on the way.

        Raises:
            InputError: no first token can be drawn.
        """
        drawn = []
        for number in range(settings.candidates):
            tokens = self._draw(reading, replace(plan, candidate=number), settings, cancelled)
            if tokens is None:
                return None
            drawn.append(tokens)
        # What a net without an end token says first, and says to nobody, has no probability.
        begin = reading.trace.state if plan.end is None else reading.trace
        log_p = sequence_log_probabilities(self._stepper, begin, drawn).tolist()
        alone = sequence_log_probabilities(self._stepper, self._nothing, drawn).tolist()
        weight = settings.pmi_weight
        candidates = [self._candidate(*one, plan.end, weight) for one in zip(drawn, log_p, alone, strict=True)]
        best = max(range(len(candidates)), key=lambda number: candidates[number].score)
        return Weighing(tuple(candidates), best, settings.pmi_weight)

    def _draw(self, reading: Reading, plan: Plan, settings: SamplingSettings, cancelled: Callable[[], bool]) -> list[int] | None:
        """Return one candidate's tokens, an end token included."""
        drawing = Drawing(self._stepper, reading, plan, lambda: True)
        tokens: list[int] = []
        while len(tokens) < plan.max_tokens and (not tokens or tokens[-1] != plan.end):
            if cancelled():
                return None
            try:
                tokens.append(drawing.next(settings).draw.token)
            except InputError:
                # Bans can leave nothing to say: what was said before stands.
                if not tokens:
                    raise
                break
        return tokens

    def _candidate(self, tokens: list[int], log_p: float, log_p_alone: float, end: int | None, weight: float) -> ReplyCandidate:
        text = self._tokenizer.stream()
        said = "".join(text.push(token) for token in tokens)
        return ReplyCandidate(said, len(tokens), tokens[-1] == end, log_p, log_p_alone, log_p - weight * log_p_alone)

    @cached_property
    def _nothing(self) -> StepTrace | StepState:
        """The net before the first turn of all: it has read an end-of-turn, where it has one."""
        end, zero = self._tokenizer.end_id, self._stepper.zero_state()
        return zero if end is None else self._stepper.step(end, zero)
