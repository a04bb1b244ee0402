"""Every cause by its signatures, in the order in which the doctor asks; what was asked earlier explains later findings away."""

from collections.abc import Sequence

from chatbot_tui.core.diagnosis import CauseFound
from chatbot_tui.diagnosis.causes_of_data import CONTEXT_FREE, IMBALANCED, SMALL_VOCABULARY
from chatbot_tui.diagnosis.causes_of_training import (
    COPIES,
    DOUBLE_SOFTMAX,
    OVERFIT,
    PADDING,
    RATE,
    STOPPED,
)
from chatbot_tui.diagnosis.causes_of_weights import DECAYED, DEEP, INDISTINGUISHABLE, NEAR_ZERO, TINY
from chatbot_tui.diagnosis.measured import Signals
from chatbot_tui.diagnosis.rules import Rule, match
from chatbot_tui.diagnosis.thresholds import thresholds

RULES: tuple[Rule, ...] = (
    NEAR_ZERO,
    DECAYED,
    INDISTINGUISHABLE,
    COPIES,
    RATE,
    SMALL_VOCABULARY,
    DOUBLE_SOFTMAX,
    PADDING,
    IMBALANCED,
    TINY,
    CONTEXT_FREE,
    DEEP,
    OVERFIT,
    STOPPED,
)
"""What the weights give away for certain comes first, then what shows in the predictions themselves, and last what is left."""

EXPLAINED = 0.7
"""Share of a later cause's confidence that an earlier one of confidence 1 takes."""
LEAST = 0.1
"""A cause of less confidence is not worth a word."""
DOUBTFUL = 0.35
"""The likeliest cause is said to be unknown where none has this confidence."""
WITHOUT_TEXT = 0.85
"""What is left of each confidence where no text was given."""

UNKNOWN = "The net is not well, and no known cause explains what was measured; what comes next in the list is a guess."


def find_causes(signals: Signals, *, has_text: bool) -> tuple[CauseFound, ...]:
    """Return the causes that explain an unhealthy net, the likeliest first; unknown leads where none is likely."""
    numbers, left, found = thresholds(), 1.0, []
    for rule in RULES:
        matched = match(rule, signals, numbers)
        if matched is None:
            continue
        confidence = matched.confidence * left * (1.0 if has_text else WITHOUT_TEXT)
        left *= 1.0 - EXPLAINED * matched.confidence
        if confidence >= LEAST:
            found.append(CauseFound(rule.cause, confidence, matched.evidence, rule.explanation))
    found.sort(key=lambda cause: -cause.confidence)
    return with_doubt(found)


def with_doubt(found: Sequence[CauseFound]) -> tuple[CauseFound, ...]:
    """Put `unknown` first where no cause is likely."""
    best = found[0].confidence if found else 0.0
    if best >= DOUBTFUL:
        return tuple(found)
    return (CauseFound("unknown", 1.0 - best, (), UNKNOWN), *found)
