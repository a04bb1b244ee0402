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
from chatbot_tui.generation.likelihood import sequence_log_probability
from chatbot_tui.model.step import Stepper, StepTrace
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
        candidates = []
        for number in range(settings.candidates):
            tokens = self._draw(reading, replace(plan, candidate=number), settings, cancelled)
            if tokens is None:
                return None
            candidates.append(self._candidate(reading, plan, settings, tokens))
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

    def _candidate(self, reading: Reading, plan: Plan, settings: SamplingSettings, tokens: list[int]) -> ReplyCandidate:
        if plan.end is None:
            # What a net without an end token says first, and says to nobody, has no probability.
            after = self._stepper.step(tokens[0], reading.trace.state)
            log_p = sequence_log_probability(self._stepper, after, tokens[1:])
        else:
            log_p = sequence_log_probability(self._stepper, reading.trace, tokens)
        alone = sequence_log_probability(self._stepper, self._nothing, tokens)
        finished = tokens[-1] == plan.end
        text = self._tokenizer.stream()
        said = "".join(text.push(token) for token in tokens)
        return ReplyCandidate(said, len(tokens), finished, log_p, alone, log_p - settings.pmi_weight * alone)

    @cached_property
    def _nothing(self) -> StepTrace | None:
        """The net before the first turn of all: it has read an end-of-turn, where it has one."""
        end = self._tokenizer.end_id
        return None if end is None else self._stepper.step(end, self._stepper.zero_state())
