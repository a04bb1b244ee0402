"""Nets in the shapes in which other programs write them, each with what it answers to a row of tokens."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

V, E, H = 40, 12, 16


class Article(nn.Module):
    """The class that most people write first."""

    def __init__(self, vocab_size: int = V, embedding_dim: int = E, hidden_dim: int = H, num_layers: int = 2) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, num_layers)
        self.fc = nn.Linear(hidden_dim, vocab_size)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc(self.lstm(self.embedding(tokens))[0])  # type: ignore[no-any-return]  # nn.Module is untyped


class WordLanguageModel(nn.Module):
    """PyTorch's example: encoder, rnn, decoder, tied or not."""

    def __init__(self, *, tied: bool) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.encoder = nn.Embedding(V, H)
        self.rnn = nn.LSTM(H, H, 2, dropout=0.5)
        self.decoder = nn.Linear(H, V)
        if tied:
            self.decoder.weight = self.encoder.weight

    def forward(self, tokens: Tensor) -> Tensor:
        return self.decoder(self.drop(self.rnn(self.drop(self.encoder(tokens)))[0]))  # type: ignore[no-any-return]


class WeightDrop(nn.Module):
    """Merity et al. 2018: the recurrent weights are kept raw, and a copy from which connections are dropped is used."""

    def __init__(self, module: nn.LSTM, *, raw_inside: bool) -> None:
        super().__init__()
        self.module = module
        raw = module.get_parameter("weight_hh_l0")
        del module._parameters["weight_hh_l0"]
        (module if raw_inside else self).register_parameter("weight_hh_l0_raw", nn.Parameter(raw.data))
        self.raw_inside = raw_inside

    def forward(self, x: Tensor) -> Tensor:
        raw = (self.module if self.raw_inside else self).get_parameter("weight_hh_l0_raw")
        self.module.weight_hh_l0 = functional.dropout(raw, p=0.5, training=self.training)
        weights = [self.module.weight_ih_l0, self.module.weight_hh_l0, self.module.bias_ih_l0, self.module.bias_hh_l0]
        zeros = x.new_zeros(1, 1, raw.shape[1])
        out: Tensor = torch.lstm(x, [zeros, zeros], weights, True, 1, 0.0, False, False, False)[0]
        return out


class AwdLstm(nn.Module):
    """AWD-LSTM: a module a layer, of different widths, the last as wide as the embedding, to which the output is tied."""

    def __init__(self, *, raw_inside: bool = True, widths: tuple[int, ...] = (E, 20, 20, E)) -> None:
        super().__init__()
        self.encoder = nn.Embedding(V, E)
        layers = [WeightDrop(nn.LSTM(inputs, outputs), raw_inside=raw_inside) for inputs, outputs in pairwise(widths)]
        self.rnns = nn.ModuleList(layers)
        self.decoder = nn.Linear(E, V)
        self.decoder.weight = self.encoder.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.encoder(tokens)
        for layer in self.rnns:
            x = layer(x)
        return self.decoder(x)  # type: ignore[no-any-return]


class CharRnn(nn.Module):
    """char-rnn with one-hot input, as courses teach it."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(V, H, 2, dropout=0.5)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(H, V)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc(self.dropout(self.lstm(functional.one_hot(tokens, V).float())[0]))  # type: ignore[no-any-return]


class Cells(nn.Module):
    """A stack of nn.LSTMCell of different widths, stepped by hand."""

    def __init__(self, widths: tuple[int, ...] = (E, 14, 9)) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, E)
        self.cells = nn.ModuleList(nn.LSTMCell(inputs, outputs) for inputs, outputs in pairwise(widths))
        self.out = nn.Linear(widths[-1], V, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        states = [(torch.zeros(1, width), torch.zeros(1, width)) for width in (14, 9)]
        outputs = []
        for token in tokens[:, 0]:
            x = self.embed(token)[None]
            for place, cell in enumerate(self.cells):
                states[place] = cell(x, states[place])
                x = states[place][0]
            outputs.append(self.out(x))
        return torch.stack(outputs)


class NamedCells(nn.Module):
    """Two nn.LSTMCell as attributes of their own, as many a tutorial has them."""

    def __init__(self) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(V, E)
        self.lstm_cell_1 = nn.LSTMCell(E, H)
        self.lstm_cell_2 = nn.LSTMCell(H, H)
        self.linear = nn.Linear(H, V)

    def forward(self, tokens: Tensor) -> Tensor:
        first = second = (torch.zeros(1, H), torch.zeros(1, H))
        outputs = []
        for token in tokens[:, 0]:
            first = self.lstm_cell_1(self.word_embeddings(token)[None], first)
            second = self.lstm_cell_2(first[0], second)
            outputs.append(self.linear(second[0]))
        return torch.stack(outputs)


class OneModuleALayer(nn.Module):
    """lstm1, lstm2, lstm3 of different widths, written out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm2 = nn.LSTM(24, 10)
        self.lstm1 = nn.LSTM(E, 24)
        self.lstm3 = nn.LSTM(10, H)
        self.emb = nn.Embedding(V, E)
        self.out = nn.Linear(H, V)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.emb(tokens)
        for layer in (self.lstm1, self.lstm2, self.lstm3):
            x = layer(x)[0]
        return self.out(x)  # type: ignore[no-any-return]


class Projected(nn.Module):
    """nn.LSTM with proj_size (Sak et al. 2014), without biases in the LSTM."""

    def __init__(self, *, bias: bool = True) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.lstm = nn.LSTM(E, H, 2, proj_size=5, bias=bias, batch_first=True)
        self.fc = nn.Linear(5, V)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc(self.lstm(self.embedding(tokens.t()))[0]).transpose(0, 1)  # type: ignore[no-any-return]


class Headed(nn.Module):
    """A hidden layer between LSTM and output."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(V, E)
        self.lstm = nn.LSTM(E, H)
        self.fc1 = nn.Linear(H, 11)
        self.fc2 = nn.Linear(11, V)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.fc2(torch.relu(self.fc1(self.lstm(self.embeddings(tokens))[0])))  # type: ignore[no-any-return]


class Bottleneck(nn.Module):
    """A linear layer without bias down to the embedding's width, to which the output is tied."""

    def __init__(self) -> None:
        super().__init__()
        self.wte = nn.Embedding(V, E)
        self.rnn = nn.LSTM(E, H)
        self.proj = nn.Linear(H, E, bias=False)
        self.bias = nn.Linear(E, V)
        self.bias.weight = self.wte.weight

    def forward(self, tokens: Tensor) -> Tensor:
        return self.bias(self.proj(self.rnn(self.wte(tokens))[0]))  # type: ignore[no-any-return]


class Unnamed(nn.Module):
    """Names that tell nothing: shapes must."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Embedding(V, E)
        self.b = nn.LSTM(E, H)
        self.c = nn.Linear(H, V, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.c(self.b(self.a(tokens))[0])  # type: ignore[no-any-return]


def seeded(program: type[nn.Module], **options: object) -> nn.Module:
    """Return a net with weights from a fixed seed, ready to answer."""
    torch.manual_seed(7)
    return program(**options).eval().requires_grad_(False)


def answer(net: nn.Module) -> Tensor:
    """Return the logits [tokens, V] that a net gives to a fixed row of tokens."""
    tokens = torch.tensor([3, 0, 39, 3, 17, 8])[:, None]
    logits: Tensor = net(tokens)
    return logits[:, 0]
