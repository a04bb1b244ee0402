"""From several readers' answers to figures for each speaker: by majority, with how far the readers agreed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatbot_tui.benchmarks.readers.sheet import Line
from chatbot_tui.core.errors import InputError

QUESTIONS = ("fluent", "fits")
"""What is asked of each reply: is it good English that a person might type; does it answer what was said."""


@dataclass(frozen=True)
class Judgement:
    """One reader's answers: for each line's number whether it is fluent and whether it fits."""

    reader: str
    answers: Mapping[int, Mapping[str, bool]]


@dataclass(frozen=True)
class Tally:
    """What the readers found of one speaker."""

    speaker: str
    replies: int
    yes: Mapping[str, int]
    """For each question, how many replies most readers said yes to."""


def check(judgements: Sequence[Judgement], lines: Sequence[Line]) -> None:
    """Raise InputError unless there are lines and an odd number of readers answered both questions of each, and of no others."""
    if not lines:
        raise InputError("the key holds no line: make the sheet again")
    if len(judgements) % 2 == 0:
        raise InputError(f"{len(judgements)} readers have no majority: give an odd number of them")
    numbers = {line.number for line in lines}
    for judgement in judgements:
        missing = [line.number for line in lines if set(judgement.answers.get(line.number, {})) != set(QUESTIONS)]
        if missing:
            raise InputError(f"{judgement.reader} has not judged line {missing[0]}: every line wants {' and '.join(QUESTIONS)}")
        others = sorted(set(judgement.answers) - numbers)
        if others:
            raise InputError(f"{judgement.reader} has judged line {others[0]}, which this key lacks: give the answers to this sheet")


def tallies(lines: Sequence[Line], judgements: Sequence[Judgement]) -> list[Tally]:
    """Count for each speaker the replies to which most readers said yes. Raises InputError for answers that are missing."""
    check(judgements, lines)
    counted = []
    for speaker in sorted({line.speaker for line in lines}):
        own = [line for line in lines if line.speaker == speaker]
        yes = {question: sum(majority(judgements, line, question) for line in own) for question in QUESTIONS}
        counted.append(Tally(speaker, len(own), yes))
    return counted


def majority(judgements: Sequence[Judgement], line: Line, question: str) -> bool:
    """Return whether most readers said yes."""
    return 2 * sum(judgement.answers[line.number][question] for judgement in judgements) > len(judgements)


def agreement(lines: Sequence[Line], judgements: Sequence[Judgement], question: str) -> float:
    """Return Fleiss' kappa (1971): 1 where all readers always agree, 0 where they do no more than by chance; 1 if all answers are one.

    Raises:
        InputError: answers are missing, or there is one reader only.
    """
    check(judgements, lines)
    readers = len(judgements)
    if readers == 1:
        raise InputError("one reader has nobody to agree with: give the answers of three or more")
    votes = [sum(judgement.answers[line.number][question] for judgement in judgements) for line in lines]
    observed = sum(yes * (yes - 1) + (readers - yes) * (readers - yes - 1) for yes in votes) / (len(lines) * readers * (readers - 1))
    share = sum(votes) / (len(lines) * readers)
    expected = share**2 + (1 - share) ** 2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)
