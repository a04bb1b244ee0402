from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from chatbot_tui.benchmarks.peers.awd_lstm import AwdLstm, AwdNet, config_of, locked
from chatbot_tui.benchmarks.peers.settings import AwdLstmSettings, WordLanguageModelSettings, settings_of
from chatbot_tui.benchmarks.peers.voices import RecurrentVoice
from chatbot_tui.benchmarks.peers.word_language_model import WordLanguageModel
from chatbot_tui.core.errors import InputError
from tests.benchmarks.peers.tiny import PARAMETERS, SMALL, text


def word_model(**changes: float) -> WordLanguageModel:
    settings = settings_of("word-language-model", SMALL["word-language-model"] | changes)
    assert isinstance(settings, WordLanguageModelSettings)
    return WordLanguageModel(settings, text(), 0)


def awd(**changes: float) -> AwdLstm:
    settings = settings_of("awd-lstm", SMALL["awd-lstm"] | changes)
    assert isinstance(settings, AwdLstmSettings)
    return AwdLstm(settings, text(), 0, PARAMETERS)


def weights(learner: WordLanguageModel | AwdLstm) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in learner.model.parameters()]


def test_the_rate_is_divided_whenever_the_held_out_loss_has_not_fallen() -> None:
    learner = word_model(learning_rate=8.0, anneal=4.0)
    losses = iter([3.0, 2.0, 2.5, 1.9, 2.0])
    learner._loss_of_held_out = lambda: next(losses)  # type: ignore[method-assign]  # the losses are the test's
    rates = []
    for _ in range(5):
        learner.look()
        learner.step(0.0)
        rates.append(learner.learning_rate)
    assert rates == [8.0, 8.0, 2.0, 2.0, 0.5]


def test_the_best_weights_are_kept() -> None:
    learner = word_model()
    losses = iter([2.0, 1.0, 3.0])
    learner._loss_of_held_out = lambda: next(losses)  # type: ignore[method-assign]  # the losses are the test's
    learner.look()
    learner.step(0.0)
    best = weights(learner)
    learner.look()
    learner.step(0.0)
    learner.conclude()
    assert all(torch.equal(one, other) for one, other in zip(best, weights(learner), strict=True))


def test_a_step_is_the_clipped_gradient_times_the_rate() -> None:
    learner = word_model(clip_norm=1e-3, learning_rate=10.0)
    before = weights(learner)
    learner.step(0.0)
    change = torch.cat([(one - other).flatten() for one, other in zip(before, weights(learner), strict=True)])
    assert float(change.norm()) == pytest.approx(1e-2, rel=1e-3)


def test_some_rows_begin_anew() -> None:
    learner = word_model(reset=1.0)
    learner.step(0.0)
    learner._next_window()
    assert not any(part.any() for part in learner._state)
    carried = word_model(reset=0.0)
    carried.step(0.0)
    carried._next_window()
    assert all(part.any() for part in carried._state)


def test_an_unregularised_net_is_the_plain_one() -> None:
    torch.manual_seed(0)
    net = AwdNet(config_of(AwdLstmSettings(), 20, 5_000))
    none = replace(AwdLstmSettings(), word_dropout=0.0, input_dropout=0.0, hidden_dropout=0.0, output_dropout=0.0, weight_drop=0.0)
    tokens = torch.arange(12).reshape(6, 2)
    dropped, raw, state = net.regularised(tokens, net.zero_state(2), none)
    plain, plain_state = net.eval().hidden(tokens)
    torch.testing.assert_close(dropped, plain)
    torch.testing.assert_close(raw, plain)
    torch.testing.assert_close(torch.stack(state), torch.stack(plain_state))


def test_the_net_has_the_papers_proportions_and_no_more_parameters() -> None:
    config = config_of(AwdLstmSettings(), 8_000, 8_500_000)
    sizes = [
        sum(int(np.prod(shape)) for shape in config_of(AwdLstmSettings(), 8_000, parameters).shapes().values())
        for parameters in (8_500_000, 8_600_000)
    ]
    assert 8_350_000 < sizes[0] <= 8_500_000 < sizes[1] <= 8_600_000
    assert config.units == (config.hidden_dim, config.hidden_dim, config.embedding_dim)
    assert config.hidden_dim == round(config.embedding_dim * 1150 / 400)
    with pytest.raises(InputError, match="give more with --parameters"):
        config_of(AwdLstmSettings(), 8_000, 10_000)


def test_the_penalties_are_those_of_the_paper() -> None:
    learner = awd(activation_penalty=2.0, temporal_penalty=0.5)
    inputs, targets = learner._next_window()
    shape = (*inputs.shape, learner.net.config.output_dim)
    # What the output layer reads has a mean square of 9; what the last layer gave goes 0, 2, 4, ... and so changes by 2, squared 4.
    features = torch.full(shape, 3.0)
    raw = torch.arange(len(inputs)).mul(2.0)[:, None, None].expand(shape)
    learner.net.regularised = lambda *_: (features, raw, learner._state)  # type: ignore[method-assign]  # the outputs are the test's
    nats, loss, _ = learner._losses(inputs, targets, torch.ones_like(inputs, dtype=torch.bool))
    assert float((loss - nats).detach()) == pytest.approx(2.0 * 9 + 0.5 * 4, rel=1e-5)


NONE = replace(AwdLstmSettings(), word_dropout=0.0, input_dropout=0.0, hidden_dropout=0.0, output_dropout=0.0, weight_drop=0.0)


@pytest.mark.parametrize(
    "some",
    [
        replace(NONE, word_dropout=0.5),
        replace(NONE, input_dropout=0.5),
        replace(NONE, hidden_dropout=0.5),
        replace(NONE, output_dropout=0.5),
        replace(NONE, weight_drop=0.5),
    ],
)
def test_each_kind_of_dropout_leaves_something_out(some: AwdLstmSettings) -> None:
    torch.manual_seed(0)
    net = AwdNet(config_of(AwdLstmSettings(), 20, 5_000)).train()
    tokens, state = torch.arange(12).reshape(6, 2), net.zero_state(2)
    plain, _, _ = net.regularised(tokens, state, NONE)
    left, _, _ = net.regularised(tokens, state, some)
    assert not torch.allclose(left, plain)


def test_a_word_is_dropped_wherever_it_stands() -> None:
    torch.manual_seed(0)
    net = AwdNet(config_of(AwdLstmSettings(), 20, 5_000)).train()
    # The rows hold the same words, so that they stay the same whichever of them are left out.
    features, _, _ = net.regularised(torch.arange(12)[:, None].expand(12, 3), net.zero_state(3), replace(NONE, word_dropout=0.5))
    assert torch.equal(features, features[:, :1].expand_as(features))


@pytest.mark.parametrize("make", [word_model, awd])
def test_weights_begin_as_in_both_recipes(make: Callable[[], WordLanguageModel | AwdLstm]) -> None:
    model = make().model
    for matrix in (model.embedding.weight, model.fc.weight):
        # Uniform between -.1 and .1: of hundreds of numbers the largest come near the ends.
        assert 0.095 < float(matrix.detach().abs().max()) <= 0.1
    assert not model.fc.bias.any()
    for layer, cells in enumerate(model.config.units):
        for weight in model.layer_weights(layer):
            assert 0.9 * cells**-0.5 < float(weight.detach().abs().max()) <= cells**-0.5


def test_locked_dropout_spares_or_drops_a_unit_at_all_steps() -> None:
    torch.manual_seed(0)
    dropped = locked(torch.ones(5, 3, 40), 0.5)
    assert torch.equal(dropped, dropped[:1].expand_as(dropped))
    assert set(dropped.flatten().tolist()) == {0.0, 2.0}


def test_weights_are_averaged_once_a_loss_is_worse_than_long_before() -> None:
    learner = awd(patience=2, average_from=1.0)
    losses = iter([3.0, 2.0, 2.5, 2.6, 2.1, 2.2])
    seen: list[list[torch.Tensor]] = []

    def loss() -> float:
        seen.append(weights(learner))
        return next(losses)

    learner._loss_of_held_out = loss  # type: ignore[method-assign]  # the losses are the test's
    # At 2.6 only 3.0 came before the last two losses; at 2.1 also 2.0, which is better: from here on.
    for _ in range(5):
        learner.step(0.0)
        learner.look()
    assert all(torch.equal(one, other) for one, other in zip(seen[-1], weights(learner), strict=True))
    points = [weights(learner)]
    for _ in range(2):
        learner.step(0.0)
        points.append(weights(learner))
    learner.look()
    for mean, *others in zip(seen[-1], *points, strict=True):
        torch.testing.assert_close(mean, torch.stack(others).mean(dim=0))
    # The training goes on from where it was, not from the average.
    assert all(torch.equal(one, other) for one, other in zip(points[-1], weights(learner), strict=True))


def test_weights_are_averaged_in_the_last_part_of_the_budget() -> None:
    learner = awd(average_from=0.5)
    learner.step(0.4)
    assert not learner._average
    points = []
    for spent in (0.5, 0.9):
        learner.step(spent)
        points.append(weights(learner))
    for mean, one, other in zip(learner._average, *points, strict=True):
        torch.testing.assert_close(mean, (one + other) / 2)


def test_windows_vary_in_length_and_the_rate_with_them() -> None:
    learner = awd(sequence_length=40, batch_size=1, learning_rate=4.0)
    lengths = []
    for _ in range(12):
        before = learner.tokens
        learner.step(0.0)
        lengths.append(learner.tokens - before)
        assert learner.learning_rate == pytest.approx(4.0 * lengths[-1] / 40)
    assert len(set(lengths)) > 3
    assert min(lengths) > 0


def test_the_voice_carries_its_state() -> None:
    net = word_model().model.eval().requires_grad_(False)
    tokens = [0, 3, 5, 2, 7]
    wanted = net(torch.tensor(tokens)[:, None])[0][:, 0].double().numpy()
    voice = RecurrentVoice(net)
    for _ in range(2):
        voice.restart()
        np.testing.assert_allclose(voice.read(tokens[:2]), wanted[1], rtol=0, atol=1e-5)
        for place in range(2, 5):
            np.testing.assert_allclose(voice.read([tokens[place]]), wanted[place], rtol=0, atol=1e-5)
