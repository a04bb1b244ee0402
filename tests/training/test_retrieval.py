import math

import pytest
import torch
from torch import Tensor

from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.retrieval import CANDIDATES, QUESTIONS, Ids, draw_questions, hits_at_1, tokens_to_score
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
    share, error = hits_at_1(Recurrent(net), end, questions, [before.states[row, 4] for row in range(len(places))], told.append)

    # All turns have three tokens, so all candidates of all questions fit side by side.
    candidates = [(question, ids) for question in questions for ids in question.candidates]
    given = sums(net, [(end, *text[question.place[0]][0], end, *ids, end) for question, ids in candidates], first=4)
    alone = sums(net, [(end, *ids, end) for _, ids in candidates], first=0)
    best = (given - alone).reshape(-1, CANDIDATES).argmax(dim=1)
    hits = int((best == 0).sum())
    assert share == pytest.approx(hits / len(questions), abs=1e-12)
    assert error == pytest.approx(math.sqrt(share * (1 - share) / len(questions)), abs=1e-12)
    assert sum(told) == tokens_to_score(questions)
