"""The text that all peers learn from, in the tokens of the net that they are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training.corpus import read_corpus
from chatbot_tui.training.identity import text_digest
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.run import split
from chatbot_tui.training.sampling_of_text import prepare_text
from chatbot_tui.training.stream import EncodedCorpus, Tokens, encode_corpus, epoch_stream

VALID_TOKENS = 1 << 17
"""Held-out tokens that a peer looks at while it learns, at most."""


@dataclass(frozen=True)
class PeerText:
    """Text in tokens: dialogues to learn from, and some to watch the learning on."""

    corpora: tuple[EncodedCorpus, ...]
    valid: Tokens
    size: int
    """Of the vocabulary."""
    end: int
    """Id of the end-of-turn token."""

    @property
    def digest(self) -> str:
        """What the text is recognised by."""
        return text_digest(self.corpora, self.valid)

    def laid_out(self) -> tuple[Tokens, npt.NDArray[np.int64]]:
        """Return all dialogues one after the other, where each begins, and where the last ends."""
        lengths = np.concatenate([np.diff(corpus.starts) for corpus in self.corpora])
        return np.concatenate([corpus.tokens for corpus in self.corpora]), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    def stream(self, epoch: int, seed: int) -> Tokens:
        """Return all dialogues in the order of an epoch."""
        return epoch_stream(self.corpora, epoch, seed)


def read_text(sources: Sequence[str], tokenizer: Tokenizer, recipe: Recipe) -> PeerText:
    """Read corpora as a run of the recipe would: kept apart for validation, cleaned, and of each as large a share in an epoch.

    Raises:
        InputError: a corpus or the tokenizer is at fault, or there is nothing to learn from.
    """
    text = split([read_corpus(source) for source in sources])
    train, valid = prepare_text(recipe, text.train, text.held_out)
    if tokenizer.end_id is None or tokenizer.size > np.iinfo(np.int32).max:
        raise InputError("the peers need a tokenizer with an end-of-turn token: give a checkpoint that this program trained")
    held_out = epoch_stream([encode_corpus(valid, tokenizer)], 0, 0) if valid else np.zeros(0, np.int32)
    corpora = tuple(encode_corpus(corpus.dialogues, tokenizer, recipe.corpus(corpus.name).share) for corpus in train)
    return PeerText(corpora, held_out[:VALID_TOKENS], tokenizer.size, tokenizer.end_id)
