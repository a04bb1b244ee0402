"""The running verdict on a reply: collapsed, looping or healthy, since which token, and who is to blame.

*Collapsed* is a property of the net and not of the text: its answers to probe prompts hardly differ, or differ little while it
greedily says one word to all of them. So the verdict stands from the first token on, however varied the sampled text may look, and
the model is to blame. It set in where the repetition at the end of the reply began, or at step 0 if nothing repeats there: the net
never depended on its input.

*Looping* is a property of the text: a unit of up to 64 tokens stands at the end of the reply at least 3 times and over at least 12
tokens. It set in at the first token of that stretch. The decoder is to blame if the net itself, sampled at temperature 1, would
more likely than not have left the loop within one more round; otherwise the model is.

The doctor asks the same, with the same numbers, and calls the same a loop.

Everything else is *healthy*. A reading speaks of the end of the reply as it stands: a loop that was left, after a change of
strategy say, is healthy again. An end token adds nothing to the text and leaves the repetition as it was.
"""

import math
from collections import deque

from chatbot_tui.core.frames import Blame, CollapseReading, Verdict
from chatbot_tui.core.judgement import INPUT_BLIND, LOOP_REPEATS, LOOP_TOKENS, NEARLY_BLIND
from chatbot_tui.signals.orbit import Array, OrbitTracker
from chatbot_tui.signals.repetition import MAX_UNIT, Repetition, RepetitionTracker

LEAVES_LOOP = 0.5
"""Probability of one more round, at temperature 1, below which the net alone would soon have left the loop."""


class CollapseWatch:
    """Judges one reply while it is generated; give it every token once, in order.

    Args:
        prompt_sensitivity: The net's, in nats.
        one_word: Whether it greedily says one word to every probe prompt; asked only of nets that are nearly blind.
    """

    def __init__(self, prompt_sensitivity: float, *, one_word: bool = False) -> None:
        self._prompt_sensitivity = prompt_sensitivity
        self._blind = prompt_sensitivity <= (NEARLY_BLIND if one_word else INPUT_BLIND)
        self._repetition = RepetitionTracker()
        self._orbit = OrbitTracker()
        self._text: deque[str] = deque(maxlen=2 * MAX_UNIT)
        self._surprisal: deque[float] = deque(maxlen=MAX_UNIT)
        self._tokens = 0

    def update(
        self, token: int, text: str, p_drawn: float, h: Array, p: Array, kl_unigram: float | None = None, *, is_end: bool = False
    ) -> CollapseReading:
        """Judge the reply up to and including `token`.

        Args:
            token: Id of the drawn token.
            text: What it adds to the reply.
            p_drawn: Its probability by the model, before any sampler.
            h: Hidden states of all layers in a row, [layers * hidden], that gave the distribution.
            p: The model's distribution, [vocabulary].
            kl_unigram: KL(p || u) in nats; None without counts. Passed on.
            is_end: Whether it is an end token.
        """
        period = self._orbit.update(h, p)
        if not is_end:
            self._repetition.push(token)
            self._text.append(text)
            self._surprisal.append(-math.log(p_drawn) if p_drawn > 0 else math.inf)
            self._tokens += 1
        loop = self._repetition.shortest(LOOP_REPEATS, 0 if self._blind else LOOP_TOKENS)
        shown = loop or self._repetition.shortest(2)
        verdict, onset, blame = self._judge(loop)
        return CollapseReading(
            verdict=verdict,
            onset_step=onset,
            repeats=shown.repeats if shown else 1,
            unit=self._unit(shown) if shown else "",
            period=period,
            kl_unigram=kl_unigram,
            prompt_sensitivity=self._prompt_sensitivity,
            blame=blame,
        )

    def _judge(self, loop: Repetition | None) -> tuple[Verdict, int | None, Blame | None]:
        onset = self._tokens - loop.tokens if loop else None
        if self._blind:
            return "collapsed", onset or 0, "model"
        if loop is None:
            return "healthy", None, None
        one_round = sum(list(self._surprisal)[-loop.unit :])
        return "looping", onset, "decoder" if one_round > -math.log(LEAVES_LOOP) else "model"

    def _unit(self, repetition: Repetition) -> str:
        """Return the text that repeats, cut where the stretch began, so that it stays the same from token to token."""
        begin = -repetition.unit - repetition.tokens % repetition.unit
        return "".join(list(self._text)[begin : begin + repetition.unit or None]).strip()
