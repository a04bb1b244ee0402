"""How often each token and each pair of neighbours stood in the training stream: what the net is compared with."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.safetensors_header import read_header
from chatbot_tui.model.checkpoint import COUNTS, MAX_COUNT
from chatbot_tui.training.stream import Tokens

NUMBER_BYTES = 4
MAX_RATIO = 256
"""Pairs of real text shrink to a sixth or so; what grows more than this is a bomb."""


@dataclass(frozen=True)
class BigramCounts:
    """Sparse counts c(a, b) by rows of a: columns[row_starts[a]:row_starts[a + 1]] are the b, ascending."""

    row_starts: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]

    def probability(self, before: npt.NDArray[np.int64], after: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.float64]:
        """Return P(after | before), one added to each count, for arrays of equal length."""
        keys = np.repeat(np.arange(size), np.diff(self.row_starts)) * size + self.columns
        wanted = before * size + after
        places = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        found = keys[places] == wanted if len(keys) else np.zeros(len(wanted), bool)
        pair = np.where(found, self.counts[places] if len(keys) else 0, 0)
        cumulative = np.concatenate([[0], np.cumsum(self.counts)])
        totals = cumulative[self.row_starts[1:]] - cumulative[self.row_starts[:-1]]
        probability: npt.NDArray[np.float64] = (pair + 1.0) / (totals[before] + size)
        return probability


def count_stream(streams: Iterable[Tokens], size: int) -> tuple[npt.NDArray[np.int64], BigramCounts]:
    """Count tokens and neighbouring pairs over the streams of all epochs."""
    unigrams = np.zeros(size, np.int64)
    keys, pairs = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for stream in streams:
        unigrams += np.bincount(stream, minlength=size)
        new, times = np.unique(stream[:-1].astype(np.int64) * size + stream[1:], return_counts=True)
        merged, where = np.unique(np.concatenate([keys, new]), return_inverse=True)
        pairs = np.bincount(where, np.concatenate([pairs, times]), len(merged)).astype(np.int64)
        keys = merged
    row_starts = np.searchsorted(keys, np.arange(size + 1) * size).astype(np.int64)
    return unigrams, BigramCounts(row_starts, (keys % size).astype(np.int32), pairs)


def save_counts(folder: Path, unigrams: npt.NDArray[np.int64], bigrams: BigramCounts) -> None:
    """Write token_counts.safetensors, the pairs deflated: most of them stand there once. Raises InputError."""
    tensors: dict[str, npt.NDArray[Any]] = {
        "counts": unigrams.astype(np.int64),
        "bigram_rows": bigrams.row_starts,
        "bigram_pairs": deflate(bigrams),
    }
    try:
        save_file(tensors, folder / COUNTS)
    except (OSError, SafetensorError) as error:
        raise InputError(f"cannot write {folder / COUNTS}: {error}; check free space") from None


def deflate(bigrams: BigramCounts) -> npt.NDArray[np.uint8]:
    """Return columns and counts as zlib's bytes: the lowest byte of each number, then the next byte of each, and so on."""
    numbers = np.concatenate([np.diff(bigrams.columns, prepend=0), bigrams.counts]).astype("<i4")
    planes = numbers.view(np.uint8).reshape(-1, NUMBER_BYTES).T
    return np.frombuffer(zlib.compress(planes.tobytes(), level=9), np.uint8)


def inflate(row_starts: npt.NDArray[np.int64], deflated: npt.NDArray[np.uint8]) -> BigramCounts | None:
    """Return what `deflate` was given; None where the bytes are damaged, or other than as many as the rows say."""
    pairs = int(row_starts[-1]) if len(row_starts) else -1
    expected = 2 * pairs * NUMBER_BYTES
    if not 0 <= expected <= MAX_RATIO * len(deflated):
        return None
    decompressor = zlib.decompressobj()
    try:
        # One byte more than there should be tells of the rest without unpacking it.
        planes = decompressor.decompress(deflated.tobytes(), expected + 1)
    except zlib.error:
        return None
    if len(planes) != expected or not decompressor.eof:
        return None
    numbers = np.frombuffer(planes, np.uint8).reshape(NUMBER_BYTES, -1).T.copy().view("<i4")[:, 0] if pairs else np.zeros(0, np.int32)
    return BigramCounts(row_starts, np.cumsum(numbers[:pairs], dtype=np.int32), numbers[pairs:].astype(np.int64))


def load_bigrams(folder: Path, vocab_size: int) -> BigramCounts | None:
    """Read the pairs of a checkpoint folder; None where it has none. Raises InputError when they are malformed."""
    path = folder / COUNTS
    if not path.exists() or "bigram_rows" not in read_header(path):
        return None
    try:
        tensors = load_file(path)
        bigrams = from_tensors(tensors)
    except (OSError, KeyError, SafetensorError) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    if bigrams is None or len(bigrams.row_starts) != vocab_size + 1 or not consistent(bigrams):
        raise InputError(f"{path}: the pair counts contradict each other: remove the file or restore the right one")
    return bigrams


def from_tensors(tensors: Mapping[str, npt.NDArray[Any]]) -> BigramCounts | None:
    """Build the pairs from a file's tensors; None where they are no whole numbers in a row. Raises KeyError where one is missing."""
    starts = tensors["bigram_rows"]
    # Before they were deflated, columns and counts were tensors of their own.
    names = ("bigram_pairs",) if "bigram_pairs" in tensors else ("bigram_columns", "bigram_counts")
    found = [tensors[name] for name in names]
    if not all(tensor.ndim == 1 and tensor.dtype.kind in "iu" for tensor in (starts, *found)):
        return None
    if len(found) == 1:
        return inflate(starts.astype(np.int64), found[0].astype(np.uint8))
    columns, counts = found
    return BigramCounts(starts.astype(np.int64), columns.astype(np.int32), counts.astype(np.int64))


def consistent(bigrams: BigramCounts) -> bool:
    """Return whether every row lies within the columns, its columns ascend within the vocabulary, and the counts are some text's."""
    starts, columns, counts = bigrams.row_starts, bigrams.columns, bigrams.counts
    if len(starts) < 2 or starts[0] != 0 or starts[-1] != len(columns) or len(columns) != len(counts) or (np.diff(starts) < 0).any():
        return False
    size = len(starts) - 1
    keys = np.repeat(np.arange(size), np.diff(starts)) * size + columns
    plausible = (counts >= 0).all() and counts.sum(dtype=np.float64) < MAX_COUNT
    return bool((columns >= 0).all() and (columns < size).all() and plausible and (np.diff(keys) > 0).all())
