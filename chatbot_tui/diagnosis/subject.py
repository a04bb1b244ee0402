"""What is examined: a net, the prompts it is asked, and the text that is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import find
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.importers.load import load_named
from chatbot_tui.model.special_tokens import Specials, find_specials
from chatbot_tui.signals.divergence import Vector, unigram
from chatbot_tui.signals.sensitivity import PROBE_SEED, PROMPT_TOKENS, PROMPTS, likely_prompts
from chatbot_tui.training.corpus import Dialogue, read_corpus
from chatbot_tui.training.evaluation import as_stream, encode

Tokens = npt.NDArray[np.int64]

STATISTICS_TOKENS = 200_000
"""Tokens of a text that its statistics are taken from, at most."""


@dataclass(frozen=True, eq=False)
class GivenText:
    """Text in the net's own tokens, as it would read it."""

    stream: Tokens
    """Dialogue after dialogue, with end tokens where the vocabulary has one."""
    starts: Tokens
    """Where each dialogue begins in the stream."""
    turns: tuple[tuple[int, ...], ...]
    words: int
    """White-space words of all that was given."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A checkpoint with all that the examination needs to know of it."""

    checkpoint: Checkpoint
    text: GivenText | None = None
    warnings: tuple[str, ...] = ()
    """What was to be said of the file when it was read."""

    @cached_property
    def specials(self) -> Specials:
        """The special tokens of the vocabulary."""
        tokenizer = self.checkpoint.tokenizer
        return find_specials(tokenizer.texts, tokenizer.end_id, tokenizer.unknown_id)

    @cached_property
    def prompts(self) -> Tensor:
        """The probe prompts, [8 tokens, 32 prompts]: pieces of the text where it is given, else of words that the net expects."""
        if self.text is not None:
            words = self.text.stream[~np.isin(self.text.stream, self.specials.ids)]
            places = len(words) - PROMPT_TOKENS + 1
            if places >= PROMPTS:
                begins = np.random.default_rng(PROBE_SEED).choice(places, size=PROMPTS, replace=False)
                return torch.from_numpy(words[begins[None, :] + np.arange(PROMPT_TOKENS)[:, None]])
        vocab_size = self.checkpoint.model.config.vocab_size
        excluded = {*self.specials.ids, *self.checkpoint.banned}
        # A vocabulary of nothing but special tokens is asked about those.
        return likely_prompts(self.checkpoint.model, excluded if len(excluded) < vocab_size else ())

    @cached_property
    def frequencies(self) -> Vector | None:
        """How frequent each token is in the training stream, one added to each count; by the given text where the net brings no counts."""
        vocab_size = self.checkpoint.model.config.vocab_size
        if self.checkpoint.counts is not None:
            return unigram(self.checkpoint.counts.numpy())
        return None if self.text is None else unigram(np.bincount(self.text.stream, minlength=vocab_size))


def read_subject(checkpoint: str, vocabulary: str | None, corpora: Sequence[str]) -> Subject:
    """Read a checkpoint, NaN and infinity and all, and the text that goes with it.

    Raises:
        InputError: the checkpoint, its vocabulary or a corpus is missing or malformed, or the vocabulary knows nothing of the text.
    """
    loaded, warnings = read_net(checkpoint, vocabulary)
    dialogues = [dialogue for source in corpora for dialogue in read_corpus(source).dialogues]
    return Subject(loaded, given_text(loaded, dialogues) if corpora else None, warnings)


def read_net(checkpoint: str, vocabulary: str | None) -> tuple[Checkpoint, tuple[str, ...]]:
    """Read a checkpoint by name, folder or foreign file, and what is to be warned of. Raises InputError."""
    return load_named(find(checkpoint), vocabulary, allow_non_finite=True)


def given_text(checkpoint: Checkpoint, dialogues: Sequence[Dialogue]) -> GivenText:
    """Return dialogues in the net's tokens. Raises InputError where too little is left to measure anything."""
    tokenizer = checkpoint.tokenizer
    encoded = encode(dialogues, tokenizer)
    streams: list[list[int]] = []
    taken = 0
    for turns in encoded:
        streams.append(as_stream(turns, tokenizer.end_id))
        taken += len(streams[-1])
        if taken >= STATISTICS_TOKENS:
            break
    if taken < 2:
        raise InputError("the vocabulary knows hardly a word of the text: give text that the net was trained on, or is to speak like")
    lengths = [len(stream) for stream in streams]
    return GivenText(
        stream=np.fromiter((token for stream in streams for token in stream), np.int64, sum(lengths)),
        starts=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64),
        turns=tuple(ids for turns in encoded[: len(streams)] for ids in turns),
        words=sum(len(turn.split()) for dialogue in dialogues for turn in dialogue),
    )
