"""Does the net use what was said before? Ranks the true turn among turns of other conversations."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from chatbot_tui.training.scoring import Context, Predictor, Report

Ids: TypeAlias = tuple[int, ...]
Place: TypeAlias = tuple[int, int]
"""A turn: (dialogue, position in it)."""
Scored: TypeAlias = npt.NDArray[np.float64]

QUESTIONS = 1000
CANDIDATES = 20
"""The true turn and 19 others: an input-blind net hits 1 in 20."""
SEED = 0


@dataclass(frozen=True)
class Question:
    """Which of these turns stands here?"""

    place: Place
    candidates: tuple[Ids, ...]
    """Tokens of the true turn first, then of different turns of other dialogues; end tokens left out."""


def draw_questions(dialogues: Sequence[Sequence[Ids]]) -> list[Question]:
    """Choose up to 1,000 turns that have a predecessor, each with 19 turns of other dialogues that differ from it and one another.

    The 19 are themselves drawn from the chosen turns: each turn's probability without context is then computed once and serves
    many questions. A function of the dialogues alone. Turns of no tokens are left out. Empty where too few turns differ.
    """
    random = np.random.default_rng(SEED)
    eligible = [(dialogue, turn) for dialogue, turns in enumerate(dialogues) for turn, ids in enumerate(turns) if turn > 0 and ids]
    chosen = [eligible[index] for index in random.permutation(len(eligible))[:QUESTIONS]]
    questions = []
    for place in chosen:
        # Insertion order keeps the true turn first.
        candidates = {dialogues[place[0]][place[1]]: None}
        for other in random.permutation(len(chosen)):
            dialogue, turn = chosen[other]
            if dialogue != place[0]:
                candidates[dialogues[dialogue][turn]] = None
            if len(candidates) == CANDIDATES:
                questions.append(Question(place, tuple(candidates)))
                break
    return questions


def tokens_to_score(questions: Sequence[Question]) -> int:
    """Return how many tokens `likelihoods` will report as scored."""
    given = sum(len(tokens) + 1 for question in questions for tokens in question.candidates)
    alone = sum(len(tokens) + 1 for tokens in {tokens for question in questions for tokens in question.candidates})
    return given + alone


@dataclass(frozen=True)
class Likelihoods:
    """What a predictor thinks of every candidate of every question, each [questions, CANDIDATES], in nats."""

    given: Scored
    """ln p(turn, end | dialogue so far)."""
    alone: Scored
    """ln p(turn, end | nothing)."""


def likelihoods(
    predictor: Predictor[Context], end: int, questions: Sequence[Question], contexts: Sequence[Context], report: Report | None = None
) -> Likelihoods:
    """Return how likely every candidate is where its question stands, and after nothing.

    Args:
        predictor: Who judges.
        end: Id of the end-of-turn token, which stands before and after every turn.
        questions: One or more.
        contexts: For each question what the predictor keeps of the dialogue before the end-of-turn that opens its turn.
        report: Told of progress.
    """
    distinct = sorted({tokens for question in questions for tokens in question.candidates})
    alone = dict(zip(distinct, predictor.score([framed(tokens, end) for tokens in distinct], report=report).log_p, strict=True))
    rows = [framed(tokens, end) for question in questions for tokens in question.candidates]
    states = [state for question, state in zip(questions, contexts, strict=True) for _ in question.candidates]
    given = predictor.score(rows, initial=states, report=report).log_p.reshape(len(questions), CANDIDATES)
    return Likelihoods(given, np.array([[alone[tokens] for tokens in question.candidates] for question in questions]))


def elsewhere(questions: Sequence[Question], found: Likelihoods) -> Scored:
    """Return how likely every candidate is in other dialogues, [questions, CANDIDATES]: ln of its mean probability there.

    What is likely after nothing is what opens a dialogue, unless a net has learnt to begin anywhere. This asks nobody to begin
    anywhere: a turn's other contexts are those of the questions that offer it as a wrong answer, some 19 of them, the question's own
    left out. A turn that no other question offers is weighed by what it is after nothing.
    """
    offered: dict[Ids, list[tuple[int, float]]] = {}
    for number, question in enumerate(questions):
        for tokens, log_p in zip(question.candidates[1:], found.given[number, 1:].tolist(), strict=True):
            offered.setdefault(tokens, []).append((number, log_p))
    means = found.alone.copy()
    for number, question in enumerate(questions):
        for place, tokens in enumerate(question.candidates):
            others = [log_p for other, log_p in offered.get(tokens, ()) if other != number]
            if others:
                means[number, place] = np.logaddexp.reduce(others) - math.log(len(others))
    return means


def hits_at_1(gains: Scored) -> tuple[float, float]:
    """Return the share of questions whose true turn gains most by the context, and its standard error.

    A turn gains ln p(turn, end | dialogue so far) - ln p(turn, end | nothing), or what it is elsewhere instead of after nothing. A tie
    for the first place counts in part.

    Args:
        gains: Of each question's candidates, the true turn's first, [questions, CANDIDATES].
    """
    best = gains == gains.max(axis=1, keepdims=True)
    share = float((best[:, 0] / best.sum(axis=1)).mean())
    return share, math.sqrt(share * (1 - share) / len(gains))


def framed(tokens: Ids, end: int) -> Ids:
    """Return a turn with its end-of-turn before and after it."""
    return (end, *tokens, end)
