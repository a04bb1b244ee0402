"""What the doctor says in sentences: the verdict, what decoding does, and what else there is to know."""

from collections.abc import Sequence

from chatbot_tui.core.diagnosis import CauseFound
from chatbot_tui.diagnosis.causes import RULES
from chatbot_tui.diagnosis.examination import Examination
from chatbot_tui.diagnosis.measured import Signals
from chatbot_tui.diagnosis.reliability import trust
from chatbot_tui.diagnosis.rules import match, value_of
from chatbot_tui.diagnosis.subject import Subject
from chatbot_tui.diagnosis.thresholds import thresholds
from chatbot_tui.diagnosis.verdict import Verdict

SCARS = ("near-zero-init", "indistinguishable-tokens")
"""Causes whose traces are worth a remark on a net that is healthy all the same."""
TRACE = 0.6
"""Confidence from which a trace is worth it."""

WITHOUT_TEXT = (
    "No text was given, so every confidence is lower. With text it would be known what the net gains over word frequencies, whether it "
    "knows its text by heart, and whether the text itself teaches no more: add --corpus."
)


def sentence(verdict: Verdict, signals: Signals) -> str:
    """Return the verdict in a sentence."""
    word = signals["greedy_top_word"].where if "greedy_top_word" in signals else ""

    def reaches(signal: str, question: str) -> bool:
        return (value_of(signals, signal) or 0.0) >= thresholds()[f"verdict.{question}"].threshold

    match verdict.verdict:
        case "broken":
            measured = signals["non_finite_values"]
            return f"Broken: {measured.where} holds NaN or infinity, and whatever the net computes does too."
        case "collapsed":
            tail = f": greedily it says “{word}” for ever" if reaches("greedy_top_word", "one_word") and word else ""
            return f"Collapsed: what comes next hardly depends on what the net has read{tail}."
        case "looping":
            return "Looping: what comes next depends on what the net has read, yet even samples at temperature 1 run in circles."
        case "memorised":
            return "Memorised: the net knows its training text by heart, and is sure and wrong on any other."
        case "generic" if reaches("silent", "silent"):
            return "Generic: to every prompt the net's first choice is to say nothing."
        case "generic" if reaches("ends_in_padding", "padded"):
            return "Generic: the net has learnt to say padding, and its replies come to nothing else."
        case "generic" if reaches("unknown_share", "speechless"):
            return "Generic: what the net expects most, whatever the prompt, is the unknown token."
        case "generic":
            return "Generic: whatever the prompt, the net gives nearly the same reply."
        case _ if verdict.decoder_loops:
            return "Healthy: what the net says depends on what it has read; it runs in circles only when decoded greedily."
        case _:
            return "Healthy: what the net says depends on what it has read."


def decoding(signals: Signals) -> str:
    """Return what greedy decoding and sampling do, in a few words."""
    if "greedy_loops" not in signals:
        return "nothing can be decoded"
    greedy, sampled = value_of(signals, "greedy_loops") or 0.0, value_of(signals, "sampled_loops") or 0.0
    begins = value_of(signals, "greedy_loop_begins")
    if greedy >= 0.5 and begins is not None:
        said = "greedy loops from the first token" if begins < 1 else f"greedy loops after {begins:.0f} token{'s' * (round(begins) != 1)}"
    else:
        said = f"greedy loops in {greedy:.0%} of the replies" if greedy else "greedy does not loop"
    return f"{said}; sampling at temperature 1 {f'loops in {sampled:.0%} of the replies' if sampled else 'does not'}"


def remarks(subject: Subject, verdict: Verdict, examination: Examination, causes: Sequence[CauseFound]) -> tuple[str, ...]:
    """Return what else there is to know: traces of causes that do no harm, what is estimated, and what text would add."""
    said = list(subject.warnings)
    if verdict.verdict == "broken":
        return tuple(said)
    if verdict.verdict == "healthy":
        said += traces(examination.signals)
        if verdict.decoder_loops:
            said.append("Sample instead of taking the likeliest word each time: temperature 0.8 with top-p 0.9 is a good beginning.")
    if causes and causes[0].cause == "unknown" and verdict.verdict != "healthy":
        said.append("The signals fit no known cause, or contradict each other: no cause is named rather than a wrong one.")
    if causes and causes[0].cause == "context-free-data":
        said.append("No training mends this: give the net text in which words depend on each other.")
    cause = causes[0].cause if causes and verdict.verdict != "healthy" and causes[0].cause != "unknown" else None
    if trusted := trust(verdict.verdict, cause, has_text=subject.text is not None):
        said.append(trusted)
    if subject.text is None:
        said.append(WITHOUT_TEXT)
    elif subject.checkpoint.counts is None:
        said.append("The checkpoint brings no word frequencies: those of the given text stand for them.")
    return tuple(said)


def traces(signals: Signals) -> list[str]:
    """Return a sentence for each cause that has left its traces in a net that is healthy all the same."""
    found = (match(rule, signals, thresholds()) for rule in RULES if rule.cause in SCARS)
    return [
        f"Traces of {entry.rule.cause}, which do no harm here: {entry.evidence[0].meaning}"
        for entry in found
        if entry is not None and entry.confidence >= TRACE and entry.evidence
    ]
