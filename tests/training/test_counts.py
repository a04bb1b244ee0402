import errno
import math
import zlib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from chatbot_tui.core.errors import InputError
from chatbot_tui.training import counts
from chatbot_tui.training.counts import BigramCounts, count_stream, load_bigrams, save_counts
from chatbot_tui.training.stream import Tokens

STREAMS = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=60), min_size=1, max_size=4)
FILE = "token_counts.safetensors"


def streams_of(lists: list[list[int]]) -> list[Tokens]:
    return [np.array(tokens, np.int32) for tokens in lists]


def pairs_of(bigrams: BigramCounts) -> dict[tuple[int, int], int]:
    rows = np.repeat(np.arange(len(bigrams.row_starts) - 1), np.diff(bigrams.row_starts))
    return {(int(a), int(b)): int(count) for a, b, count in zip(rows, bigrams.columns, bigrams.counts, strict=True)}


@given(STREAMS)
def test_counts_are_those_of_a_dictionary(lists: list[list[int]]) -> None:
    unigrams, bigrams = count_stream(streams_of(lists), 7)
    singles = Counter(token for tokens in lists for token in tokens)
    # Neighbours within a stream: the last token of one and the first of the next are none.
    pairs = Counter(pair for tokens in lists for pair in pairwise(tokens))
    assert unigrams.tolist() == [singles[token] for token in range(7)]
    assert pairs_of(bigrams) == dict(pairs)


@given(STREAMS)
def test_the_probabilities_after_a_token_sum_to_one(lists: list[list[int]]) -> None:
    _, bigrams = count_stream(streams_of(lists), 7)
    before, after = np.repeat(np.arange(7), 7), np.tile(np.arange(7), 7)
    table = bigrams.probability(before, after, 7).reshape(7, 7)
    assert table.sum(1) == pytest.approx([1.0] * 7, abs=1e-12)


def test_one_is_added_to_each_pair() -> None:
    # 0 1 0 1 0 2: (0, 1) twice, (1, 0) twice, (0, 2) once, of 4 tokens.
    _, bigrams = count_stream(streams_of([[0, 1, 0, 1, 0, 2]]), 4)
    before, after = np.array([0, 0, 0, 1, 2, 3]), np.array([1, 2, 3, 0, 0, 3])
    # (2 + 1) / (3 + 4), (1 + 1) / 7, 1 / 7, (2 + 1) / (2 + 4); nothing ever followed 2 or 3.
    assert bigrams.probability(before, after, 4).tolist() == [3 / 7, 2 / 7, 1 / 7, 3 / 6, 1 / 4, 1 / 4]


def test_without_any_text_all_are_equal() -> None:
    unigrams, bigrams = count_stream([], 5)
    assert unigrams.tolist() == [0] * 5
    assert -math.log(bigrams.probability(np.array([3]), np.array([4]), 5)[0]) == pytest.approx(math.log(5), abs=1e-15)


@pytest.mark.parametrize("size", [7, 65_536, 65_537])
def test_what_is_saved_comes_back(tmp_path: Path, size: int) -> None:
    unigrams, bigrams = count_stream(streams_of([[0, size - 1, size - 1, 0, 3], [size - 1, 3]]), size)
    save_counts(tmp_path, unigrams, bigrams)
    loaded = load_bigrams(tmp_path, size)
    assert loaded is not None
    last = size - 1
    assert pairs_of(loaded) == pairs_of(bigrams) == {(0, last): 1, (last, last): 1, (last, 0): 1, (0, 3): 1, (last, 3): 1}


def test_a_checkpoint_need_not_have_pairs(tmp_path: Path) -> None:
    assert load_bigrams(tmp_path, 2) is None
    save_file({"counts": np.zeros(3, np.int64)}, tmp_path / FILE)
    assert load_bigrams(tmp_path, 2) is None


def array(*values: float, kind: type[np.generic] = np.int64) -> np.ndarray:
    return np.array(values, kind)


SOUND = {"bigram_rows": array(0, 1, 2), "bigram_columns": array(1, 0), "bigram_counts": array(5, 6)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"bigram_rows": array(0, 2, 1)},
        {"bigram_rows": array(1, 1, 2)},
        {"bigram_rows": array(0, 1, 3)},
        {"bigram_rows": array(0)},
        {"bigram_rows": np.array(2)},
        {"bigram_rows": np.array([[0, 1, 2]])},
        {"bigram_rows": array(0.0, 1.0, float("nan"), kind=np.float64)},
        {"bigram_columns": array(1, 2)},
        {"bigram_columns": array(1, -1)},
        {"bigram_columns": array(1)},
        {"bigram_counts": array(5, -6)},
        {"bigram_counts": array(5)},
        {"bigram_rows": array(0, 2, 2)},
        {"bigram_rows": array(0, 2, 2), "bigram_columns": array(1, 1)},
        # Of another vocabulary, and more than any text has: their sum would overflow.
        {"bigram_rows": array(0, 1, 2, 2)},
        {"bigram_counts": array(5, 1 << 62)},
    ],
)
def test_pairs_that_contradict_each_other_are_refused(tmp_path: Path, wrong: dict[str, np.ndarray]) -> None:
    save_file(SOUND, tmp_path / FILE)
    assert load_bigrams(tmp_path, 2) is not None
    save_file(SOUND | wrong, tmp_path / FILE)
    with pytest.raises(InputError, match="contradict each other"):
        load_bigrams(tmp_path, 2)


def deflated(*numbers: int) -> np.ndarray:
    """Two columns' steps and two counts, the bytes of each place side by side, deflated."""
    planes = np.array(numbers, "<i4").view(np.uint8).reshape(-1, 4).T
    return np.frombuffer(zlib.compress(planes.tobytes()), np.uint8)


def test_the_pairs_are_deflated(tmp_path: Path) -> None:
    rows = array(0, 1, 2)
    # The columns 1 and 0, each as the step from the one before, then their counts.
    packed = deflated(1, -1, 5, 6)
    save_file({"bigram_rows": rows, "bigram_pairs": packed}, tmp_path / FILE)
    loaded = load_bigrams(tmp_path, 2)
    assert loaded is not None
    assert pairs_of(loaded) == {(0, 1): 5, (1, 0): 6}
    bomb = np.frombuffer(zlib.compress(bytes(1 << 22)), np.uint8)
    for wrong in (packed[:-3], packed[3:], deflated(1, -1, 5), deflated(1, -1, 5, 6, 7), deflated(1, 1, 5, 6), bomb, array(1, 2)[:0]):
        save_file({"bigram_rows": rows, "bigram_pairs": wrong}, tmp_path / FILE)
        with pytest.raises(InputError, match="contradict each other"):
            load_bigrams(tmp_path, 2)
    # As many pairs as the bomb has bytes: nothing so large is unpacked from so little.
    save_file({"bigram_rows": array(0, 0, 1 << 19), "bigram_pairs": bomb}, tmp_path / FILE)
    with pytest.raises(InputError, match="contradict each other"):
        load_bigrams(tmp_path, 2)


@pytest.mark.parametrize("missing", ["bigram_columns", "bigram_counts"])
def test_pairs_without_a_part_are_refused(tmp_path: Path, missing: str) -> None:
    save_file({name: tensor for name, tensor in SOUND.items() if name != missing}, tmp_path / FILE)
    with pytest.raises(InputError, match=f"cannot read .*{missing}"):
        load_bigrams(tmp_path, 2)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    save_file(SOUND, tmp_path / FILE)
    whole = (tmp_path / FILE).read_bytes()
    for length in (0, 4, 40, len(whole) - 1):
        (tmp_path / FILE).write_bytes(whole[:length])
        with pytest.raises(InputError, match=FILE):
            load_bigrams(tmp_path, 2)


def test_a_full_disk_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(counts, "save_file", full)
    with pytest.raises(InputError, match=r"cannot write .*No space left on device"):
        save_counts(tmp_path, *count_stream([], 3))
