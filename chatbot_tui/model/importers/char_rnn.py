"""char-rnn: characters go in as one-hot vectors, so that there is no embedding."""

from collections.abc import Collection

NAME = "char-rnn (one-hot input)"


def fits(names: Collection[str]) -> bool:
    """Return whether nothing but an nn.LSTM and a linear layer is named."""
    modules = {name.partition(".")[0] for name in names}
    return modules in ({"lstm", "fc"}, {"lstm", "linear"}, {"rnn", "decoder"}, {"lstm", "decoder"}, {"lstm", "out"})
