"""The verdict on a net: by what it measurably does, whatever made it so, and with the net parted from the decoder."""

from dataclasses import dataclass

from chatbot_tui.core.diagnosis import NetVerdict, Side
from chatbot_tui.diagnosis.measured import Signals
from chatbot_tui.diagnosis.rules import value_of
from chatbot_tui.diagnosis.thresholds import thresholds

MOST = 0.5
"""Share of sampled replies that loop in a net that does little else."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the net does, and how sure that is."""

    verdict: NetVerdict
    confidence: float
    decoder_loops: bool
    """Whether greedy decoding runs in circles where sampling at temperature 1 does not."""
    too_sure: bool = False
    """Whether a net that looks healthy is so sure of its words that it may know a text by heart, which only text can tell."""


def judge(signals: Signals, *, has_text: bool) -> Verdict:
    """Return the verdict: broken, collapsed, looping, memorised, generic or healthy, the first that holds.

    *Collapsed*: the next token hardly depends on the prompt, or little, and greedily one word is said to everything. *Looping*: even
    samples at temperature 1 run in circles. *Memorised*: the net is sure and wrong on the text, or predicts it better than a stranger
    could, or without text is sure of its own speech; it goes before looping unless most samples loop. *Generic*: different prompts get
    the same reply, or none, or every reply comes to nothing but padding or unknown words.
    """
    if value_of(signals, "non_finite_values"):
        return Verdict("broken", 1.0, decoder_loops=False)
    ask = Questions(signals)
    # Words that the net expects, one after the other in no order, are not quite a text.
    kind = "_text" if has_text else ""
    blind = ask("input_blind" + kind, "prompt_sensitivity", "below")
    one_word = min(
        ask("one_word", "greedy_top_word", "above"),
        ask("same_reply", "greedy_distinct", "below"),
        ask("nearly_blind" + kind, "prompt_sensitivity", "below"),
    )
    looping = ask("sampled_loops", "sampled_loops", "above")
    several = 1.0 - ask("few_replies" + kind, "greedy_distinct", "below")
    copies = ask("copies", "copy_share", "above") > 0
    memorised = 0.0
    if several == 1.0 and not copies:
        recites = min(ask(f"recites.{name}", name, "above") for name in ("sampled_certainty", "confidence", "greedy_distinct"))
        memorised = (
            max(ask("overconfidence", "overconfidence", "above"), ask("beyond_pairs", "beyond_pairs", "above")) if has_text else recites
        )
    padded = max(
        ask("padded", "ends_in_padding", "above"),
        min(ask("padding_learnt", "padding_learnt", "above"), ask("padding_learnt.silent", "silent", "above")),
    )
    alike = ask("sampled_alike", "sampled_alike", "above")
    generic = max(
        ask("few_replies" + kind, "greedy_distinct", "below"),
        ask("silent", "silent", "above"),
        ask("speechless", "unknown_share", "above"),
    )
    greedy = ask("greedy_loops", "greedy_loops", "above") > 0
    questions: tuple[tuple[NetVerdict, float], ...] = (
        ("collapsed", blind),
        ("generic", padded),
        ("collapsed", one_word),
        # What is known by heart may hold a chorus: as long as most replies go on, and each on its own, it is recited.
        ("memorised", memorised if not alike and (value_of(signals, "sampled_loops") or 0.0) < MOST else 0.0),
        ("looping", looping),
        ("generic", alike),
        ("memorised", memorised),
        ("generic", generic),
    )
    for verdict, support in questions:
        if support > 0:
            return Verdict(verdict, support, decoder_loops=greedy and looping == 0)
    if copies and greedy:
        return Verdict("looping", 0.6, decoder_loops=False)
    too_sure = (
        0.0 if has_text else min(ask("too_sure.confidence", "confidence", "above"), ask("too_sure.entropy_share", "entropy_share", "below"))
    )
    sure = soundness(signals, has_text=has_text)
    return Verdict("healthy", min(sure, 0.5) if too_sure else sure, decoder_loops=greedy, too_sure=too_sure > 0)


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
