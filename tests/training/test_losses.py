import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training import losses
from chatbot_tui.training.losses import counted, cross_entropy
from chatbot_tui.training.stream import encode_corpus

ROUNDING = 2**-8
"""Largest relative error of rounding to bfloat16, whose significands have 8 bits."""


def random_case(positions: int, width: int = 16, vocabulary: int = 50) -> tuple[Tensor, nn.Linear, Tensor]:
    torch.manual_seed(positions)
    hidden = torch.rand(positions, 1, width) * 2 - 1
    return hidden, nn.Linear(width, vocabulary), torch.randint(vocabulary, (positions, 1))


def gradients(hidden: Tensor, fc: nn.Linear, targets: Tensor, *, fused: bool) -> tuple[float, list[Tensor]]:
    leaf = hidden.clone().requires_grad_()
    loss = cross_entropy(leaf, fc, targets, torch.ones_like(targets, dtype=torch.bool), fused=fused)
    # A factor, so that backward has something to scale.
    found = torch.autograd.grad(3 * loss, [leaf, fc.weight, fc.bias])
    return float(loss.detach()), list(found)


@pytest.mark.parametrize("positions", [1, 63, 64, 65, 200])
def test_fused_agrees_with_the_plain_loss(monkeypatch: pytest.MonkeyPatch, positions: int) -> None:
    monkeypatch.setattr(losses, "CHUNK_ROWS", 64)
    hidden, fc, targets = random_case(positions)
    plain, expected = gradients(hidden, fc, targets, fused=False)
    fused, found = gradients(hidden, fc, targets, fused=True)
    # |hidden| <= 1 and |weight| <= 1/4 (nn.Linear draws from U(-1/sqrt(16), 1/sqrt(16))), 16 products a logit. Hidden, weight and logit
    # are rounded once each, so a logit is off by at most 16 * 1/4 * 3 roundings, and -ln p by twice that.
    logit_error = 16 / 4 * 3 * ROUNDING
    assert fused == pytest.approx(plain, abs=2 * logit_error)
    # Softmax errs by a factor of at most e^(2 * logit error); the largest gradient entry is |p - 1| <= 1 times the factor in `bound`.
    off = math.expm1(2 * logit_error) + 3 * ROUNDING
    for name, bound, before, after in zip(("hidden", "weight", "bias"), (1 / 4, 1.0, 1.0), expected, found, strict=True):
        assert after.shape == before.shape
        assert after.dtype == before.dtype, name
        # Norms: single entries near 0 may be wrong by more than their size.
        assert float((after - before).norm()) <= off * float(before.norm()) + 1e-6, name
        assert float(after.abs().max()) <= 3 * bound * (1 + off), name


def test_gradients_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden, fc, targets = random_case(130)
    one_loss, in_one = gradients(hidden, fc, targets, fused=True)
    monkeypatch.setattr(losses, "CHUNK_ROWS", 50)
    loss, in_many = gradients(hidden, fc, targets, fused=True)
    # float32 sums in another order; grad_hidden is made row by row and rounds alike. The weight's sum rounds each chunk to bfloat16.
    assert loss == pytest.approx(one_loss, rel=1e-5)
    assert torch.equal(in_one[0], in_many[0])
    torch.testing.assert_close(in_one[1], in_many[1], rtol=2 * ROUNDING, atol=2 * ROUNDING * float(in_one[1].abs().max()))
    torch.testing.assert_close(in_one[2], in_many[2], rtol=1e-4, atol=1e-6)


def test_a_flat_layer_loses_the_logarithm_of_its_vocabulary() -> None:
    hidden, fc, targets = random_case(9)
    nn.init.zeros_(fc.weight)
    nn.init.zeros_(fc.bias)
    everything = torch.ones_like(targets, dtype=torch.bool)
    for fused in (False, True):
        assert cross_entropy(hidden, fc, targets, everything, fused=fused).item() == pytest.approx(math.log(50), abs=1e-5)


def test_only_the_opening_of_a_dialogue_does_not_count() -> None:
    end = 0
    stream = torch.tensor([end, 5, end, 6, end, end, 5, end])[:, None]
    # The end-of-turn at position 5 follows another one: it opens a dialogue.
    assert counted(stream[:-1], stream[1:], end)[:, 0].tolist() == [True, True, True, True, False, True, True]


def test_the_end_of_a_turn_of_which_nothing_was_kept_does_not_count() -> None:
    tokenizer = Tokenizer.train_words(["a"], 3)
    # The word stream drops punctuation: end a end, then nothing and its end, then a and its end.
    stream = torch.from_numpy(encode_corpus([["a", "...", "a"]], tokenizer).tokens).long()[:, None]
    assert stream[:, 0].tolist() == [0, 2, 0, 0, 2, 0]
    assert counted(stream[:-1], stream[1:], 0)[:, 0].tolist() == [True, True, False, True, True]


@pytest.mark.parametrize("fused", [False, True])
def test_what_does_not_count_changes_nothing(fused: bool) -> None:
    hidden, fc, targets = random_case(20)
    mask = (torch.arange(20) % 3 > 0)[:, None]
    some = cross_entropy(hidden, fc, targets, mask, fused=fused)
    alone = cross_entropy(hidden[mask][:, None], fc, targets[mask][:, None], torch.ones(13, 1, dtype=torch.bool), fused=fused)
    assert some.item() == alone.item()
    if not fused:
        assert some.item() == pytest.approx(functional.cross_entropy(fc(hidden[mask]), targets[mask]).item(), abs=1e-7)


@pytest.mark.parametrize("fused", [False, True])
def test_where_nothing_counts_nothing_is_learnt(fused: bool) -> None:
    hidden, fc, targets = random_case(4)
    leaf = hidden.requires_grad_()
    loss = cross_entropy(leaf, fc, targets, torch.zeros(4, 1, dtype=torch.bool), fused=fused)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
    assert loss.item() == 0.0
    assert leaf.grad is not None
    assert torch.equal(leaf.grad, torch.zeros_like(leaf))
