"""What the doctor's panels call verdicts, causes and degrees of confidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.panels.wrapping import wrap as rows_of
from chatbot_tui.ui.widgets.lines import BLUE, ORANGE, Line

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import CauseFound, CauseId, Diagnosis, NetVerdict, Prescription

VERDICT_SIGNS: Mapping[NetVerdict, str] = {
    "collapsed": "✗",
    "looping": "↻",
    "generic": "≡",
    "memorised": "§",
    "healthy": "✓",
    "broken": "✗",
}
TITLES: Mapping[CauseId, str] = {
    "stopped-early": "training ended too early",
    "imbalanced-data": "one word or sentence rules the text",
    "small-vocabulary": "too few words: most are unknown",
    "indistinguishable-tokens": "the net cannot tell tokens apart",
    "tiny-hidden": "too few hidden units",
    "deep-stack": "too many plain layers",
    "near-zero-init": "weights that began almost at zero",
    "over-decayed": "too much weight decay",
    "learning-rate-too-high": "too high a learning rate",
    "overfit": "the text learnt by heart",
    "copies-input": "targets that were not shifted",
    "double-softmax": "softmax before the loss",
    "padding-in-loss": "padding counted in the loss",
    "context-free-data": "text without connection between words",
    "greedy-decoding": "the decoder, not the net",
    "unknown": "I do not know",
}
"""Each cause in a few plain words."""
DEGREES = ((0.95, "as good as certain"), (0.8, "very likely"), (0.6, "likely"), (0.4, "possible"), (0.0, "hardly more than a guess"))
"""Confidence from which each word holds."""


def degree(confidence: float) -> str:
    """Return a confidence in words."""
    return next((word for least, word in DEGREES if confidence >= least), DEGREES[-1][1])


def colour(diagnosis: Diagnosis) -> str:
    """Return the colour of a verdict."""
    return BLUE if diagnosis.verdict == "healthy" else ORANGE


def headline(cause: CauseFound) -> str:
    """Return a cause's name with what it means; for an unknown one that it is unknown."""
    return TITLES["unknown"] if cause.cause == "unknown" else f"{cause.cause}: {TITLES[cause.cause]}"


def plain_sentence(diagnosis: Diagnosis) -> str:
    """Return the verdict's sentence without the verdict itself, which stands before it."""
    sentence = printable(diagnosis.sentence).replace("\n", " ")
    verdict, colon, rest = sentence.partition(": ")
    if colon and verdict.lower() == diagnosis.verdict and rest:
        return rest[0].upper() + rest[1:]
    return sentence


def recipe_line(prescription: Prescription) -> str:
    """Return a recipe with the settings that mend it."""
    settings = " ".join(f"{key}={spelled(value)}" for key, value in prescription.set.items())
    return printable(f"{prescription.recipe} with {settings}" if settings else prescription.recipe)


def spelled(value: object) -> str:
    """Return a setting's value as `train --set` takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def paragraph(text: str, width: int, style: str = "", *, indent: int = 0, first: str = "") -> Iterator[Line]:
    """Yield text in lines of at most `width` cells, indented; `first` stands before the first line, inside its indent."""
    text = printable(text)
    for number, (begin, end) in enumerate(rows_of(text, max(8, width - indent))):
        lead = first.ljust(indent) if number == 0 else " " * indent
        yield [(lead, style), (text[begin:end], style)]
