"""How the doctor does on specimens whose trouble is known: what it says of each, counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chatbot_tui.diagnosis.calibration.examined import Examined, Given
from chatbot_tui.diagnosis.calibration.labels import HEALTHY
from chatbot_tui.diagnosis.calibration.statistics import Confusion, Rate
from chatbot_tui.diagnosis.causes import find_causes
from chatbot_tui.diagnosis.measured import Signals
from chatbot_tui.diagnosis.verdict import judge

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What the doctor says of one specimen."""

    name: str
    verdict: str
    causes: tuple[str, ...]
    """Likeliest first; healthy for a net that is found to be."""


@dataclass(frozen=True)
class Trial:
    """How the doctor does with one kind of text."""

    given: Given
    verdicts: Confusion
    """Of all specimens that are not on the border."""
    causes: Confusion
    """First causes, of specimens whose cause is known, healthy ones among them."""
    first_two: Rate
    """Unhealthy specimens whose cause is among the first two."""
    alarms: Rate
    """Healthy specimens that are called unhealthy."""
    misses: Rate
    """Unhealthy specimens that are called healthy."""
    abstentions: Rate
    """Unhealthy specimens whose first cause is said to be unknown."""
    wrong: tuple[tuple[str, str, str], ...]
    """Specimens whose verdict or first cause is wrong: name, what it is, what was said."""


def answer(one: Examined, given: Given) -> Answer:
    """Return what the doctor says of a specimen."""
    return say(one.name, one.signals[given], has_text=given != "nothing")


def say(name: str, signals: Signals, *, has_text: bool) -> Answer:
    """Return what the doctor says of a net with these signals."""
    verdict = judge(signals, has_text=has_text).verdict
    if verdict == HEALTHY:
        return Answer(name, verdict, (HEALTHY,))
    return Answer(name, verdict, tuple(found.cause for found in find_causes(signals, has_text=has_text)) or (UNKNOWN,))


def try_doctor(zoo: Iterable[Examined], given: Given) -> Trial:
    """Put every specimen before the doctor; those on the border between healthy and not are no test of it."""
    judged = [(one, answer(one, given)) for one in zoo if one.label.verdict is not None]
    known = [(one.label.cause, said) for one, said in judged if one.label.cause is not None]
    ill = [(cause, said) for cause, said in known if cause != HEALTHY]
    ill_verdicts = [said for one, said in judged if one.label.verdict != HEALTHY]
    well = [said for one, said in judged if one.label.verdict == HEALTHY]
    return Trial(
        given,
        Confusion.of((one.label.verdict or "", said.verdict) for one, said in judged),
        Confusion.of((cause, said.causes[0]) for cause, said in known),
        Rate(sum(cause in without_unknown(said.causes)[:2] for cause, said in ill), len(ill)),
        Rate(sum(said.verdict != HEALTHY for said in well), len(well)),
        Rate(sum(said.verdict == HEALTHY for said in ill_verdicts), len(ill_verdicts)),
        Rate(sum(said.causes[0] == UNKNOWN for _, said in ill), len(ill)),
        tuple(mistakes(judged)),
    )


def without_unknown(causes: Sequence[str]) -> list[str]:
    """Return causes without the word that none is likely."""
    return [cause for cause in causes if cause != UNKNOWN]


def mistakes(judged: Iterable[tuple[Examined, Answer]]) -> Iterable[tuple[str, str, str]]:
    """Yield the specimens that the doctor is wrong about."""
    for one, said in judged:
        if said.verdict != one.label.verdict or (one.label.cause is not None and said.causes[0] != one.label.cause):
            yield one.name, f"{one.label.verdict}, {one.label.cause or UNKNOWN}", f"{said.verdict}, {', '.join(said.causes[:3])}"
