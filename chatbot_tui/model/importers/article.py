"""The class that most people write first: embedding, lstm, fc."""

from collections.abc import Collection

NAME = "embedding, lstm, fc"


def fits(names: Collection[str]) -> bool:
    """Return whether these are an embedding, an nn.LSTM and a linear layer by these names."""
    return {"embedding.weight", "lstm.weight_ih_l0", "fc.weight"} <= set(names)
