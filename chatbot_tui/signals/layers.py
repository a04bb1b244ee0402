"""What every layer holds and how its gates stand while a net reads many prompts at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from chatbot_tui.model.lstm import ACTIVATIONS, LanguageModel, State


@dataclass(frozen=True)
class LayerTrace:
    """One layer over all prompts."""

    h: npt.NDArray[np.float32]
    """Hidden states after the last token, [prompts, units]."""
    gates: npt.NDArray[np.float32]
    """Activations after every token, [time, prompts, 4, units], in the order i, f, g, o."""


def layer_traces(model: LanguageModel, tokens: Tensor, state: State | None = None) -> list[LayerTrace]:
    """Read tokens [time, prompts] one step at a time, and return what went on in each layer, the lowest first.

    The gates follow from the states before and after each step, so that any net whose `hidden` gives back its states can be traced.
    """
    squash = ACTIVATIONS[model.config.cell_activation]
    layers, outputs = range(model.config.num_layers), model.config.outputs
    weights = [model.layer_weights(layer) for layer in layers]
    gates: list[list[Tensor]] = [[] for _ in layers]
    with torch.inference_mode():
        state = model.zero_state(tokens.shape[1]) if state is None else state
        for step in tokens:
            before = state
            _, state = model.hidden(step[None], before)
            x = model.embedding(step)
            for layer, (w_ih, w_hh, b_ih, b_hh) in zip(layers, weights, strict=True):
                z = functional.linear(x, w_ih, b_ih) + functional.linear(before[0][layer, :, : outputs[layer]], w_hh, b_hh)
                i, f, g, o = z.chunk(4, dim=1)
                gates[layer].append(torch.stack([i.sigmoid(), f.sigmoid(), squash(g), o.sigmoid()], dim=1))
                h = state[0][layer, :, : outputs[layer]]
                x = x + h if model.config.residual and layer > 0 else h
        last = [state[0][layer, :, : outputs[layer]] for layer in layers]
    return [LayerTrace(h.float().cpu().numpy(), torch.stack(steps).float().cpu().numpy()) for h, steps in zip(last, gates, strict=True)]
