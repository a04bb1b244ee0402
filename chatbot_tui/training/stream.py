"""Dialogues as one long stream of tokens, shuffled anew each epoch, cut into rows; and their beginnings, drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training.corpus import Dialogue

Tokens = npt.NDArray[np.int32]
Dialogues = npt.NDArray[np.int64]
"""Numbers of dialogues within their corpus."""


@dataclass(frozen=True)
class EncodedCorpus:
    """A corpus as tokens: dialogue d is tokens[starts[d]:starts[d + 1]], an end-of-turn, then each turn with its end-of-turn."""

    tokens: Tokens
    starts: npt.NDArray[np.int64]
    share: float = 1.0
    """How often one epoch sees the dialogues: below 1 a part of them, a different part each epoch until all have been seen."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def dialogue(self, number: int) -> Tokens:
        """Return the tokens of one dialogue."""
        return self.tokens[self.starts[number] : self.starts[number + 1]]


def encode_corpus(dialogues: Sequence[Dialogue], tokenizer: Tokenizer, share: float = 1.0) -> EncodedCorpus:
    """Encode dialogues; every dialogue opens with an end-of-turn, as a conversation does."""
    end = tokenizer.end_id
    if end is None:
        raise InputError("training needs a tokenizer with an end-of-turn token")
    turns = iter(tokenizer.encode_batch([turn for dialogue in dialogues for turn in dialogue]))
    encoded: list[list[int]] = []
    for dialogue in dialogues:
        ids = [end]
        for _ in dialogue:
            ids += next(turns)
            ids.append(end)
        encoded.append(ids)
    starts = np.concatenate([[0], np.cumsum([len(ids) for ids in encoded])]).astype(np.int64)
    flat = np.fromiter((token for ids in encoded for token in ids), np.int32, int(starts[-1]))
    return EncodedCorpus(flat, starts, share)


def epoch_stream(corpora: Sequence[EncodedCorpus], epoch: int, seed: int) -> Tokens:
    """Return the token stream of one epoch: a function of (corpora, epoch, seed) and of nothing else."""
    chosen = [
        (corpus, int(dialogue))
        for corpus, dialogues in zip(corpora, epoch_choice(corpora, epoch, seed), strict=True)
        for dialogue in dialogues
    ]
    order = np.random.default_rng([seed, epoch]).permutation(len(chosen))
    pieces = []
    for position in order:
        corpus, dialogue = chosen[position]
        pieces.append(corpus.dialogue(dialogue))
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int32)


def openings(
    corpora: Sequence[EncodedCorpus],
    chosen: Sequence[Dialogues],
    count: int,
    length: int,
    padding: int,
    key: Sequence[int],
    anywhere: float = 0.0,
) -> Tokens:
    """Return `length` tokens of each of `count` dialogues side by side, [length, count], filled up with `padding`.

    Each dialogue is drawn from the chosen ones of each corpus, with replacement: a function of the arguments and of nothing else, so
    that a resumed run draws what it would have drawn. A row begins with its dialogue's first turn, or, with the chance `anywhere`,
    with one of all its turns, each as likely; `padding` is also the end-of-turn, which stands before every turn.
    """
    ends = np.cumsum([len(dialogues) for dialogues in chosen])
    table = np.full((length, count), padding, np.int32)
    random = np.random.default_rng(key)
    positions = random.integers(ends[-1], size=count)
    # Drawn after the dialogues, which are the same whatever the chance.
    inside, which = random.random((2, count))
    for column, position in enumerate(positions):
        index = int(np.searchsorted(ends, position, side="right"))
        dialogue = corpora[index].dialogue(int(chosen[index][position - ends[index]]))
        if inside[column] < anywhere:
            # The last end-of-turn has no turn after it.
            turns = np.flatnonzero(dialogue[:-1] == padding)
            dialogue = dialogue[turns[int(which[column] * len(turns))] :]
        opening = dialogue[:length]
        table[: len(opening), column] = opening
    return table


def epoch_length(corpora: Sequence[EncodedCorpus], epoch: int, seed: int) -> int:
    """Return how many tokens the stream of one epoch has, without laying it out."""
    chosen = zip(corpora, epoch_choice(corpora, epoch, seed), strict=True)
    return sum(int(np.diff(corpus.starts)[dialogues].sum()) for corpus, dialogues in chosen)


def epoch_choice(corpora: Sequence[EncodedCorpus], epoch: int, seed: int) -> list[Dialogues]:
    """Return which dialogues of each corpus an epoch sees."""
    return [epoch_dialogues(corpus, epoch, seed + 7919 * index) for index, corpus in enumerate(corpora)]


def epoch_dialogues(corpus: EncodedCorpus, epoch: int, seed: int) -> Dialogues:
    """Return which dialogues of a corpus an epoch sees: consecutive slices, wrapping around, of one fixed shuffle."""
    size = len(corpus)
    take = round(size * corpus.share)
    order = np.random.default_rng([seed]).permutation(size)
    return np.take(order, np.arange(epoch * take, (epoch + 1) * take), mode="wrap").astype(np.int64)


def rows(stream: Tokens, batch_size: int) -> Tokens:
    """Cut a stream into `batch_size` equal rows side by side: [time, batch]; what does not fill a row is left out."""
    length = row_length(len(stream), batch_size)
    return np.ascontiguousarray(stream[: length * batch_size].reshape(batch_size, length).T)


def row_length(tokens: int, batch_size: int) -> int:
    """Return the length of a row. Raises InputError when there is too little text for an input and its target in each."""
    length = tokens // batch_size
    if length < 2:
        raise InputError(f"the corpus has {tokens:,} tokens, too few for {batch_size} rows: lower batch_size or add text")
    return length


def chunks_in(length: int, sequence_length: int) -> int:
    """Return how many chunks of inputs and shifted targets a row of that length gives."""
    return (length - 1) // sequence_length or 1
