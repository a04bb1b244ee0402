import hashlib

import numpy as np

from chatbot_tui.training.identity import identity, text_digest
from chatbot_tui.training.stream import EncodedCorpus, Tokens
from tests.training.tiny import NOTHING, recipe


def corpus(tokens: list[int], starts: list[int], share: float = 1.0) -> EncodedCorpus:
    return EncodedCorpus(np.array(tokens, np.int32), np.array(starts, np.int64), share)


def tokens(*ids: int) -> Tokens:
    return np.array(ids, np.int32)


def test_the_digest_is_that_of_lengths_and_values() -> None:
    # Lengths in 8 bytes, tokens in 4, starts in 8, least significant byte first.
    spelt = [(2, 8), (7, 4), (9, 4), (2, 8), (0, 8), (2, 8), (1, 8), (5, 4)]
    data = b"".join(value.to_bytes(size, "little") for value, size in spelt)
    assert text_digest([corpus([7, 9], [0, 2])], tokens(5)) == hashlib.sha256(data).hexdigest()


def test_every_change_of_the_text_changes_the_digest() -> None:
    texts = [
        ([corpus([1, 2, 3, 4], [0, 2, 4])], NOTHING),
        ([corpus([1, 2, 3, 5], [0, 2, 4])], NOTHING),
        ([corpus([1, 2, 4, 3], [0, 2, 4])], NOTHING),
        ([corpus([1, 2, 3, 4], [0, 3, 4])], NOTHING),
        ([corpus([1, 2, 3, 4], [0, 4])], NOTHING),
        ([corpus([1, 2, 3, 4], [0, 2, 4])], tokens(1)),
        ([corpus([1, 2], [0, 2]), corpus([3, 4], [0, 2])], NOTHING),
        ([corpus([3, 4], [0, 2]), corpus([1, 2], [0, 2])], NOTHING),
        ([corpus([1, 2], [0, 2])], tokens(3, 4)),
        ([], NOTHING),
    ]
    assert len({text_digest(*text) for text in texts}) == len(texts)


def test_an_identity_is_what_json_gives_back() -> None:
    found = identity(recipe(banned_tokens=("<eot>",)), [{"name": "talk", "licence": "MIT", "words": 3}], [], NOTHING)
    assert found.keys() == {"recipe", "corpora", "text"}
    assert found["recipe"]["banned_tokens"] == ["<eot>"]
    assert found["recipe"]["hidden_dim"] == 8
    assert found["text"] == text_digest([], NOTHING)
