"""The verdict on a net: by what it measurably does, whatever made it so, and with the net parted from the decoder."""

from dataclasses import dataclass

from chatbot_tui.core.diagnosis import NetVerdict, Side
from chatbot_tui.diagnosis.measured import Signals
from chatbot_tui.diagnosis.rules import value_of
from chatbot_tui.diagnosis.thresholds import thresholds


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the net does, and how sure that is."""

    verdict: NetVerdict
    confidence: float
    decoder_loops: bool
    """Whether greedy decoding runs in circles where sampling at temperature 1 does not."""


def judge(signals: Signals, *, has_text: bool) -> Verdict:
    """Return the verdict: broken, collapsed, looping, memorised, generic or healthy, the first that holds.

    *Collapsed*: the next token hardly depends on the prompt, or little, and greedily one word is said to everything. *Looping*: even
    samples at temperature 1 run in circles. *Memorised*: the net is far surer of the text than it has reason to be, or recites it.
    *Generic*: different prompts get the same reply, or none.
    """
    if value_of(signals, "non_finite_values"):
        return Verdict("broken", 1.0, decoder_loops=False)
    ask = Questions(signals)
    one_word = min(ask("one_word", "greedy_top_word", "above"), ask("same_reply", "greedy_distinct", "below"))
    collapsed = max(
        ask("input_blind", "prompt_sensitivity", "below"),
        min(one_word, ask("nearly_blind_text" if has_text else "nearly_blind", "prompt_sensitivity", "below")),
    )
    looping = ask("sampled_loops", "sampled_loops", "above")
    several = 1.0 - ask("few_replies", "greedy_distinct", "below")
    copies = (value_of(signals, "copy_share") or 0.0) >= 0.5
    memorised = 0.0
    if several == 1.0 and not copies:
        memorised = max(ask("overconfidence", "overconfidence", "above"), ask("text_in_speech", "text_in_speech", "above"))
    generic = max(
        ask("few_replies", "greedy_distinct", "below"),
        ask("sampled_alike", "sampled_alike", "above"),
        ask("silent", "silent", "above"),
    )
    greedy = ask("greedy_loops", "greedy_loops", "above") > 0
    questions: tuple[tuple[NetVerdict, float], ...] = (
        ("collapsed", collapsed),
        ("looping", looping),
        ("memorised", memorised),
        ("generic", generic),
    )
    for verdict, support in questions:
        if support > 0:
            return Verdict(verdict, support, decoder_loops=greedy and looping == 0)
    if copies and greedy:
        return Verdict("looping", 0.6, decoder_loops=False)
    return Verdict("healthy", soundness(signals, has_text=has_text), decoder_loops=greedy)


class Questions:
    """Asks the signals one question of the verdict after the other."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._numbers = thresholds()

    def __call__(self, question: str, signal: str, side: Side) -> float:
        """Return the support of a yes: .5 to 1, or 0 for a no or where the signal is unknown."""
        return self._numbers[f"verdict.{question}"].support(value_of(self._signals, signal), side)


def soundness(signals: Signals, *, has_text: bool) -> float:
    """Return how sure it is that a net is healthy: the more, the farther it is from being blind; without text less."""
    sensitivity = value_of(signals, "prompt_sensitivity") or 0.0
    distinct = value_of(signals, "greedy_distinct") or 0.0
    sure = 0.5 + 0.25 * min(sensitivity / 0.3, 1.0) + 0.25 * min(distinct / 0.3, 1.0)
    return sure if has_text else sure * 0.85
