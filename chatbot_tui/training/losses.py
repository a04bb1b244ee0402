"""What the net is trained to lower: cross-entropy, fused with the output layer where memory traffic rules."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

CHUNK_ROWS = 256
"""Positions whose logits are held at once; 256 rows of 8,000 floats stay near the cache."""


class LinearCrossEntropy(torch.autograd.Function):
    """Mean cross-entropy of a linear output layer, with gradients computed in the forward pass, chunk by chunk.

    The logits of a whole batch never exist: for 4,096 positions and 8,000 tokens they would take 131 MB, written and read
    four times. Matrix products run in bfloat16, softmax and sums in float32.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        """Return the mean of -ln p(target) for hidden [N, D], weight [V, D], bias [V], targets [N]."""
        positions = hidden.shape[0]
        low_weight, low_hidden = weight.to(torch.bfloat16), hidden.to(torch.bfloat16)
        grad_hidden = torch.empty_like(low_hidden)
        grad_weight = torch.zeros_like(weight, dtype=torch.float32)
        grad_bias = torch.zeros_like(bias, dtype=torch.float32)
        total = weight.new_zeros((), dtype=torch.float32)
        for start in range(0, positions, CHUNK_ROWS):
            rows, target = low_hidden[start : start + CHUNK_ROWS], targets[start : start + CHUNK_ROWS, None]
            log_p = torch.log_softmax(torch.mm(rows, low_weight.t()).float().add_(bias), 1)
            total -= log_p.gather(1, target).sum()
            slope = log_p.exp_()  # by the logits, summed over positions: p - 1 at the target, p elsewhere
            slope.scatter_add_(1, target, torch.full_like(target, -1, dtype=slope.dtype))
            grad_bias += slope.sum(0)
            low = slope.to(torch.bfloat16)
            grad_hidden[start : start + CHUNK_ROWS] = torch.mm(low, low_weight)
            grad_weight += torch.mm(low.t(), rows).float()
        ctx.positions = positions
        ctx.save_for_backward(grad_hidden.to(hidden.dtype), grad_weight, grad_bias)
        return total / positions

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Scale the gradients that forward left, sums over positions."""
        grad_hidden, grad_weight, grad_bias = ctx.saved_tensors
        (grad,) = grads
        grad = grad / ctx.positions
        return grad_hidden * grad.to(grad_hidden.dtype), grad_weight * grad, grad_bias * grad, None


def counted(inputs: Tensor, targets: Tensor, end: int) -> Tensor:
    """Return which targets count, [time, batch]: all but an end-of-turn that follows an end-of-turn.

    Such a one opens the next dialogue, closes a turn of which the tokenizer kept nothing (the word stream drops punctuation), or fills
    up a row. A net that learned to predict it would answer with silence now and then.
    """
    return (inputs != end) | (targets != end)


def cross_entropy(hidden: Tensor, fc: torch.nn.Linear, targets: Tensor, mask: Tensor, *, fused: bool) -> Tensor:
    """Return the mean cross-entropy in nats a token, for hidden [time, batch, D], targets and mask [time, batch]; 0 where none counts."""
    rows, wanted = hidden[mask], targets[mask]
    if not len(wanted):
        # The mean of nothing is NaN, and one NaN gradient is the end of a net.
        return hidden.float().sum() * 0.0
    if fused:
        apply: Callable[..., Tensor] = LinearCrossEntropy.apply
        return apply(rows, fc.weight, fc.bias, wanted)
    return functional.cross_entropy(fc(rows).float(), wanted)
