"""How weights begin: the usual initialisers and the two that make a net collapse."""

import torch
from torch import nn

from chatbot_tui.model.config import ModelConfig


@torch.no_grad()
def initialise(model: nn.Module, config: ModelConfig) -> None:
    """Set the initial weights of `model` in place as `config.init` says.

    `default` leaves PyTorch's own values, but draws a tied embedding from N(0, 1 / embedding_dim), since the same matrix
    serves as output layer. The others touch what the article's class touches: every parameter whose name begins with lstm, fc,
    projection or head. Of these xavier, he and normal set the biases to 0.
    """
    for name, parameter in model.named_parameters():
        recurrent_or_output = name.startswith(("lstm", "fc", "projection", "head"))
        if name == "embedding.weight" and config.tied:
            nn.init.normal_(parameter, std=config.embedding_dim**-0.5)
        if not recurrent_or_output:
            continue
        if config.init == "uniform-small":
            nn.init.uniform_(parameter, 0.0, config.init_scale)
        elif config.init == "uniform":
            nn.init.uniform_(parameter, -config.init_scale, config.init_scale)
        elif config.init == "zeros" or (config.init in ("xavier", "he", "normal") and parameter.dim() == 1):
            nn.init.zeros_(parameter)
        elif config.init == "normal":
            nn.init.normal_(parameter, 0.0, config.init_scale)
        elif config.init == "xavier":
            nn.init.xavier_uniform_(parameter)
        elif config.init == "he":
            nn.init.kaiming_uniform_(parameter, nonlinearity="relu")
        elif name == "fc.bias" and config.tied:
            nn.init.zeros_(parameter)
    if config.forget_bias is not None:
        for name, parameter in model.named_parameters():
            forget = slice(len(parameter) // 4, len(parameter) // 2)
            if name.startswith("lstm.bias_ih"):
                parameter[forget] = config.forget_bias
            elif name.startswith("lstm.bias_hh"):
                parameter[forget] = 0.0
