"""The vocabulary of a foreign net: tokens read from whatever file has them, and the tokenizer that they make."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Regex, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend
from tokenizers.models import WordLevel

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import NO_VOCABULARY, ImportChoices, Unit
from chatbot_tui.core.library import shown
from chatbot_tui.model.tokenizer import CHARACTER, Tokenizer
from chatbot_tui.model.vocabulary_file import Tokens, checked_tokens, plain_tokens, read_tokens
from chatbot_tui.model.vocabulary_special import END, PAD, UNKNOWN, is_special, special

ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r"}
"""How people type characters that end a line or a field."""
NO_UNKNOWN = "\ufffd no unknown token \ufffd"
"""What a word list without an unknown token names as one: the model must name something, and this is in no vocabulary."""


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer for a foreign net, its special tokens, and where it all comes from."""

    tokenizer: Tokenizer
    source: str
    """In words: "vocab.json, 1,000 words"."""
    end_token: str | None
    unknown_token: str | None
    pad_token: str | None
    warnings: tuple[str, ...] = ()


def vocabulary_for(path: Path | None, embedded: object, size: int, choices: ImportChoices) -> Vocabulary:
    """Return the vocabulary of a net of `size` tokens.

    Args:
        path: The file that holds it; None where there is none.
        embedded: What the file of weights holds itself, as plain data; used where `path` is None.
        size: How many tokens the net has.
        choices: What was set by hand.

    Raises:
        InputError: it cannot be read, contradicts itself, or has another size than the net.
    """
    if path is not None:
        tokens = read_tokens(path, size)
        name = path.name
    elif embedded is not None:
        tokens, name = checked_tokens(plain_tokens(embedded, size), size, "the vocabulary in the file"), "the file itself"
    else:
        tokens, name = [str(number) for number in range(size)], NO_VOCABULARY
    if isinstance(tokens, Backend):
        return from_backend(tokens, name, choices)
    return from_list(tokens, name, choices, ids=path is None and embedded is None)


def from_backend(backend: Backend, name: str, choices: ImportChoices) -> Vocabulary:
    """Return the vocabulary of a tokenizer.json. Raises InputError where a token set by hand is not in it."""
    entries = list(backend.get_vocab())
    end, unknown, pad = specials(entries, choices)
    unknown = unknown or getattr(backend.model, "unk_token", None) or None
    if unknown is not None and backend.token_to_id(unknown) is None:
        unknown = None
    return Vocabulary(Tokenizer(backend, end, unknown), f"{name}, {len(entries):,} tokens", end, unknown, pad)


def from_list(tokens: Tokens, name: str, choices: ImportChoices, *, ids: bool = False) -> Vocabulary:
    """Return the vocabulary that a plain list of tokens makes: white-space words, or single characters. Raises InputError."""
    end, unknown, pad = specials(tokens, choices)
    unit: Unit = choices.unit or ("characters" if are_characters(tokens) else "words")
    backend = Backend(WordLevel({token: number for number, token in enumerate(tokens)}, unk_token=unknown or NO_UNKNOWN))
    if unit == "characters":
        backend.pre_tokenizer = pre_tokenizers.Split(Regex(CHARACTER), behavior="isolated")
    else:
        backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if not any(token != token.lower() for token in tokens if not is_special(token)):
        backend.normalizer = normalizers.Lowercase()
    source = name if ids else f"{name}, {len(tokens):,} {unit}"
    return Vocabulary(Tokenizer(backend, end, unknown), source, end, unknown, pad)


def are_characters(tokens: Tokens) -> bool:
    """Return whether every token but the special ones is a single character, a blank among them: words hold no blanks."""
    plain = [token for token in tokens if not is_special(token)]
    return all(len(token) == 1 for token in plain) and any(token.isspace() for token in plain)


def specials(tokens: Tokens, choices: ImportChoices) -> tuple[str | None, str | None, str | None]:
    """Return the end, unknown and padding token, as set by hand or by their names. Raises InputError if one set by hand is missing."""
    known = set(tokens)
    end = chosen("end", choices.end_token, known) if choices.end_token is not None else special(known, END)
    unknown = chosen("unknown", choices.unknown_token, known) if choices.unknown_token is not None else special(known, UNKNOWN)
    pad = chosen("pad", choices.pad_token, known) if choices.pad_token is not None else special(known, PAD)
    return end, unknown, pad


def chosen(option: str, token: str, known: Collection[str]) -> str | None:
    """Return a token that was set by hand; empty means that there is none, whatever the names say. Raises InputError if it is missing."""
    written = token if token in known else ESCAPES.get(token, token)
    if written and written not in known:
        raise InputError(f"the vocabulary has no token {shown(token)} to be the {option} token: name one that it has")
    return written or None
