import math

import numpy as np
import pytest
import torch
from torch import Tensor

from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.retrieval import (
    CANDIDATES,
    QUESTIONS,
    Ids,
    Likelihoods,
    Question,
    draw_questions,
    elsewhere,
    hits_at_1,
    likelihoods,
    tokens_to_score,
)
from chatbot_tui.training.scoring import Recurrent, score


def dialogues(count: int, turns: int) -> list[list[Ids]]:
    return [[(1 + dialogue % 50, 60 + turn, 80 + dialogue // 50) for turn in range(turns)] for dialogue in range(count)]


def sums(net: LanguageModel, rows: list[Ids], first: int) -> Tensor:
    """ln p of the tokens after the first + 1 of each row; rows of one length."""
    tokens = torch.tensor(rows).t()
    log_p: Tensor = net(tokens[:-1])[0].log_softmax(dim=2).gather(2, tokens[1:, :, None])[..., 0]
    return log_p[first:].sum(dim=0)


def test_candidates_are_the_true_turn_and_19_different_ones_of_other_dialogues() -> None:
    text = dialogues(40, 3)
    questions = draw_questions(text)
    assert len({question.place for question in questions}) == len(questions) == 80
    for question in questions:
        dialogue, turn = question.place
        assert turn > 0
        assert question.candidates[0] == text[dialogue][turn]
        assert len(set(question.candidates)) == len(question.candidates) == CANDIDATES
        assert not set(question.candidates[1:]) & set(text[dialogue])


def test_at_most_a_thousand_questions_and_the_same_every_time() -> None:
    text = dialogues(600, 3)
    assert len(draw_questions(text)) == QUESTIONS == 1000
    assert draw_questions(text) == draw_questions(text)


def test_too_few_different_turns_give_no_question() -> None:
    assert draw_questions([[(1,), (2,)]] * 100) == []
    assert draw_questions(dialogues(1, 100)) == []
    assert draw_questions([]) == []


def test_turns_without_tokens_are_left_out() -> None:
    text = dialogues(40, 2)
    text[3][1] = ()
    assert all(() not in question.candidates for question in draw_questions(text))


def test_the_context_decides() -> None:
    torch.manual_seed(1)
    net = LanguageModel(ModelConfig(90, 8, 12)).double().eval().requires_grad_(False)
    text, end = dialogues(30, 2), 0
    questions = draw_questions(text)
    places = [question.place for question in questions]
    before = score(net, [(end, *text[dialogue][0], end) for dialogue, _ in places], keep=[(row, 4) for row in range(len(places))])
    told: list[int] = []
    contexts = [before.states[row, 4] for row in range(len(places))]
    found = likelihoods(Recurrent(net), end, questions, contexts, told.append)
    share, error = hits_at_1(found.given - found.alone)

    # All turns have three tokens, so all candidates of all questions fit side by side.
    candidates = [(question, ids) for question in questions for ids in question.candidates]
    given = sums(net, [(end, *text[question.place[0]][0], end, *ids, end) for question, ids in candidates], first=4)
    alone = sums(net, [(end, *ids, end) for _, ids in candidates], first=0)
    best = (given - alone).reshape(-1, CANDIDATES).argmax(dim=1)
    hits = int((best == 0).sum())
    assert share == pytest.approx(hits / len(questions), abs=1e-12)
    assert error == pytest.approx(math.sqrt(share * (1 - share) / len(questions)), abs=1e-12)
    assert sum(told) == tokens_to_score(questions)


def offering(*turns: int) -> Question:
    """A question whose candidates are the given turns, the true one first, and others that no other question has."""
    others = [(1000 * (1 + turns[0]) + number,) for number in range(CANDIDATES - len(turns))]
    return Question((turns[0], 1), (*((turn,) for turn in turns), *others))


def test_a_tie_for_the_first_place_counts_in_part() -> None:
    # First alone, first beside one other, second, and all of them as likely: (1 + 1 / 2 + 0 + 1 / 20) / 4.
    gains = np.zeros((4, CANDIDATES))
    gains[0, 0] = gains[1, 0] = gains[1, 7] = gains[2, 3] = 1.0
    assert hits_at_1(gains)[0] == pytest.approx(0.3875)


def test_elsewhere_is_the_mean_over_the_other_questions_that_offer_a_turn() -> None:
    questions = [offering(1, 2, 3), offering(2, 1), offering(3, 2, 1)]
    given = np.full((3, CANDIDATES), -9.0)
    # Turn 1 has .9 where it is right, .2 and .4 elsewhere; turn 2 .5, and .1 and .3; turn 3 .8, and .6.
    given[0, :3], given[1, :2], given[2, :3] = np.log([0.9, 0.1, 0.6]), np.log([0.5, 0.2]), np.log([0.8, 0.3, 0.4])
    found = elsewhere(questions, Likelihoods(given, np.full_like(given, -5.0)))
    # Never the question's own context: turn 2 is a wrong answer to the first question, and is weighed by the third's .3 alone.
    assert np.exp(found[0, :3]).tolist() == pytest.approx([0.3, 0.3, math.exp(-5)])
    assert np.exp(found[1, :2]).tolist() == pytest.approx([0.2, 0.4])
    assert np.exp(found[2, :3]).tolist() == pytest.approx([0.6, 0.1, 0.2])
    # What nobody else offers is weighed by what it is after nothing.
    assert set(found[:, 3:].flatten()) == {-5.0}


def test_a_net_that_can_only_open_dialogues_is_not_blamed_for_it() -> None:
    # Each net thinks as well of the right turn in its place: e times as likely as of that turn elsewhere. One thinks turns unlikely
    # after nothing, the more so the less they open a dialogue, and their gains then say how seldom they open one.
    questions = draw_questions(dialogues(40, 2))
    given = np.full((len(questions), CANDIDATES), -8.0)
    given[:, 0] += 1.0
    oddness = {tokens: number % 7 for number, tokens in enumerate(sorted({tokens for one in questions for tokens in one.candidates}))}
    alone = np.array([[-8.0 - 3 * oddness[tokens] for tokens in one.candidates] for one in questions])
    found = Likelihoods(given, alone)
    assert hits_at_1(given - alone)[0] < 0.3
    assert hits_at_1(given - elsewhere(questions, found))[0] == 1.0
