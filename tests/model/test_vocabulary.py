"""Tokens from other programs' files: every form that is read, and every one that is refused."""

import json
import pickle
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, pre_tokenizers
from tokenizers.trainers import BpeTrainer

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import ImportChoices
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.model.vocabulary import Vocabulary, vocabulary_for
from tests.model.bad_vocabularies import REFUSED, as_torch_saves, put

WORDS = ["<pad>", "<unk>", "the", "cat", "sat", "<eos>"]
NOTHING = ImportChoices()


def read(folder: Path, content: Any, size: int = 6, name: str = "vocab.json", choices: ImportChoices = NOTHING) -> Vocabulary:
    return vocabulary_for(put(folder, content, name), None, size, choices)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (WORDS, "vocab.json"),
        ({token: number for number, token in enumerate(WORDS)}, "vocab.json"),
        ({str(number): token for number, token in enumerate(WORDS)}, "vocab.json"),
        ({token: str(number) for number, token in enumerate(WORDS)}, "vocab.json"),
        (dict(sorted((token, number) for number, token in enumerate(WORDS))), "vocab.json"),
        ({"itos": WORDS, "freqs": {"the": 3}}, "vocab.json"),
        ({"stoi": {token: number for number, token in enumerate(WORDS)}}, "vocab.json"),
        ([[token, 9 - number] for number, token in enumerate(WORDS)], "vocab.json"),
        ("\n".join(WORDS) + "\n", "words.txt"),
        ("\r\n".join(WORDS) + "\r\n", "words.txt"),
        ("\ufeff" + "\n".join(WORDS), "words.txt"),
        ("".join(f"{token}\t{100 - number * number}\n" for number, token in enumerate(WORDS)), "counts.tsv"),
        ("".join(f"{token}\t{number}\n" for number, token in reversed(list(enumerate(WORDS)))), "words.tsv"),
        ("".join(f"{number}\t{token}\n" for number, token in reversed(list(enumerate(WORDS)))), "words.tsv"),
        ("".join(f"{token} {100 - number * number}\n" for number, token in enumerate(WORDS)), "counts.txt"),
        ("token,id\n" + "".join(f'"{token}",{number}\n' for number, token in reversed(list(enumerate(WORDS)))), "words.csv"),
        ("".join(f"{json.dumps(token)}\n" for token in WORDS), "words.jsonl"),
        ([[number, token] for number, token in reversed(list(enumerate(WORDS)))], "vocab.json"),
        ({"word_to_idx": {token: number for number, token in enumerate(WORDS)}, "idx_to_word": {}}, "vocab.json"),
        ({"vocab": {"itos": WORDS}, "size": 6}, "vocab.json"),
        (pickle.dumps(WORDS), "itos.pkl"),
        (pickle.dumps(WORDS, 2), "itos.pkl"),
        (pickle.dumps({"word2idx": {token: number for number, token in enumerate(WORDS)}}), "dictionary.pkl"),
        (pickle.dumps(tuple(enumerate(WORDS))), "pairs.pkl"),
        (pickle.dumps(defaultdict(int, {token: number for number, token in enumerate(WORDS)})), "stoi.pkl"),
        (pickle.dumps(OrderedDict((token, number) for number, token in enumerate(WORDS)), 2), "stoi.pkl"),
        (pickle.dumps(dict(enumerate(WORDS))), "idx2word.pkl"),
        (as_torch_saves(WORDS), "vocab.pt"),
    ],
)
def test_every_form_of_a_word_list_is_read(content: object, name: str, tmp_path: Path) -> None:
    vocabulary = read(tmp_path, content, name=name)
    tokenizer = vocabulary.tokenizer
    assert (vocabulary.end_token, vocabulary.unknown_token, vocabulary.pad_token) == ("<eos>", "<unk>", "<pad>")
    assert tokenizer.end_id == 5
    assert tokenizer.encode("The cat  bit") == [2, 3, 1], "lower-cased, since the list has no capitals"
    assert tokenizer.unknown_words("The cat  bit") == ["bit"]
    assert tokenizer.decode([2, 3, 4, 5]) == "the cat sat"


def test_a_list_that_begins_like_json_is_text_all_the_same(tmp_path: Path) -> None:
    vocabulary = read(tmp_path, "[PAD]\n[UNK]\nthe\ncat\nsat\n[EOS]\n", name="vocab.txt")
    assert (vocabulary.end_token, vocabulary.unknown_token, vocabulary.pad_token) == ("[EOS]", "[UNK]", "[PAD]")


def test_a_heading_is_one_line_more_than_the_net_has_tokens(tmp_path: Path) -> None:
    assert read(tmp_path, "token,count\nthe,9\n<unk>,5\n", 2, "vocab.csv").tokenizer.encode("the cat") == [0, 1]
    with pytest.raises(InputError, match="3 tokens, 1 more"):
        read(tmp_path, "token\nthe\n<unk>\n", 2, "vocab.txt")


def test_tokens_that_hold_blanks_are_kept_where_most_do_not(tmp_path: Path) -> None:
    assert read(tmp_path, "new york\nthe\ncat\n", 3, "vocab.txt").tokenizer.texts[0].strip() == "new york"


def test_capitals_are_kept_where_the_list_has_some(tmp_path: Path) -> None:
    assert read(tmp_path, ["The", "the", "<UNK>"], 3).tokenizer.encode("The the THE") == [0, 1, 2]


def test_without_an_unknown_token_unknown_words_are_left_out_and_named(tmp_path: Path) -> None:
    tokenizer = read(tmp_path, ["a", "b"], 2).tokenizer
    assert tokenizer.encode("a c B") == [0, 1]
    assert tokenizer.encode_batch(["a c B", "c"]) == [[0, 1], []]
    assert tokenizer.unknown_words("a c B") == ["c"]
    assert tokenizer.pieces("a c") == [(0, "a")]


def test_single_characters_with_a_blank_among_them_are_characters(tmp_path: Path) -> None:
    tokenizer = read(tmp_path, ["a", "b", " ", "\n", "<unk>"], 5).tokenizer
    assert tokenizer.encode("ab B") == [0, 1, 2, 1]
    assert tokenizer.decode([2, 0, 3, 2, 1]) == " a\n b", "blanks are tokens like others"


def test_single_letters_without_a_blank_are_words_unless_told_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, ["a", "b"], 2).tokenizer.decode([0, 1]) == "a b"
    assert read(tmp_path, ["a", "b"], 2, choices=ImportChoices(unit="characters")).tokenizer.decode([0, 1]) == "ab"


def test_without_a_vocabulary_text_is_ids() -> None:
    vocabulary = vocabulary_for(None, None, 12, NOTHING)
    assert vocabulary.tokenizer.encode("3 0 11 12") == [3, 0, 11]
    assert vocabulary.tokenizer.unknown_words("3 0 11 12") == ["12"]
    assert vocabulary.tokenizer.decode([11, 2]) == "11 2"
    assert vocabulary.end_token is None


@pytest.mark.parametrize(
    ("tokens", "end", "unknown", "pad"),
    [
        (["</s>", "<s>", "<UNK>", "<PAD>"], "</s>", "<UNK>", "<PAD>"),
        (["<|endoftext|>", "a", "[UNK]", "b"], "<|endoftext|>", "[UNK]", None),
        (["xxunk", "xxpad", "xxbos", "xxeos"], "xxeos", "xxunk", "xxpad"),
        (["EOS", "UNK", "PAD", "SOS"], "EOS", "UNK", "PAD"),
        (["", "[UNK]", "the", "a"], None, "[UNK]", ""),
        (["end", "pad", "unknown", "s"], None, None, None),
        (["<eos>", "<eot>", "a", "b"], "<eot>", None, None),
        (["<OOV>", "_PAD_", "__EOS__", "b"], "__EOS__", "<OOV>", "_PAD_"),
        (["<b>", "[bold]", "<x>", "{c}"], None, None, None),
    ],
)
def test_special_tokens_are_known_by_their_names(
    tokens: list[str], end: str | None, unknown: str | None, pad: str | None, tmp_path: Path
) -> None:
    vocabulary = read(tmp_path, tokens, 4)
    assert (vocabulary.end_token, vocabulary.unknown_token, vocabulary.pad_token) == (end, unknown, pad)


def test_special_tokens_can_be_set_by_hand_and_taken_away(tmp_path: Path) -> None:
    vocabulary = read(tmp_path, WORDS, choices=ImportChoices(end_token="sat", unknown_token="", pad_token="cat"))
    assert (vocabulary.end_token, vocabulary.unknown_token, vocabulary.pad_token) == ("sat", None, "cat")
    assert vocabulary.tokenizer.end_id == 4
    with pytest.raises(InputError, match="no token 'dog'"):
        read(tmp_path, WORDS, choices=ImportChoices(end_token="dog"))


def test_a_line_break_set_by_hand_is_typed_as_people_do(tmp_path: Path) -> None:
    characters = ["a", " ", "\n"]
    for typed in ("\n", "\\n"):
        vocabulary = read(tmp_path, characters, 3, choices=ImportChoices(end_token=typed))
        assert (vocabulary.end_token, vocabulary.tokenizer.end_id) == ("\n", 2)
    # Where those two characters are a token themselves, they are meant.
    assert read(tmp_path, [*characters, "\\n"], 4, choices=ImportChoices(end_token="\\n")).tokenizer.end_id == 3


def test_a_keras_tokenizer_counts_from_one(tmp_path: Path) -> None:
    content = {"class_name": "Tokenizer", "config": {"num_words": 3, "word_index": json.dumps({"<OOV>": 1, "the": 2, "cat": 3})}}
    vocabulary = read(tmp_path, content, 3)
    assert vocabulary.tokenizer.encode("the cat") == [2, 1]
    assert vocabulary.pad_token == "<pad>"
    assert read(tmp_path, {"the": 1, "cat": 2}, 3).tokenizer.encode("the cat") == [1, 2]


def bpe(**parts: Any) -> Backend:
    backend = Backend(models.BPE(**parts.pop("model", {})))
    for name, part in parts.items():
        setattr(backend, name, part)
    suffix = backend.model.end_of_word_suffix or ""
    trainer = BpeTrainer(vocab_size=90, special_tokens=["<eos>", "<unk>"], show_progress=False, end_of_word_suffix=suffix)
    backend.train_from_iterator(["do you like the cat, dear?", "the dog likes you"] * 5, trainer)
    return backend


@pytest.mark.parametrize(
    "backend",
    [
        bpe(pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False), decoder=decoders.ByteLevel()),
        bpe(pre_tokenizer=pre_tokenizers.Metaspace(), decoder=decoders.Metaspace()),
        bpe(pre_tokenizer=pre_tokenizers.Whitespace(), decoder=decoders.BPEDecoder(), model={"end_of_word_suffix": "</w>"}),
    ],
)
def test_a_tokenizer_json_gives_back_what_it_was_given(backend: Backend, tmp_path: Path) -> None:
    vocabulary = read(tmp_path, backend.to_str(), backend.get_vocab_size(), "tokenizer.json")
    tokenizer = vocabulary.tokenizer
    text = "you like the dog"
    assert tokenizer.encode(text) == backend.encode(text).ids
    assert tokenizer.decode(tokenizer.encode(text)).strip() == text
    assert vocabulary.end_token == "<eos>"


def test_word_pieces_are_joined(tmp_path: Path) -> None:
    backend = Backend(models.WordPiece({"[UNK]": 0, "play": 1, "##ing": 2, "cats": 3}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = read(tmp_path, backend.to_str(), 4, "tokenizer.json").tokenizer
    assert tokenizer.decode(tokenizer.encode("playing cats")) == "playing cats"
    assert tokenizer.unknown_words("dogs") == ["dogs"]


@pytest.mark.parametrize("content", [WORDS, ["a", " ", "b", "c", "<unk>", "<eos>"], [str(number) for number in range(6)]])
def test_a_vocabulary_is_the_same_after_saving_and_loading(content: list[str], tmp_path: Path) -> None:
    vocabulary = read(tmp_path, content)
    vocabulary.tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.load(tmp_path / "tokenizer.json", vocabulary.end_token)
    text = "the cat a b zebra 3"
    assert again.encode(text) == vocabulary.tokenizer.encode(text)
    assert again.unknown_words(text) == vocabulary.tokenizer.unknown_words(text)
    assert again.texts == vocabulary.tokenizer.texts
    assert (again.end_id, again.unknown_id) == (vocabulary.tokenizer.end_id, vocabulary.tokenizer.unknown_id)


def test_markup_is_text(tmp_path: Path) -> None:
    tokens = ["[red]the[/red]", "<b>", "$(rm -rf /)", "&amp;", "{0}", "%s"]
    assert read(tmp_path, tokens).tokenizer.decode(range(6)) == " ".join(tokens)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    content, file, size, said = REFUSED[name]
    path = put(tmp_path, content, file)
    with pytest.raises(InputError, match=said) as raised:
        vocabulary_for(path, None, size, NOTHING)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 600
