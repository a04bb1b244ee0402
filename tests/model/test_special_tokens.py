import pytest

from chatbot_tui.model.special_tokens import Specials, find_specials


def test_special_tokens_are_told_by_their_names() -> None:
    assert find_specials(["<pad>", "<unk>", "<s>", "</s>", " the"]) == Specials(padding=0, unknown=1, end=3, start=2)
    assert find_specials(["the", "PAD", "[UNK]", "EOS"]) == Specials(padding=1, unknown=2, end=3)


@pytest.mark.parametrize("word", ["end", "pad", "start", "unknown", "go", "Pad"])
def test_words_are_words(word: str) -> None:
    assert find_specials([word, "the"]) == Specials()


def test_a_bare_underscore_fills_up_only_among_the_first_tokens() -> None:
    assert find_specials(["_", "the"]).padding == 0
    assert find_specials([*"abcde", "_"]).padding is None


def test_what_the_tokenizer_knows_goes_first() -> None:
    assert find_specials(["<eos>", "x", "y"], end=2, unknown=1) == Specials(end=2, unknown=1)
    assert find_specials(["<eos>", "x", "y"], end=2, unknown=1).ids == (1, 2)
