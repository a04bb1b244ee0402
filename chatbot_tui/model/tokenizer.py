"""Text to token ids and back: byte-level BPE for real chat, a lower-cased word stream for the collapse family."""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

from tokenizers import Regex, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend
from tokenizers.models import BPE, WordLevel
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer, WordLevelTrainer

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.spelling import Spelling
from chatbot_tui.model.text import normalise

END_OF_TURN = "<eot>"
UNKNOWN = "<unk>"
WORD = r"[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)*"
"""A word of the word stream: letters and digits, contractions whole."""
CHARACTER = r"[\s\S]"
"""What a character vocabulary cuts text into."""

MAX_TOKENIZER_BYTES = 64 << 20


class Tokenizer:
    """A vocabulary and the rule that cuts text into it.

    A turn is encoded as if a space stood before it, so that a word is the same token at the start and inside of a turn; that
    space is taken off again on decoding. Special tokens written out in a text are ordinary text.
    """

    def __init__(self, backend: Backend, end_token: str | None = END_OF_TURN, unknown_token: str | None = None) -> None:
        self._backend = backend
        self._backend.encode_special_tokens = True
        self.size = backend.get_vocab_size()
        self.end_id = None if end_token is None else backend.token_to_id(end_token)
        self.unknown_id = None if unknown_token is None else backend.token_to_id(unknown_token)
        if end_token is not None and self.end_id is None:
            raise InputError(f"the tokenizer has no end token {end_token!r}: name the right one in card.json")

    @classmethod
    def train_bpe(cls, texts: Iterable[str], vocab_size: int) -> Self:
        """Learn a byte-level BPE of at most `vocab_size` tokens (Sennrich et al. 2016; bytes as in GPT-2) from normalised texts."""
        backend = Backend(BPE())
        backend.pre_tokenizer = ByteLevel(add_prefix_space=True)
        trainer = BpeTrainer(
            vocab_size=vocab_size, special_tokens=[END_OF_TURN], initial_alphabet=ByteLevel.alphabet(), show_progress=False, min_frequency=2
        )
        backend.train_from_iterator(texts, trainer)
        return cls(backend)

    @classmethod
    def train_words(cls, texts: Iterable[str], vocab_size: int) -> Self:
        """Keep the `vocab_size` - 2 most frequent lower-cased words; punctuation is dropped, the rest is the unknown token."""
        backend = Backend(WordLevel({}, unk_token=UNKNOWN))
        backend.normalizer = normalizers.Lowercase()
        backend.pre_tokenizer = pre_tokenizers.Split(Regex(WORD), behavior="removed", invert=True)
        trainer = WordLevelTrainer(vocab_size=vocab_size, special_tokens=[END_OF_TURN, UNKNOWN], show_progress=False)
        backend.train_from_iterator(texts, trainer)
        return cls(backend, unknown_token=UNKNOWN)

    @classmethod
    def load(cls, path: Path, end_token: str | None = END_OF_TURN) -> Self:
        """Read a tokenizer.json. Raises InputError when it is missing, too large or not a tokenizer."""
        try:
            size = path.stat().st_size
            if size > MAX_TOKENIZER_BYTES:
                raise InputError(f"{path} has {size:,} bytes: a tokenizer of at most {MAX_TOKENIZER_BYTES:,} is read")
            backend = Backend.from_str(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from None
        except InputError:
            raise
        except Exception as error:  # the library raises bare Exception for a malformed file
            raise InputError(f"{path} is not a tokenizer.json: {' '.join(str(error).split())[:200]}") from None
        named = getattr(backend.model, "unk_token", None)
        # A list of words names its own unknown token, or none; in other kinds the usual name counts first.
        candidates = (named,) if isinstance(backend.model, WordLevel) else (UNKNOWN, named)
        return cls(backend, end_token, next((token for token in candidates if token and backend.token_to_id(token) is not None), None))

    def save(self, path: Path) -> None:
        """Write tokenizer.json."""
        path.write_text(self._backend.to_str(), encoding="utf-8")

    def encode(self, text: str) -> list[int]:
        """Return the ids of one turn, normalised first; an unknown word is the unknown token, or left out where there is none."""
        if self._drops_unknown:
            return [token for token, _ in self.pieces(text)]
        return list(self._backend.encode(normalise(text), add_special_tokens=False).ids)

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Encode many turns at once, in parallel."""
        if self._drops_unknown:
            return [self.encode(text) for text in texts]
        return [
            list(encoding.ids) for encoding in self._backend.encode_batch([normalise(text) for text in texts], add_special_tokens=False)
        ]

    def pieces(self, text: str) -> list[tuple[int, str]]:
        """Return (id, the text it stands for as typed) for one turn; a word that became the unknown token keeps its own letters."""
        plain = normalise(text)
        if self._drops_unknown:
            return [(token, piece) for token, piece in self._words(plain) if token is not None]
        encoding = self._backend.encode(plain, add_special_tokens=False)
        if not self._byte_level:
            return [(token, plain[start:stop]) for token, (start, stop) in zip(encoding.ids, encoding.offsets, strict=True)]
        stream = self.stream()
        return [(token, stream.push(token)) for token in encoding.ids]

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of a turn that the vocabulary lacks, as typed."""
        if self._drops_unknown:
            return [piece for token, piece in self._words(normalise(text)) if token is None]
        if self.unknown_id is None:
            return []
        return [piece.strip() for token, piece in self.pieces(text) if token == self.unknown_id]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of one turn; end tokens add nothing."""
        stream = self.stream()
        return "".join([stream.push(token) for token in ids]) + stream.finish()

    def stream(self) -> "TextStream":
        """Return a decoder that takes one token at a time."""
        return TextStream(self)

    def token(self, text: str) -> int | None:
        """Return the id of a token by its entry in the vocabulary."""
        return self._backend.token_to_id(text)

    def _words(self, plain: str) -> list[tuple[int | None, str]]:
        """Return (id, word) for a list of whole words; None where the list lacks a word."""
        normalizer, pre_tokenizer = self._backend.normalizer, self._backend.pre_tokenizer
        text = plain if normalizer is None else normalizer.normalize_str(plain)
        cut = [(text, (0, len(text)))] if pre_tokenizer is None else pre_tokenizer.pre_tokenize_str(text)
        return [(self._backend.token_to_id(piece), piece) for piece, _ in cut]

    @cached_property
    def is_numbers(self) -> bool:
        """Whether every token is its own id, as where a net came without a vocabulary."""
        return all(self._backend.token_to_id(str(token)) == token for token in range(self.size))

    @cached_property
    def _drops_unknown(self) -> bool:
        """Whether words that the vocabulary lacks have no token to stand for them: the backend would fail at them."""
        return self.unknown_id is None and isinstance(self._backend.model, WordLevel)

    @cached_property
    def _byte_level(self) -> bool:
        return self.spelling.style == "bytes"

    @cached_property
    def spelling(self) -> Spelling:
        """How the vocabulary's entries are written."""
        return Spelling.of(self._backend)

    @cached_property
    def token_bytes(self) -> tuple[bytes, ...]:
        """What each id adds to a text, as UTF-8 bytes (one character may be spread over several tokens); the end token adds nothing."""
        entries = (self._backend.id_to_token(token) for token in range(self.size))
        spell = self.spelling.bytes_of
        return tuple(b"" if token == self.end_id or entry is None else spell(entry) for token, entry in enumerate(entries))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text of each id on its own, for tables: broken characters as U+FFFD, the end token by its name."""
        names = [raw.decode("utf-8", "replace") for raw in self.token_bytes]
        if self.end_id is not None:
            names[self.end_id] = self._backend.id_to_token(self.end_id) or ""
        return tuple(names)


class TextStream:
    """Decodes token by token: what it has given so far, joined, is the text of the turn."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._bytes = tokenizer.token_bytes
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = tokenizer.spelling.style == "plain"

    def push(self, token: int) -> str:
        """Return what `token` adds; a character that is not complete yet waits for its last byte."""
        text = self._utf8.decode(self._bytes[token])
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix(" ")
        return text

    def finish(self) -> str:
        """Return what is left of a character that never became complete."""
        return self._utf8.decode(b"", final=True)


def words(text: str) -> Iterator[str]:
    """Yield the white-space words of a normalised text: the unit of word perplexity."""
    yield from normalise(text).split()
