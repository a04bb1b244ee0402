"""Files of tokens from other programs: tokenizer.json, JSON lists and maps, a token a line. Read with bounds, checked, never trusted."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from tokenizers import Tokenizer as Backend

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import shown
from chatbot_tui.core.strict_json import parse, read_bounded
from chatbot_tui.model.vocabulary_lines import from_lines
from chatbot_tui.model.vocabulary_pickle import from_pickle

Tokens: TypeAlias = list[str]
"""The tokens in the order of their ids."""

MAX_VOCABULARY_BYTES = 32 << 20
MAX_BRACKETS = 2 << 20
"""Lists and objects in a JSON file: those that hold nothing take the most memory for their length."""
MAX_TOKEN_LENGTH = 1000
BEGINNING = 512
"""Bytes in which a file that is no text shows it."""
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How text of that encoding begins: it has zeros too, and is told of its encoding."""
LISTS = (list, tuple)
WORD_ENTRIES = (
    "vocab",
    "vocabulary",
    "itos",
    "stoi",
    "idx2word",
    "word2idx",
    "id2word",
    "word2id",
    "idx_to_word",
    "word_to_idx",
    "ix_to_word",
    "word_to_ix",
    "idx_to_token",
    "token_to_idx",
    "index2word",
    "word2index",
    "word_index",
    "index_word",
    "tokens",
    "words",
)
"""Entries under which programs keep their tokens, the usual ones first."""
CHARACTER_ENTRIES = ("chars", "idx2char", "char2idx", "int2char", "char2int", "ix_to_char", "char_to_ix", "all_characters", "characters")
"""Entries under which nets of characters keep theirs, some as one text."""
MAX_WRAPPED = 3
KERAS_PADDING = "<pad>"
"""Keras counts words from 1 and keeps 0 for what fills up a text."""


def read_tokens(path: Path, size: int) -> Tokens | Backend:
    """Return the tokens that a file holds, or the tokenizer if it is a tokenizer.json; one for each of the net's `size` ids.

    Raises:
        InputError: the file cannot be read, is of no known form, contradicts itself, or has another number of tokens.
    """
    data = read_bounded(path, MAX_VOCABULARY_BYTES)
    if data[:1] == b"\x80" or data[:2] == b"PK":
        return from_data(path, from_pickle(path, data), size)
    if b"\0" in data[:BEGINNING] and not data.startswith(UTF_16):
        raise InputError(f"{path} is no text, so that it holds no tokens: give the list of tokens that the net was trained with")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line} is not UTF-8 text: save the vocabulary as UTF-8") from None
    if text.lstrip()[:1] in ("{", "["):
        found = from_json(path, data, text, size)
        if found is not None:
            return found
    return checked_tokens(from_lines(path, text, size), size, str(path))


def from_json(path: Path, data: bytes, text: str, size: int) -> Tokens | Backend | None:
    """Return what a JSON file holds; None for a text file that only begins like one. Raises InputError."""
    if re.search(r'"model"\s*:\s*\{', text[: 1 << 20]) and '"vocab"' in text:
        if data.count(b'":') > 8 * size + 20_000:
            raise InputError(f"{path} has far more tokens than the net's {size:,}: it belongs to another net")
        return checked_backend(path, text, size)
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise InputError(
            f"{path} is no vocabulary: it holds more than {MAX_BRACKETS:,} lists; give a list of tokens or a map from token to id"
        )
    try:
        value = parse(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        if path.suffix.lower() != ".json" and "\n" in text.strip():
            return None
        raise InputError(
            f"{path} is not valid JSON: {' '.join(str(error).split())[:100]}; give a list of tokens or a map from token to id"
        ) from None
    return from_data(path, value, size)


def from_data(path: Path, value: Any, size: int) -> Tokens:
    """Return the tokens of the plain data in a file. Raises InputError, with the file's name."""
    try:
        return checked_tokens(plain_tokens(value, size), size, str(path))
    except InputError as error:
        raise InputError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def checked_backend(path: Path, text: str, size: int) -> Backend:
    """Return the tokenizer of a tokenizer.json whose ids are those of the net. Raises InputError."""
    try:
        backend = Backend.from_str(text)
    except Exception as error:  # the library raises bare Exception for a malformed file
        raise InputError(f"{path} is not a tokenizer.json: {' '.join(str(error).split())[:200]}") from None
    vocabulary = backend.get_vocab()
    by_id = dict.fromkeys(vocabulary.values())
    require_size(len(by_id), size, str(path))
    gap = next((number for number in range(len(by_id)) if number not in by_id), None)
    if gap is not None:
        raise InputError(f"{path} has no token with the id {gap}: ids must run from 0 without gaps")
    for token in vocabulary:
        check_token(token, str(path))
    return backend


def plain_tokens(value: Any, size: int) -> Tokens:
    """Return the tokens of plain data: a list, a map from token to id or from id to token, or an object that holds one of these.

    Raises:
        InputError: it is none of these, or its ids are negative, doubled or have gaps.
    """
    if isinstance(value, dict) and isinstance(value.get("config"), dict) and "word_index" in value["config"]:
        return keras_tokens(value["config"], size)
    for _ in range(MAX_WRAPPED):
        if isinstance(value, dict):
            value = next(
                (value[name] for name in WORD_ENTRIES + CHARACTER_ENTRIES if isinstance(value.get(name), (*LISTS, dict)) and value[name]),
                value,
            )
    if isinstance(value, LISTS):
        tokens = first_of_pairs(value)
        wrong = next((place for place, token in enumerate(tokens) if not isinstance(token, str)), None)
        if wrong is not None:
            raise InputError(f"entry {wrong} of the vocabulary is not a text: give a list of tokens or a map from token to id")
        return tokens
    if isinstance(value, dict) and value:
        return from_map(as_ids(value), size)
    raise InputError("it is no vocabulary: give a list of tokens or a map from token to id")


def first_of_pairs(entries: Sequence[Any]) -> list[Any]:
    """Return the tokens of pairs of token and count, as word counters write them, or of token and id either way round.

    Entries that are no such pairs are returned as they are.
    """
    if not entries or not all(isinstance(entry, LISTS) and len(entry) == 2 for entry in entries):
        return list(entries)
    pairs = [tuple(entry) if isinstance(entry[0], str) else tuple(entry[::-1]) for entry in entries]
    if not all(isinstance(token, str) and type(number) in (int, float) for token, number in pairs):
        return list(entries)
    by_id = sorted(pairs, key=lambda pair: pair[1])
    return [token for token, _ in (by_id if [number for _, number in by_id] == list(range(len(pairs))) else pairs)]


def as_ids(value: dict[Any, Any]) -> list[tuple[Any, str]]:
    """Return (id, token) for a map either way round. Raises InputError."""
    if all(type(item) is int for item in value.values()):
        return [(item, str(key)) for key, item in value.items()]
    if all(isinstance(item, str) for item in value.values()):
        if all(type(key) is int or re.fullmatch(r"-?[0-9]{1,9}", key) for key in value):
            return [(int(key), item) for key, item in value.items()]
        if all(re.fullmatch(r"-?[0-9]{1,9}", item) for item in value.values()):
            return [(int(item), str(key)) for key, item in value.items()]
    raise InputError(
        "it is a map, but neither from token to whole number nor from number to token: give the tokens that the net was trained with"
    )


def from_map(entries: list[tuple[int, str]], size: int) -> Tokens:
    """Return the tokens in the order of their ids. Raises InputError where ids are negative, doubled or have gaps."""
    tokens: dict[int, str] = {}
    for number, token in entries:
        if number < 0:
            raise InputError(f"the token {shown(token)} has the id {number}: ids run from 0")
        if number in tokens:
            raise InputError(f"{shown(tokens[number])} and {shown(token)} share the id {number}: each token needs its own")
        tokens[number] = token
    if 0 not in tokens and len(tokens) == size - 1 and max(tokens) == size - 1:
        tokens[0] = KERAS_PADDING
    gap = next((number for number in range(len(tokens)) if number not in tokens), None)
    if gap is not None:
        raise InputError(
            f"no token has the id {gap}, though there are {len(tokens):,} tokens up to id {max(tokens):,}: ids must run from 0 without gaps"
        )
    return [tokens[number] for number in range(len(tokens))]


def keras_tokens(config: dict[str, Any], size: int) -> Tokens:
    """Return the tokens of a Keras Tokenizer's JSON; where it kept the `num_words` most frequent, those. Raises InputError."""
    index = config["word_index"]
    try:
        index = parse(index.encode()) if isinstance(index, str) else index
    except (ValueError, UnicodeEncodeError):
        index = None
    if not isinstance(index, dict) or not all(type(item) is int for item in index.values()):
        raise InputError("its word_index is not a map from word to number: save the Keras tokenizer again with to_json()")
    kept = (
        [(item, key) for key, item in index.items() if item < size]
        if isinstance(config.get("num_words"), int)
        else [(item, key) for key, item in index.items()]
    )
    return from_map(kept, size)


def checked_tokens(tokens: Tokens, size: int, name: str) -> Tokens:
    """Return tokens that are as many as the net's ids, each once and fit to be shown. Raises InputError."""
    require_size(len(tokens), size, name)
    places: dict[str, int] = {}
    for number, token in enumerate(tokens):
        if token in places:
            raise InputError(f"{name} has the token {shown(token)} twice, at {places[token]} and {number}: each needs its own id")
        places[token] = number
        check_token(token, name)
    return tokens


def check_token(token: str, name: str) -> None:
    """Raise InputError unless a token can be shown and stored: no half characters, nothing that steers a terminal."""
    if token.isascii() and token.isprintable() and len(token) <= MAX_TOKEN_LENGTH:
        return
    if len(token) > MAX_TOKEN_LENGTH:
        raise InputError(f"{name} has a token of {len(token):,} characters: at most {MAX_TOKEN_LENGTH:,} are read")
    for character in token:
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and not character.isspace()):
            raise InputError(
                f"{name} has a token with the control character U+{ord(character):04X}: take it out, or give the right vocabulary"
            )


def require_size(found: int, size: int, name: str) -> None:
    """Raise InputError, with the likely reason, unless the vocabulary has as many tokens as the net."""
    if found == size:
        return
    more = abs(found - size)
    if found < size:
        few = "special tokens such as padding or unknown are probably missing from it; add them where training had them"
        rounded = "the net's vocabulary was probably rounded up; fill the list up with names of your own"
        reason = (
            few
            if more <= 4
            else rounded
            if size % 8 == 0 and more < 64
            else "it was probably made from less text, or with a higher cut-off; give the list that the net was trained with"
        )
        raise InputError(f"{name} has {found:,} tokens and the net {size:,}, {more:,} more: {reason}")
    few = "special tokens were probably added to it after training; take them out"
    other = (
        "it probably belongs to another net, or the net learnt its most frequent words only; give the list that the net was trained with"
    )
    reason = few if more <= 4 else other
    raise InputError(f"{name} has {found:,} tokens, {more:,} more than the net's {size:,}: {reason}")
