"""Stacks of nn.LSTMCell, whose tensors bear no layer number: the modules' own names and the shapes give the order."""

from collections.abc import Collection

NAME = "nn.LSTMCell, a module a layer"


def fits(names: Collection[str]) -> bool:
    """Return whether some module names its weights as nn.LSTMCell does."""
    return any(name.rpartition(".")[2] == "weight_ih" for name in names)
