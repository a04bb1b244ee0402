"""Files of tokens from other programs: tokenizer.json, JSON lists and maps, a token a line. Read with bounds, checked, never trusted."""

import re
import unicodedata
from pathlib import Path
from typing import Any, TypeAlias

from tokenizers import Tokenizer as Backend

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import shown
from chatbot_tui.core.strict_json import parse, read_bounded
from chatbot_tui.model.config import MAX_DIMENSION

Tokens: TypeAlias = list[str]
"""The tokens in the order of their ids."""

MAX_VOCABULARY_BYTES = 32 << 20
MAX_BRACKETS = 2 << 20
"""Lists and objects in a JSON file: those that hold nothing take the most memory for their length."""
MAX_TOKEN_LENGTH = 1000
WRAPPERS = (
    "vocab",
    "vocabulary",
    "itos",
    "stoi",
    "idx2word",
    "word2idx",
    "word_index",
    "index_word",
    "tokens",
    "words",
    "chars",
    "char2idx",
    "idx2char",
)
KERAS_PADDING = "<pad>"
"""Keras counts words from 1 and keeps 0 for what fills up a text."""


def read_tokens(path: Path, size: int) -> Tokens | Backend:
    """Return the tokens that a file holds, or the tokenizer if it is a tokenizer.json; one for each of the net's `size` ids.

    Raises:
        InputError: the file cannot be read, is of no known form, contradicts itself, or has another number of tokens.
    """
    data = read_bounded(path, MAX_VOCABULARY_BYTES)
    if data[:1] == b"\x80" or data[:2] == b"PK":
        raise InputError(
            f"{path} is a pickle or an archive, which may run code: write the tokens with json.dump(tokens, open('vocab.json', 'w'))"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line} is not UTF-8 text: save the vocabulary as UTF-8") from None
    if text.lstrip()[:1] in ("{", "["):
        found = from_json(path, data, text, size)
        if found is not None:
            return found
    return checked_tokens(from_lines(path, text), size, str(path))


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
    if isinstance(value, dict):
        inner = next((value[name] for name in WRAPPERS if isinstance(value.get(name), list | dict)), None)
        if inner is not None:
            value = inner
    if isinstance(value, list):
        # Pairs of token and count, as word counters write them.
        plain = [item[0] if isinstance(item, list) and len(item) == 2 and not isinstance(item[1], str) else item for item in value]
        wrong = next((place for place, item in enumerate(plain) if not isinstance(item, str)), None)
        if wrong is not None:
            raise InputError(f"entry {wrong} of the vocabulary is not a text: give a list of tokens or a map from token to id")
        return plain
    if isinstance(value, dict) and value:
        return from_map(as_ids(value), size)
    raise InputError("it is no vocabulary: give a list of tokens or a map from token to id")


def as_ids(value: dict[Any, Any]) -> list[tuple[Any, str]]:
    """Return (id, token) for a map either way round. Raises InputError."""
    if all(type(item) is int for item in value.values()):
        return [(item, str(key)) for key, item in value.items()]
    if all(isinstance(item, str) for item in value.values()):
        if all(type(key) is int or re.fullmatch(r"-?[0-9]{1,9}", key) for key in value):
            return [(int(key), item) for key, item in value.items()]
        if all(re.fullmatch(r"-?[0-9]{1,9}", item) for item in value.values()):
            return [(int(item), str(key)) for key, item in value.items()]
    raise InputError("the map of the vocabulary is neither from token to whole number nor from number to token: mend it")


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


def from_lines(path: Path, text: str) -> Tokens:
    """Return the tokens of a text file, one a line; a count or an id after a tab is understood. Raises InputError."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > MAX_DIMENSION:
        raise InputError(f"{path} has {len(lines):,} lines: a vocabulary of at most {MAX_DIMENSION:,} tokens is read")
    if "\r" in text:
        lines = [line.removesuffix("\r") for line in lines]
    if "" in lines:
        raise InputError(f"{path}, line {lines.index('') + 1} is empty: write one token a line, or the whole as a JSON list")
    if text.count("\t") < len(lines):
        return lines
    columns = [line.rsplit("\t", 1) for line in lines]
    if all(len(column) == 2 and column[0] and re.fullmatch(r"[0-9]{1,15}", column[1]) for column in columns):
        numbers = [int(column[1]) for column in columns]
        tokens = [column[0] for column in columns]
        if sorted(numbers) == list(range(len(numbers))):
            return [token for _, token in sorted(zip(numbers, tokens, strict=True))]
        return tokens
    return lines


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
        few = "special tokens such as padding or unknown are probably missing from it"
        rounded = "the net's vocabulary was probably rounded up; fill the list up with names of your own"
        reason = (
            few
            if more <= 4
            else rounded
            if size % 8 == 0 and more < 64
            else "it was probably made from less text, or with a higher cut-off"
        )
        raise InputError(f"{name} has {found:,} tokens and the net {size:,}, {more:,} more: {reason}")
    few = "special tokens were probably added to it after training"
    reason = few if more <= 4 else "it probably belongs to another net, or the net was trained on its most frequent words only"
    raise InputError(f"{name} has {found:,} tokens, {more:,} more than the net's {size:,}: {reason}")
