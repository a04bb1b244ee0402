import math

import numpy as np
import pytest
import torch

from chatbot_tui.benchmarks.peers.settings import TransformerSettings
from chatbot_tui.benchmarks.peers.transformer import Transformer, width_of
from chatbot_tui.benchmarks.peers.transformer_learner import window_starts
from chatbot_tui.benchmarks.peers.transformer_scoring import Sliding, slide
from chatbot_tui.benchmarks.peers.voices import TransformerVoice
from chatbot_tui.core.errors import InputError

SIZE, CONTEXT = 11, 8


@pytest.fixture
def net() -> Transformer:
    torch.manual_seed(0)
    model = Transformer(SIZE, 8, TransformerSettings(num_layers=2, heads=2, context=CONTEXT)).double().eval().requires_grad_(False)
    for parameter in model.parameters():
        # Away from zero, so that attention matters.
        parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return model


def row(length: int, start: int = 0) -> list[int]:
    return [(3 * position * position + start) % SIZE for position in range(length)]


def log_p(net: Transformer, before: list[int], token: int) -> float:
    return float(net.fc(net.hidden(torch.tensor([before]))[0][0, -1]).log_softmax(dim=0)[token])


def slid(net: Transformer, tokens: list[int], first: int) -> float:
    """The sum over tokens from `first` on, each after what its window holds: at first 8 tokens, then in steps of 4."""
    total, scored = 0.0, first
    while scored < len(tokens):
        stop = min(len(tokens), max(scored + 4, 9))
        begin = max(stop - 9, 0)
        total += sum(log_p(net, tokens[begin:place], tokens[place]) for place in range(scored, stop))
        scored = stop
    return total


def test_a_token_does_not_see_what_comes_after_it(net: Transformer) -> None:
    whole = net.hidden(torch.tensor([row(8)]))[0]
    for length in range(1, 8):
        torch.testing.assert_close(net.hidden(torch.tensor([row(8)[:length]]))[0], whole[:, :length], rtol=0, atol=1e-12)


def test_keys_and_values_stand_for_the_tokens_read(net: Transformer) -> None:
    whole = net.hidden(torch.tensor([row(8)]))[0]
    _, past = net.hidden(torch.tensor([row(8)[:3]]))
    later, _ = net.hidden(torch.tensor([row(8)[3:]]), past)
    torch.testing.assert_close(later, whole[:, 3:], rtol=0, atol=1e-12)


def test_the_voice_gives_the_logits_of_the_whole_text(net: Transformer) -> None:
    voice = TransformerVoice(net)
    for _ in range(2):
        voice.restart()
        voice.read(row(3))
        logits = [voice.read([token]) for token in row(12)[3:]]
        wanted = net.fc(net.hidden(torch.tensor([row(8)]))[0][0, 3:])
        np.testing.assert_allclose(logits[:5], wanted.numpy(), rtol=0, atol=1e-12)
        # The ninth token does not fit: the last four, itself among them, are read anew.
        np.testing.assert_allclose(logits[5], net.fc(net.hidden(torch.tensor([row(12)[5:9]]))[0][0, -1]).numpy(), rtol=0, atol=1e-12)
        np.testing.assert_allclose(logits[8], net.fc(net.hidden(torch.tensor([row(12)[5:12]]))[0][0, -1]).numpy(), rtol=0, atol=1e-12)


def test_rows_are_scored_through_windows(net: Transformer) -> None:
    rows = [row(length, length) for length in (0, 1, 2, 8, 9, 10, 13, 14, 30)]
    found = Sliding(net).score(rows)
    assert found.log_p.tolist() == pytest.approx([slid(net, tokens, 1) for tokens in rows], abs=1e-9)


@pytest.mark.parametrize("length", [2, 9, 10, 13, 40])
@pytest.mark.parametrize("first", [1, 5, 9])
def test_every_token_is_scored_once_after_at_least_half_a_context(length: int, first: int) -> None:
    tokens = tuple(range(length))
    scored: list[int] = []
    for window in slide(0, tokens, first, CONTEXT):
        assert len(window.tokens) <= CONTEXT + 1
        own = window.tokens[window.first :]
        scored += own
        for place, token in enumerate(own, window.first):
            assert place >= min(token, CONTEXT // 2)
    assert scored == list(range(first, length))


def test_candidates_follow_their_context(net: Transformer) -> None:
    said = row(20, 5)
    kept = Sliding(net).score([said], keep=[(0, 3), (0, 15)]).states
    assert kept == {(0, 3): tuple(said[:3]), (0, 15): tuple(said[7:15])}
    rows = [row(3, 1), row(4, 2), row(2, 3), row(4, 9), row(7, 4)]
    initial = [kept[0, 15]] * 3 + [kept[0, 3]] + [kept[0, 15]]
    found = Sliding(net).score(rows, initial=initial)
    # The longest of the first three has four tokens, so four of the context are left to them; the last has seven and slides.
    wanted = [
        *(sum(log_p(net, said[11:15] + one[:place], one[place]) for place in range(1, len(one))) for one in rows[:3]),
        sum(log_p(net, said[:3] + rows[3][:place], rows[3][place]) for place in range(1, 4)),
        slid(net, said[7:15] + rows[4], 9),
    ]
    assert found.log_p.tolist() == pytest.approx(wanted, abs=1e-9)


def test_progress_counts_every_scored_token(net: Transformer) -> None:
    told: list[int] = []
    Sliding(net).score([row(30), row(5), row(1)], report=told.append)
    assert sum(told) == 33


def test_windows_begin_where_dialogues_do() -> None:
    # Dialogues of 5, 12 and 6 tokens; 0 is the end-of-turn, and two in a row are where one dialogue ends and the next begins.
    stream = np.array([0, 1, 2, 3, 0, 0, 1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 1, 2, 0, 3, 0], np.int32)
    # From 0, 5, 5 + 8 and 17, but so that 8 inputs and a target fit: the last begins at 23 - 9.
    assert window_starts(stream, 0, 8).tolist() == [0, 5, 13, 14]
    with pytest.raises(InputError, match="too few for a context"):
        window_starts(stream, 0, 23)


def test_the_width_is_the_largest_that_fits() -> None:
    settings = TransformerSettings(num_layers=2, heads=2, context=CONTEXT)
    for parameters in (2_000, 3_000, 10_000):
        width = width_of(settings, SIZE, parameters)
        sizes = [sum(tensor.numel() for tensor in Transformer(SIZE, wide, settings).parameters()) for wide in (width, width + 2)]
        assert sizes[0] <= parameters < sizes[1]
    with pytest.raises(InputError, match="give more with --parameters"):
        width_of(settings, SIZE, 10)


def test_weights_begin_as_in_gpt_2() -> None:
    torch.manual_seed(0)
    fresh = Transformer(200, 64, TransformerSettings(num_layers=8, heads=4, context=64))
    for name, parameter in fresh.named_parameters():
        if parameter.dim() > 1:
            # What is added to the stream 2 * 8 times over begins at a quarter of .02. Of 4,096 numbers or more the spread is within 4 %.
            added = name.endswith(("attention_output.weight", "narrow.weight"))
            assert float(parameter.detach().std()) == pytest.approx(0.005 if added else 0.02, rel=0.04)
        else:
            assert torch.equal(parameter, torch.full_like(parameter, float(name.endswith("norm.weight"))))


def test_an_untrained_net_knows_nothing() -> None:
    torch.manual_seed(0)
    fresh = Transformer(SIZE, 8, TransformerSettings(num_layers=2, heads=2, context=CONTEXT)).eval().requires_grad_(False)
    # Initial logits are within a few hundredths of each other.
    assert -Sliding(fresh).score([row(30)]).log_p[0] / 29 == pytest.approx(math.log(SIZE), abs=0.05)
