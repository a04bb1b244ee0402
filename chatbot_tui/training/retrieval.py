"""Does the net use what was said before? Ranks the true turn among turns of other conversations."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from chatbot_tui.training.scoring import Context, Predictor, Report

Ids: TypeAlias = tuple[int, ...]
Place: TypeAlias = tuple[int, int]
"""A turn: (dialogue, position in it)."""

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
    """Return how many tokens `hits_at_1` will report as scored."""
    given = sum(len(tokens) + 1 for question in questions for tokens in question.candidates)
    alone = sum(len(tokens) + 1 for tokens in {tokens for question in questions for tokens in question.candidates})
    return given + alone


def hits_at_1(
    predictor: Predictor[Context], end: int, questions: Sequence[Question], contexts: Sequence[Context], report: Report | None = None
) -> tuple[float, float]:
    """Return the share of questions whose true turn ranks first, and its standard error.

    A turn's score is ln p(turn, end | dialogue so far) - ln p(turn, end | nothing): how much likelier the context makes it. A tie
    for the first place counts in part.

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
    gains = given - np.array([[alone[tokens] for tokens in question.candidates] for question in questions])
    best = gains == gains.max(axis=1, keepdims=True)
    share = float((best[:, 0] / best.sum(axis=1)).mean())
    return share, math.sqrt(share * (1 - share) / len(questions))


def framed(tokens: Ids, end: int) -> Ids:
    """Return a turn with its end-of-turn before and after it."""
    return (end, *tokens, end)
