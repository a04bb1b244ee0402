"""Penalties and bans by hand."""

import numpy as np
import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.generation import penalties
from chatbot_tui.generation.vectors import Ids

Z = np.array([2.0, -2.0, 0.0, 1.0])


def ids(*tokens: int) -> Ids:
    return np.array(tokens, dtype=np.int64)


def test_repetition_penalty_counts_each_token_once_and_pushes_negative_logits_down() -> None:
    assert penalties.repetition_penalty(Z, ids(0, 0, 1, 2), 2.0).tolist() == [1.0, -4.0, 0.0, 1.0]


def test_frequency_counts_and_presence_does_not() -> None:
    assert penalties.frequency_penalty(Z, ids(0, 0, 1), 0.5).tolist() == [1.0, -2.5, 0.0, 1.0]
    assert penalties.presence_penalty(Z, ids(0, 0, 1), 0.5).tolist() == [1.5, -2.5, 0.0, 1.0]


def test_penalties_leave_cut_tokens_cut_and_an_empty_history_alone() -> None:
    z = np.array([-np.inf, 1.0])
    for history in (ids(), ids(0, 0, 0)):
        for out in (
            penalties.repetition_penalty(z, history, 0.5),
            penalties.frequency_penalty(z, history, 0.5),
            penalties.presence_penalty(z, history, 0.5),
            penalties.dry(z, history, 0.8, 1.75, 2),
            penalties.no_repeat_ngram(z, history, 2),
        ):
            assert out.tolist() == [-np.inf, 1.0]


# History 1 2 3 1 2 3 1 2: "1 2 3 1 2" stands at the start and at the end, so 3 would extend 5 tokens, and nothing else any.
@pytest.mark.parametrize(("allowed", "expected"), [(5, 0.8), (4, 0.8 * 1.75), (2, 0.8 * 1.75**3), (6, 0.0)])
def test_dry_grows_with_the_repeated_suffix(allowed: int, expected: float) -> None:
    out = penalties.dry(np.zeros(4), ids(1, 2, 3, 1, 2, 3, 1, 2), 0.8, 1.75, allowed)
    np.testing.assert_allclose(out, [0, 0, 0, -expected], rtol=1e-12)


def test_dry_takes_the_longest_match_of_each_token() -> None:
    # After "2": 3 followed "1 2" (n = 2), 0 followed "4 2" (n = 1: "2" alone).
    out = penalties.dry(np.zeros(5), ids(1, 2, 3, 4, 2, 0, 1, 2), 1.0, 3.0, 1)
    assert out.tolist() == [-1.0, 0.0, 0.0, -3.0, 0.0]


def test_dry_needs_at_least_one_repeated_token() -> None:
    assert penalties.dry(np.zeros(3), ids(0, 1, 2), 0.8, 1.75, 0).tolist() == [0.0, 0.0, 0.0]


def test_dry_never_cuts_however_long_the_repetition() -> None:
    # 5,000 times the same token: 4,999 repeated tokens, and 100^4997 overflows.
    out = penalties.dry(np.zeros(2), np.zeros(5000, dtype=np.int64), 1.0, 100.0, 2)
    assert out.tolist() == [-1e100, 0.0]


@pytest.mark.parametrize(
    ("size", "banned"),
    [(1, [1, 2, 3]), (2, [3]), (3, [3]), (4, [])],  # the end "1 2" was followed by 3; "3 1 2" is new
)
def test_no_repeat_ngram_bans_what_completes_a_known_one(size: int, banned: list[int]) -> None:
    out = penalties.no_repeat_ngram(np.zeros(5), ids(1, 2, 3, 3, 1, 2), size)
    assert np.flatnonzero(np.isneginf(out)).tolist() == banned


def test_no_repeat_ngram_spares_the_likeliest_that_is_not_banned() -> None:
    z = np.array([3.0, 2.0, 1.0])
    assert penalties.no_repeat_ngram(z, ids(0, 1, 2), 1).tolist() == [3.0, -np.inf, -np.inf]
    assert penalties.no_repeat_ngram(z, ids(0, 1, 2), 1, banned=[0]).tolist() == [-np.inf, 2.0, -np.inf]
    # Token 2 is new, but banned: without it nothing is left.
    assert penalties.no_repeat_ngram(z, ids(0, 1), 1, banned=[2]).tolist() == [3.0, -np.inf, 1.0]


def test_bans_cut_and_refuse_to_cut_everything() -> None:
    assert penalties.ban(Z, [0, 3, 3]).tolist() == [-np.inf, -2.0, 0.0, -np.inf]
    with pytest.raises(InputError, match="every token is banned: "):
        penalties.ban(Z, [0, 1, 2, 3])
