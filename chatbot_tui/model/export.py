"""The way out: a net as a plain state_dict of PyTorch, with a short class that runs it and nothing of this program."""

from pathlib import Path

import torch
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import TOKENIZER
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel

WEIGHTS_FILE = "weights.pt"
MODEL_FILE = "model.py"

SQUASH = {"tanh": "torch.tanh", "relu": "torch.relu", "hardtanh": "nn.functional.hardtanh", "identity": "(lambda v: v)"}
HEAD = {
    "relu": "torch.relu",
    "tanh": "torch.tanh",
    "identity": "",
    "sigmoid": "torch.sigmoid",
    "gelu": "nn.functional.gelu",
    "leaky_relu": "nn.functional.leaky_relu",
    "elu": "nn.functional.elu",
}
CELL = """
class Layer(nn.Module):
    def __init__(self, inputs, units, outputs):
        super().__init__()
        shapes = {{"weight_ih": (4 * units, inputs), "weight_hh": (4 * units, outputs), "bias_ih": (4 * units,), "bias_hh": (4 * units,)}}
        shapes |= {{"weight_hr": (outputs, units)}} if outputs != units else {{}}
        for name, shape in shapes.items():
            setattr(self, name + "_l0", nn.Parameter(torch.empty(shape)))

    def forward(self, x, state):
        zeros = x.new_zeros(x.shape[1], len(self.weight_hh_l0) // 4)
        h, c = state or (zeros[:, : self.weight_hh_l0.shape[1]], zeros)
        outputs = []
        for z in x @ self.weight_ih_l0.T + self.bias_ih_l0 + self.bias_hh_l0:
            i, f, g, o = (z + h @ self.weight_hh_l0.T).chunk(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * {squash}(g)
            h = o.sigmoid() * {squash}(c)
            h = h @ self.weight_hr_l0.T if hasattr(self, "weight_hr_l0") else h
            outputs.append(h)
        return torch.stack(outputs), (h, c)

"""
PROGRAM = '''"""The net {name} with {count:,} parameters: `python {model}` shows what it would say first."""

import torch
from torch import nn

{cell}
class LSTMModel(nn.Module):
    def __init__(self):
        super().__init__()
{members}

    def forward(self, tokens, state=None):  # [time, batch] -> logits [time, batch, vocabulary], state
{body}
        return self.fc(x), state


if __name__ == "__main__":
    model = LSTMModel().eval()
    model.load_state_dict(torch.load("{weights}", weights_only=True))
    logits, state = model(torch.tensor([[0]]))
    print(logits[-1, 0].softmax(dim=0).topk(5))
'''


def export_pytorch(checkpoint: Checkpoint, folder: Path) -> list[Path]:
    """Write weights.pt, model.py and tokenizer.json into a folder and return their paths. Raises InputError."""
    paths = [folder / WEIGHTS_FILE, folder / MODEL_FILE, folder / TOKENIZER]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(plain_state(checkpoint.model), paths[0])
        paths[1].write_text(program(checkpoint), encoding="utf-8")
        checkpoint.tokenizer.save(paths[2])
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"cannot write to {folder}: {getattr(error, 'strerror', None) or error}; check permissions and free space"
        ) from None
    return paths


def is_plain(config: ModelConfig) -> bool:
    """Return whether one nn.LSTM runs all of the net's layers."""
    return config.uniform and not config.residual and config.cell_activation == "tanh"


def plain_state(model: LanguageModel) -> dict[str, Tensor]:
    """Return the tensors by the names that the class in model.py gives them; a tied matrix stands twice and is kept once."""
    state = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    if is_plain(model.config):
        return state
    # A module a layer: lstm.weight_ih_l2 becomes lstm.2.weight_ih_l0.
    renamed = {}
    for name, tensor in state.items():
        kind, separator, layer = name.removeprefix("lstm.").rpartition("_l")
        renamed[f"lstm.{layer}.{kind}_l0" if name.startswith("lstm.") and separator else name] = tensor
    return renamed


def program(checkpoint: Checkpoint) -> str:
    """Return the text of model.py: the class of this net, and how to load its weights."""
    config = checkpoint.model.config
    count = sum(parameter.numel() for parameter in checkpoint.model.parameters())
    cell = "" if config.cell_activation == "tanh" else CELL.format(squash=SQUASH[config.cell_activation])
    return PROGRAM.format(
        name="".join(character for character in checkpoint.name if character.isalnum() or character in " ._-") or "net",
        count=count,
        model=MODEL_FILE,
        weights=WEIGHTS_FILE,
        cell=cell,
        members="\n".join(f"        {line}" for line in members(config)),
        body="\n".join(f"        {line}" for line in body(config)),
    )


def members(config: ModelConfig) -> list[str]:
    """Return the lines that make the net's modules."""
    lines = [f"self.embedding = nn.Embedding({config.vocab_size}, {config.embedding_dim})"]
    widths = list(zip(config.inputs, config.units, config.outputs, strict=True))
    if is_plain(config):
        lines.append(f"self.lstm = nn.LSTM({config.embedding_dim}, {config.hidden_dim}, {config.num_layers})")
    elif config.cell_activation != "tanh":
        lines.append(f"self.lstm = nn.ModuleList(Layer(*widths) for widths in {widths})")
    else:
        sizes = [(inputs, units, outputs if outputs != units else 0) for inputs, units, outputs in widths]
        lines.append(f"self.lstm = nn.ModuleList(nn.LSTM(i, h, proj_size=p) for i, h, p in {sizes})")
    if config.head_dims:
        pairs = list(zip((config.outputs[-1], *config.head_dims), config.head_dims, strict=False))
        lines.append(f"self.head = nn.ModuleList(nn.Linear(i, o) for i, o in {pairs})")
    if config.projected:
        lines.append(f"self.projection = nn.Linear({config.shapes()['projection.weight'][1]}, {config.embedding_dim}, bias=False)")
    lines.append(f"self.fc = nn.Linear({config.output_dim}, {config.vocab_size})")
    if config.tied:
        lines.append("self.fc.weight = self.embedding.weight")
    return lines


def body(config: ModelConfig) -> list[str]:
    """Return the lines from tokens to what the output layer reads."""
    if is_plain(config):
        lines = ["x, state = self.lstm(self.embedding(tokens), state)"]
    else:
        lines = [
            "x, before, state = self.embedding(tokens), state, []",
            "for number, layer in enumerate(self.lstm):",
            "    out, after = layer(x, before[number] if before else None)",
            "    x = out + x if number else out" if config.residual else "    x = out",
            "    state.append(after)",
        ]
    if config.head_dims:
        lines += ["for layer in self.head:", f"    x = {HEAD[config.head_activation]}(layer(x))"]
    if config.projected:
        lines.append("x = self.projection(x)")
    return lines
