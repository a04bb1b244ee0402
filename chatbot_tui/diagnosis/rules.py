"""What a rule of the doctor consists of: causes, signatures that show them, and tests of single signals."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatbot_tui.core.diagnosis import CauseId, Evidence, Side
from chatbot_tui.diagnosis.measured import Signals
from chatbot_tui.diagnosis.thresholds import Threshold


@dataclass(frozen=True, slots=True)
class Test:
    """One signal that must lie on one side of its threshold."""

    signal: str
    side: Side
    meaning: str
    """What it means where it does, in a sentence for the report; empty for a test that only rules out another cause."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Signals that together show a cause."""

    name: str
    tests: tuple[Test, ...]
    strength: float = 1.0
    """Confidence where nothing is in doubt."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A cause and the signatures by which it is known; any of them will do."""

    cause: CauseId
    explanation: str
    """What the cause is and how it does its harm."""
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that applies."""

    rule: Rule
    confidence: float
    evidence: tuple[Evidence, ...]


def match(rule: Rule, signals: Signals, numbers: Mapping[str, Threshold]) -> Match | None:
    """Return the signature of a rule that the signals support best; None where they support none."""
    found = [
        Match(rule, confidence, evidence(rule, signature, signals, numbers))
        for signature in rule.signatures
        if (confidence := support(rule, signature, signals, numbers)) > 0
    ]
    return max(found, key=lambda entry: entry.confidence, default=None)


def support(rule: Rule, signature: Signature, signals: Signals, numbers: Mapping[str, Threshold]) -> float:
    """Return how well the signals support a signature, 0 to its strength: as well as the weakest of its tests.

    A signal that is unknown supports nothing, and rules nothing out.
    """
    return signature.strength * min(
        1.0
        if value_of(signals, test.signal) is None and not test.meaning
        else numbers[name_of(rule, signature, test)].support(value_of(signals, test.signal), test.side)
        for test in signature.tests
    )


def evidence(rule: Rule, signature: Signature, signals: Signals, numbers: Mapping[str, Threshold]) -> tuple[Evidence, ...]:
    """Return the tests of a signature as evidence."""
    found = []
    for test in signature.tests:
        value = value_of(signals, test.signal)
        if value is not None and test.meaning:
            threshold = numbers[name_of(rule, signature, test)].threshold
            found.append(Evidence(test.signal, signals[test.signal].where, value, threshold, test.meaning, test.side))
    return tuple(found)


def name_of(rule: Rule, signature: Signature, test: Test) -> str:
    """Return the name of a test's threshold."""
    return f"{rule.cause}.{signature.name}.{test.signal}"


def value_of(signals: Signals, signal: str) -> float | None:
    """Return a signal's value; None where it is unknown."""
    measured = signals.get(signal)
    return None if measured is None else measured.value
