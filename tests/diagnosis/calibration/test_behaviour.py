import math

import numpy as np
import pytest
import torch

from chatbot_tui.diagnosis.calibration.behaviour import carried_loss, describe, fresh_loss, loops_in, ngrams, overlap, reply
from chatbot_tui.diagnosis.calibration.texts import Text
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel


def says(*logits: float) -> LanguageModel:
    """Return a net of four tokens that always gives these logits."""
    model = LanguageModel(ModelConfig(vocab_size=len(logits), embedding_dim=2, hidden_dim=2, init="zeros"))
    with torch.no_grad():
        model.fc.bias.copy_(torch.tensor(logits))
    return model.eval()


def test_the_loss_of_a_uniform_net_is_the_logarithm_of_its_vocabulary() -> None:
    stream = np.arange(200, dtype=np.int32) % 4
    text = Text(("a", "b", "c", "d"), (), (((0, 1, 2), (3,)),), None, None, None)
    with torch.no_grad():
        assert carried_loss(says(0.0, 0.0, 0.0, 0.0), stream) == pytest.approx(math.log(4))
        assert fresh_loss(says(0.0, 0.0, 0.0, 0.0), text, text.held_out) == pytest.approx(math.log(4))


def test_without_a_dialogue_of_two_tokens_no_fresh_loss_is_known() -> None:
    text = Text(("a", "b"), (), (((0,),),), None, None, None)
    assert math.isnan(fresh_loss(says(0.0, 0.0), text, text.held_out))


@torch.no_grad()
def test_greedily_the_likeliest_token_is_said_that_is_not_banned() -> None:
    prompts = torch.zeros(8, 3, dtype=torch.long)
    assert reply(says(3.0, 2.0, 1.0, 0.0), prompts, (), 0, greedy=True) == ((0,) * 40,) * 3
    assert reply(says(3.0, 2.0, 1.0, 0.0), prompts, (0,), 0, greedy=True) == ((1,) * 40,) * 3


@torch.no_grad()
def test_sampled_replies_are_a_function_of_the_seed() -> None:
    prompts = torch.zeros(8, 3, dtype=torch.long)
    first, again, other = (reply(says(0.0, 0.0, 0.0, 0.0), prompts, (), seed, greedy=False) for seed in (1, 1, 2))
    assert first == again != other


def test_replies_end_at_the_first_end_token() -> None:
    found = describe([[1, 2, 0, 3], [0, 1, 1, 1], [1, 2, 0, 0]], 0, frozenset())
    assert found.distinct == 2
    assert found.empty == pytest.approx(1 / 3)
    assert (found.top_token, found.top_share) == (1, 0.5)  # 1 2 and 1 2: two of four tokens each, the first of equals.


def test_a_loop_is_a_unit_three_times_over_twelve_tokens() -> None:
    assert loops_in([5] * 12)
    assert not loops_in([5] * 11)
    assert loops_in([1, 2, 3, 4] * 3)
    assert not loops_in([1, 2, 3, 4, 1, 2, 3, 4, 9, 9])


def test_overlap_is_the_share_of_sixgrams_that_are_known() -> None:
    known = ngrams(list(range(10)))
    # 0..6 has the two 6-grams 0-5 and 1-6, both known; 4..8, 0, 1 the two 4-8 0 and 5-8 0 1, neither.
    assert overlap([[0, 1, 2, 3, 4, 5, 6]], known) == 1.0
    assert overlap([[0, 1, 2, 3, 4, 5, 6], [4, 5, 6, 7, 8, 0, 1]], known) == 0.5
    assert overlap([[1, 2]], known) == 0.0
