from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.text import normalise
from chatbot_tui.model.tokenizer import Tokenizer, words

TEXTS = ["do you like the beatles", "yes i do, they're great", "what's your name?", "the the the"] * 3
BPE = Tokenizer.train_bpe(TEXTS, 320)
WORDS = Tokenizer.train_words(TEXTS, 40)


@settings(deadline=None)
@given(st.text(st.characters(), max_size=60))
@example("\ud800")
@example("<eot>")
@example("  “smart”  quotes ’tis \r\n\t e\u0301 🙂 \x00 \u2028")
def test_bytes_bring_back_any_text(text: str) -> None:
    ids = BPE.encode(text)
    assert BPE.decode(ids) == normalise(text)
    assert BPE.end_id not in ids


@settings(deadline=None)
@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_normal_form() -> None:
    assert normalise("  it’s “fine”,\n\tJose\u0301  ") == 'it\'s "fine", José'


def test_an_end_token_written_out_is_ordinary_text() -> None:
    for tokenizer in (BPE, WORDS):
        assert tokenizer.end_id == 0
        assert 0 not in tokenizer.encode("a <eot> b<eot>")
    assert BPE.decode(BPE.encode("<eot>")) == "<eot>"


def test_many_turns_at_once_are_cut_as_one_by_one() -> None:
    texts = [*TEXTS, "", "<eot>", "é 🙂"]
    assert BPE.encode_batch(texts) == [BPE.encode(text) for text in texts]


def test_a_word_is_the_same_token_at_the_start_and_inside() -> None:
    tokenizer = Tokenizer.train_bpe(["the the the cat the"] * 9, 300)
    the = tokenizer.token("Ġthe")
    assert the is not None
    assert tokenizer.encode("the the") == [the, the]


def test_a_character_spread_over_tokens_waits_for_its_last_byte() -> None:
    ids = BPE.encode("a 🙂")
    stream = BPE.stream()
    given_out = [stream.push(token) for token in ids]
    # U+1F642 is four bytes, none of which the corpus ever joined.
    assert given_out[-4:] == ["", "", "", "🙂"]
    assert "".join(given_out) + stream.finish() == "a 🙂"


def test_a_character_cut_short_shows_as_a_replacement() -> None:
    stream = BPE.stream()
    text = "".join(stream.push(token) for token in BPE.encode("a 🙂")[:-1])
    assert text + stream.finish() == "a \ufffd"


def test_end_tokens_add_no_text() -> None:
    assert BPE.decode([0, *BPE.encode("yes"), 0]) == "yes"


def test_the_word_stream_keeps_contractions_whole_and_drops_punctuation() -> None:
    assert WORDS.decode(WORDS.encode("They're GREAT -- what’s 'your' name?!")) == "they're great what's your name"


def test_an_unknown_word_is_the_unknown_token_and_keeps_its_letters_in_pieces() -> None:
    assert WORDS.unknown_id == 1
    assert WORDS.encode("the zebra") == [WORDS.token("the"), 1]
    assert WORDS.pieces("the zebra") == [(WORDS.token("the"), "the"), (1, "zebra")]


def test_the_word_vocabulary_holds_the_most_frequent_words() -> None:
    # 18 x "the": 3 in each of 3 last texts, 1 in each of 3 first. One place is left beside the special tokens.
    small = Tokenizer.train_words(TEXTS, 3)
    assert (small.size, small.token("the")) == (3, 2)


def test_pieces_of_bytes_join_to_the_text() -> None:
    assert "".join(text for _, text in BPE.pieces("é 🙂 yes")) == "é 🙂 yes"


def test_survives_its_file(tmp_path: Path) -> None:
    for tokenizer in (BPE, WORDS):
        tokenizer.save(tmp_path / "tokenizer.json")
        again = Tokenizer.load(tmp_path / "tokenizer.json")
        assert (again.size, again.end_id, again.unknown_id) == (tokenizer.size, tokenizer.end_id, tokenizer.unknown_id)
        assert again.encode("they're <eot> zebras 🙂") == tokenizer.encode("they're <eot> zebras 🙂")
        assert again.texts == tokenizer.texts


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b"\xff\xfe", pytest.param(b"[" * 100_000, id="nested"), b'{"model": {"type": "BPE", "vocab": 3}}']
)
def test_a_file_that_is_no_tokenizer_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        Tokenizer.load(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_missing_file_and_a_wrong_end_token_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        Tokenizer.load(tmp_path / "tokenizer.json")
    BPE.save(tmp_path / "tokenizer.json")
    with pytest.raises(InputError, match="<stop>"):
        Tokenizer.load(tmp_path / "tokenizer.json", "<stop>")


def test_words_are_parted_by_white_space() -> None:
    assert list(words(" it's\n 5 o’clock, ok ")) == ["it's", "5", "o'clock,", "ok"]
