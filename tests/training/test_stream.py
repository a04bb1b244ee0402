from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training.stream import (
    EncodedCorpus,
    chunks_in,
    encode_corpus,
    epoch_choice,
    epoch_dialogues,
    epoch_length,
    epoch_stream,
    openings,
    rows,
)
from tests.training.tiny import corpus_of

SHARES = st.sampled_from([1.0, 0.5, 0.3, 0.25, 1 / 3, 0.07])
LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=40)


def dialogues_in(stream: np.ndarray) -> list[int]:
    """Return the runs of a stream: in `corpus_of` a dialogue's tokens all bear its number."""
    return [int(token) for token, before in zip(stream, [-1, *stream], strict=False) if token != before]


def test_a_dialogue_opens_with_an_end_of_turn_and_closes_each_turn_with_one() -> None:
    tokenizer = Tokenizer.train_words(["a a b"], 4)
    end, unknown, a, b = 0, 1, 2, 3
    encoded = encode_corpus([["a b", "b"], ["c a"]], tokenizer)
    assert encoded.tokens.tolist() == [end, a, b, end, b, end, end, unknown, a, end]
    assert encoded.starts.tolist() == [0, 6, 10]
    assert len(encoded) == 2


def test_no_dialogues_are_no_tokens() -> None:
    encoded = encode_corpus([], Tokenizer.train_words(["a"], 3))
    assert (len(encoded), encoded.tokens.tolist(), epoch_stream([encoded], 0, 0).tolist()) == (0, [], [])


def test_a_tokenizer_without_an_end_cannot_be_trained_with() -> None:
    tokenizer = Tokenizer(Tokenizer.train_words(["a"], 3)._backend, end_token=None)
    with pytest.raises(InputError, match="end-of-turn"):
        encode_corpus([["a"]], tokenizer)


@given(LENGTHS, st.integers(0, 20), st.integers(0, 2**63 - 1))
def test_an_epoch_is_a_permutation_and_a_function_of_its_number_and_seed(lengths: list[int], epoch: int, seed: int) -> None:
    corpus = corpus_of(lengths)
    stream = epoch_stream([corpus], epoch, seed)
    assert sorted(dialogues_in(stream)) == list(range(len(lengths)))
    # Same tokens as often: no dialogue is cut.
    assert np.bincount(stream).tolist() == lengths
    assert epoch_stream([corpus_of(lengths)], epoch, seed).tolist() == stream.tolist()


def test_every_epoch_and_every_seed_has_an_order_of_its_own() -> None:
    corpus = corpus_of([1] * 50)
    orders = {tuple(epoch_stream([corpus], epoch, seed)) for epoch in range(4) for seed in range(4)}
    # Two of 16 random orders of 50 agree with a probability of 120 / 50!, so never.
    assert len(orders) == 16


@pytest.mark.parametrize(("share", "epochs"), [(0.5, 2), (0.25, 4), (0.2, 5), (0.1, 10)])
def test_one_over_share_epochs_see_each_dialogue_once(share: float, epochs: int) -> None:
    corpus = corpus_of([1] * 20, share)
    seen = [dialogues_in(epoch_stream([corpus], epoch, 3)) for epoch in range(2 * epochs)]
    assert all(len(part) == 20 * share for part in seen)
    assert sorted(chain(*seen[:epochs])) == sorted(chain(*seen[epochs:])) == list(range(20))


def test_a_share_that_does_not_divide_wraps_around() -> None:
    corpus = corpus_of([1] * 10, 0.3)
    first_four = [epoch_dialogues(corpus, epoch, 5).tolist() for epoch in range(4)]
    # 4 x 3 of 10: the fourth epoch sees the one that is left, and the first two again.
    assert first_four[3][1:] == first_four[0][:2]
    assert sorted([*chain(*first_four)][:10]) == list(range(10))


def test_a_share_above_one_sees_every_dialogue_more_than_once() -> None:
    corpus = corpus_of([1] * 10, 2.5)
    first, second = (epoch_dialogues(corpus, epoch, 5).tolist() for epoch in range(2))
    assert len(first) == len(second) == 25
    # 2.5 passes: every dialogue twice and half of them once more, the other half of them in the next epoch.
    assert {first.count(dialogue) for dialogue in range(10)} == {second.count(dialogue) for dialogue in range(10)} == {2, 3}
    assert sorted(first + second) == sorted([*range(10)] * 5)


def test_corpora_are_mixed_each_with_its_share() -> None:
    first, second = corpus_of([2] * 30), corpus_of([3] * 30, 0.5)
    second = EncodedCorpus(second.tokens + 30, second.starts, second.share)
    stream = dialogues_in(epoch_stream([first, second], 0, 1))
    assert [sum(dialogue < 30 for dialogue in stream), sum(dialogue >= 30 for dialogue in stream)] == [30, 15]
    # Were they one after the other, the first 30 would all be of one corpus; a shuffle has that once in 45! / (30! 15!) > 3e11.
    assert len({dialogue < 30 for dialogue in stream[:30]}) == 2


@given(LENGTHS, SHARES, LENGTHS, SHARES, st.integers(0, 30), st.integers(0, 1000))
def test_the_length_of_an_epoch_is_known_without_its_stream(
    lengths: list[int], share: float, others: list[int], other_share: float, epoch: int, seed: int
) -> None:
    corpora = [corpus_of(lengths, share), corpus_of(others, other_share)]
    assert epoch_length(corpora, epoch, seed) == len(epoch_stream(corpora, epoch, seed))


def test_rows_run_down_the_columns() -> None:
    # 11 tokens in 3 rows: 3 each, the last two are left out.
    assert rows(np.arange(11, dtype=np.int32), 3).tolist() == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]


def test_a_row_needs_an_input_and_a_target() -> None:
    assert rows(np.arange(6, dtype=np.int32), 3).shape == (2, 3)
    with pytest.raises(InputError, match="the corpus has 5 tokens, too few for 3 rows: lower batch_size or add text"):
        rows(np.arange(5, dtype=np.int32), 3)


@pytest.mark.parametrize(
    ("length", "chunks"),
    # In chunks of 5 a row of 11 gives inputs 0-4 and 5-9 with targets 1-5 and 6-10; one token fewer leaves the second without its last
    # target. A row shorter than one chunk is a chunk all the same.
    [(2, 1), (5, 1), (6, 1), (10, 1), (11, 2), (15, 2), (16, 3)],
)
def test_chunks_need_a_target_for_every_input(length: int, chunks: int) -> None:
    assert chunks_in(length, 5) == chunks


def test_openings_begin_dialogues_and_are_filled_up() -> None:
    # One dialogue a corpus, so that what is drawn is known but for its corpus: 0 0 0 or, from the other, 0 0 0 0 0 cut to four.
    first, second = corpus_of([3]), EncodedCorpus(np.array([7, 8, 9, 10, 11], np.int32), np.array([0, 5]))
    table = openings([first, second], epoch_choice([first, second], 0, 0), 40, 4, 99, (0, 0))
    assert table.shape == (4, 40)
    assert {tuple(column) for column in table.T.tolist()} == {(0, 0, 0, 99), (7, 8, 9, 10)}


def test_openings_are_drawn_from_the_dialogues_of_the_epoch_alike() -> None:
    first, second = corpus_of([2] * 10, 0.5), corpus_of([2] * 5)
    choice = epoch_choice([first, second], 1, 4)
    drawn = openings([first, EncodedCorpus(second.tokens + 10, second.starts)], choice, 4000, 1, 99, (4, 2))[0]
    assert set(drawn.tolist()) == {*choice[0].tolist(), *(10 + choice[1]).tolist()}
    # Ten dialogues, 400 draws each with a standard deviation of 19: five of them.
    assert all(abs(count - 400) < 95 for count in np.bincount(drawn) if count)


def test_openings_are_a_function_of_their_key() -> None:
    corpus = corpus_of([1] * 1000)
    choice = epoch_choice([corpus], 0, 0)
    tables = {tuple(openings([corpus], choice, 5, 1, 0, key)[0].tolist()) for key in [(0, 0, 1), (0, 1, 1), (1, 0, 1), (0, 0, 1)]}
    # Two agree by chance with a probability of 1e-15.
    assert len(tables) == 3


def test_openings_anywhere_begin_with_any_turn_of_the_same_dialogues_alike() -> None:
    # Three turns of one word each, and the end after the last.
    corpus = EncodedCorpus(np.array([0, 1, 0, 2, 0, 3, 0], np.int32), np.array([0, 7]))
    choice = epoch_choice([corpus], 0, 0)
    table = openings([corpus], choice, 9000, 4, 0, (0, 0), 1.0)
    turns, counts = np.unique(table.T, axis=0, return_counts=True)
    assert turns.tolist() == [[0, 1, 0, 2], [0, 2, 0, 3], [0, 3, 0, 0]]
    # 3,000 draws each with a standard deviation of 45: five of them.
    assert all(abs(count - 3000) < 225 for count in counts)
    half = openings([corpus], choice, 9000, 4, 0, (0, 0), 0.5)
    # Half begin with the first turn, and a third of the others.
    assert abs(int((half[1] == 1).sum()) - 6000) < 225


def test_openings_anywhere_are_of_the_dialogues_that_openings_are_of() -> None:
    # Dialogue d is one turn of the word d + 1, twice.
    words = [[0, word, 0, word, 0] for word in range(1, 51)]
    corpus = EncodedCorpus(np.array(words, np.int32).reshape(-1), np.arange(0, 251, 5))
    choice = epoch_choice([corpus], 0, 0)
    first, anywhere = (openings([corpus], choice, 40, 3, 0, (7,), share) for share in (0.0, 1.0))
    assert first[:2].tolist() == anywhere[:2].tolist()
