"""Small nets whose trouble is known because it was put into them by hand."""

from collections.abc import Callable

import torch

from chatbot_tui.diagnosis.subject import GivenText, Subject, given_text
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.tokenizer import Tokenizer

WORDS = [f"w{number:02}" for number in range(60)]
TEXT = [[" ".join(WORDS[(start + step) % 60] for step in range(10)), "w00 w01 w02"] for start in range(0, 60, 2)]

TOKENIZER = Tokenizer.train_words([turn for dialogue in TEXT for turn in dialogue], 100)


def net(change: Callable[[LanguageModel], object] | None = None, **shape: object) -> Checkpoint:
    """Return a net of 62 tokens with PyTorch's first weights, changed in place."""
    torch.manual_seed(0)
    values = {"vocab_size": TOKENIZER.size, "embedding_dim": 16, "hidden_dim": 24, **shape}
    model = LanguageModel(ModelConfig.from_json(values)).eval().requires_grad_(False)
    if change is not None:
        change(model)
    return Checkpoint(model, TOKENIZER, {"end_token": "<eot>", "banned_tokens": ["<unk>"]}, None, "by-hand")


def lively(model: LanguageModel) -> None:
    """Make the output depend on the input: every weight four times as large."""
    for name, parameter in model.named_parameters():
        if name != "embedding.weight":
            parameter.mul_(4)


def copying(model: LanguageModel) -> None:
    """Make the net expect the token just read: no memory, and an output layer that inverts what each token does to the state.

    The state must be wider than the vocabulary.
    """
    lively(model)
    units = model.config.hidden_dim
    model.lstm.get_parameter("weight_hh_l0").zero_()
    # Input gates open, forget gates shut: the cell holds the last token alone.
    model.lstm.get_parameter("bias_hh_l0")[:units] = 50
    model.lstm.get_parameter("bias_hh_l0")[units : 2 * units] = -50
    states, _ = model.hidden(torch.arange(model.config.vocab_size)[None])
    model.fc.weight.copy_(20 * torch.linalg.pinv(states[0]).T)
    model.fc.bias.zero_()


def subject(checkpoint: Checkpoint, *, text: bool = False) -> Subject:
    return Subject(checkpoint, text_of(checkpoint) if text else None)


def text_of(checkpoint: Checkpoint) -> GivenText:
    return given_text(checkpoint, TEXT)
