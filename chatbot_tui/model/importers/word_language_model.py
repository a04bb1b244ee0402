"""PyTorch's word-language-model example: encoder, rnn, decoder; char-rnn ports with an embedding bear the same names."""

from collections.abc import Collection

NAME = "word_language_model (encoder, rnn, decoder)"


def fits(names: Collection[str]) -> bool:
    """Return whether these are the example's names."""
    return {"encoder.weight", "rnn.weight_ih_l0", "decoder.weight"} <= set(names)
