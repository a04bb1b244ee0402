import math

import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.signals.sensitivity import likely_prompts, probe_prompts, prompt_sensitivity


def test_prompts_are_the_same_every_time_and_keep_off_excluded_tokens() -> None:
    prompts = probe_prompts(50, [0, 7])
    assert prompts.shape == (8, 32)
    assert torch.equal(prompts, probe_prompts(50, [0, 7]))
    assert set(prompts.flatten().tolist()) <= set(range(50)) - {0, 7}
    # 256 draws from 48 tokens reach nearly all of them.
    assert len(set(prompts.flatten().tolist())) > 40


def test_a_vocabulary_without_a_token_to_say_is_refused() -> None:
    with pytest.raises(InputError, match="banned"):
        probe_prompts(2, [0, 1])


def biased(bias: list[float]) -> LanguageModel:
    """Return a net that expects each token as the softmax of `bias` says, whatever it reads."""
    net = LanguageModel(ModelConfig(len(bias), 4, 5, init="zeros")).eval()
    net.fc.bias.data.copy_(torch.tensor(bias))
    return net


def test_likely_prompts_hold_each_word_as_often_as_the_net_expects_it() -> None:
    # Token 0 is expected e^3 times as often as each of the 19 others: e^3 / (e^3 + 19) = .514 of nine tenths, and a twentieth of the
    # tenth that is drawn evenly: .467 of 256 draws, 120 on average with a standard deviation of 8.
    net = biased([3.0] + [0.0] * 19)
    prompts = likely_prompts(net, ())
    assert prompts.shape == (8, 32)
    assert 88 < int((prompts == 0).sum()) < 152
    assert torch.equal(prompts, likely_prompts(net, ()))


def test_likely_prompts_keep_off_excluded_tokens_and_are_never_all_the_same() -> None:
    net = biased([50.0, 40.0] + [0.0] * 18)
    assert 0 not in likely_prompts(net, [0])
    prompts = likely_prompts(net, ())
    assert (prompts == 0).double().mean() > 0.8
    assert len({tuple(prompt) for prompt in prompts.T.tolist()}) > 10
    with pytest.raises(InputError, match="banned"):
        likely_prompts(net, range(20))


def test_where_the_net_expects_nothing_that_is_a_number_prompts_are_drawn_evenly() -> None:
    assert torch.equal(likely_prompts(biased([float("nan")] + [0.0] * 19), ()), probe_prompts(20, ()))


def test_a_net_of_zeros_does_not_depend_on_its_prompt() -> None:
    net = LanguageModel(ModelConfig(20, 4, 5, init="zeros")).eval()
    assert prompt_sensitivity(net, probe_prompts(20, [])) == pytest.approx(0, abs=1e-12)


def test_a_net_that_answers_with_certainty_by_its_last_token() -> None:
    net = LanguageModel(ModelConfig(4, 4, 4)).eval()
    # i and o open, f shut: h = tanh(tanh(g)) of the last token alone; g = 40 at the unit of that token.
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.zero_()
        net.embedding.weight.copy_(torch.eye(4))
        weight, _, bias, _ = net.layer_weights(0)
        weight[8:12] = 40 * torch.eye(4)
        bias[0:4], bias[4:8], bias[12:16] = 40, -40, 40
        net.fc.weight.copy_(200 * torch.eye(4))
    prompts = torch.zeros(8, 32, dtype=torch.int64)
    prompts[-1, :16] = 1
    prompts[-1, 16:24] = 2
    # Half of the answers are 1, a quarter 2, a quarter 0, each certain: H of the mean is 1.5 ln 2.
    assert prompt_sensitivity(net, prompts) == pytest.approx(1.5 * math.log(2), abs=1e-9)
