"""Conversation text: where it comes from, read as dialogues of normalised turns."""

import gzip
import importlib.util
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, Any, TypeAlias

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.paths import assets
from chatbot_tui.model.text import normalise
from chatbot_tui.training.lab_text.article import article_sentences
from chatbot_tui.training.lab_text.smalltalk import held_out_dialogues, lab_dialogues

Dialogue: TypeAlias = list[str]
"""The turns of one conversation, oldest first, normalised, none empty."""

CHITCHAT = "chitchat"
"""Name of the corpus in the package chitchat-dataset: 4,017 dialogues of two turns or more, MIT."""

LAB = "lab"
"""Name of the small talk that the program makes up: see lab_text."""
LAB_VALID = "lab.valid"
"""Name of what is kept aside from it for validation."""
EVERYDAY = "everyday"
"""Name of the small talk that a large language model wrote for this project: see `assets/corpora`."""

ARTICLE = "article"
"""Name of the article's three sentences, 530 times in all."""

NAMED = (LAB, LAB_VALID, ARTICLE, EVERYDAY, CHITCHAT)
"""The corpora that need no file."""

MAX_LINE_CHARACTERS = 10_000_000
"""A line longer than this is a decompression bomb or no conversation."""

ENCODING = "utf-8-sig"
"""UTF-8; the mark that some editors put at the beginning of a file is no part of its text."""


@dataclass(frozen=True)
class Corpus:
    """A named body of dialogues."""

    name: str
    dialogues: list[Dialogue]

    @property
    def words(self) -> int:
        """White-space words in all turns."""
        return sum(len(turn.split()) for dialogue in self.dialogues for turn in dialogue)


def read_corpus(source: str) -> Corpus:
    """Read a file, or where there is none a corpus that has that name.

    Raises:
        InputError: there is no such file, its format is unknown, a line is malformed, or it holds no dialogue.
    """
    path = Path(source)
    if source in NAMED and not path.exists():
        return named_corpus(source)
    dialogues = read_dialogues(path)
    if not dialogues:
        raise InputError(f'{source} holds no dialogue: .jsonl wants {{"turns": [...]}} a line, .txt a turn a line')
    return Corpus(corpus_name(path), dialogues)


def named_corpus(name: str) -> Corpus:
    """Return one of the corpora that need no file. Raises InputError where its package is missing."""
    match name:
        case "lab":
            return Corpus(name, lab_dialogues())
        case "lab.valid":
            return Corpus(name, held_out_dialogues())
        case "article":
            return Corpus(name, article_sentences())
        case "everyday":
            return Corpus(name, read_dialogues(assets() / "corpora" / "everyday.jsonl.gz"))
        case _:
            return Corpus(CHITCHAT, read_chitchat())


def training_corpora(sources: Sequence[str], own: Sequence[str]) -> list[Corpus]:
    """Read what a run learns from: `sources`, files or names, or where there are none the recipe's `own` corpora, by name.

    A recipe that names none learns from the laboratory's text. Wherever that is read, the text kept aside from it comes along.

    Raises:
        InputError: a source is at fault, see read_corpus, or a corpus of the recipe comes in files of the user's.
    """
    if sources:
        corpora = [read_corpus(source) for source in sources]
        made_up = LAB in sources and not Path(LAB).exists()
        return [*corpora, named_corpus(LAB_VALID)] if made_up and LAB_VALID not in sources else corpora
    names = list(own) or [LAB]
    absent = [name for name in names if name not in NAMED]
    if absent:
        raise InputError(f"the program has no copy of {' and '.join(absent)}, the recipe's text: give the files, or others, with --corpus")
    # Not read_corpus: a recipe's own names mean the same in every folder, whatever files lie there.
    return [named_corpus(name) for name in [*names, *([LAB_VALID] if LAB in names and LAB_VALID not in names else [])]]


def corpus_name(path: Path) -> str:
    """Return a file's name without its endings."""
    name = path.name
    for ending in (".gz", ".jsonl", ".txt"):
        name = name.removesuffix(ending)
    return name


def read_dialogues(path: Path) -> list[Dialogue]:
    """Read `.jsonl`, `.jsonl.gz` ({"turns": [...]} a line) or `.txt` (a turn a line, a blank line between dialogues)."""
    if not path.is_file():
        raise InputError(f"no corpus file {path}: give a .jsonl, .jsonl.gz or .txt file, or one of {', '.join(NAMED)}")
    try:
        if path.name.endswith(".jsonl.gz"):
            with gzip.open(path, "rt", encoding=ENCODING) as file:
                return list(from_json_lines(file, path))
        if path.name.endswith(".jsonl"):
            with path.open(encoding=ENCODING) as file:
                return list(from_json_lines(file, path))
        if path.name.endswith(".txt"):
            with path.open(encoding=ENCODING) as file:
                return list(from_plain_text(file, path))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text: convert it first") from None
    raise InputError(f"{path} is of an unknown kind: use .jsonl, .jsonl.gz or .txt")


def from_json_lines(file: IO[str], path: Path) -> Iterator[Dialogue]:
    """Yield the dialogues of JSON lines."""
    for number, line in enumerate(bounded_lines(file, path), 1):
        if not line.strip():
            continue
        try:
            turns = json.loads(line)["turns"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise InputError(f'{path}, line {number} is not {{"turns": [...]}}: mend or remove it') from None
        if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
            raise InputError(f"{path}, line {number}: turns must be a list of texts")
        if dialogue := clean(turns):
            yield dialogue


def from_plain_text(file: IO[str], path: Path) -> Iterator[Dialogue]:
    """Yield the dialogues of plain text: a turn a line, a blank line between dialogues."""
    for blank, lines in groupby(bounded_lines(file, path), key=lambda line: not line.strip()):
        if not blank and (dialogue := clean(lines)):
            yield dialogue


def bounded_lines(file: IO[str], path: Path) -> Iterator[str]:
    """Yield the lines of a file. Raises InputError before one too long has filled the memory."""
    number = 0
    while line := file.readline(MAX_LINE_CHARACTERS + 1):
        number += 1
        if len(line) > MAX_LINE_CHARACTERS:
            raise InputError(f"{path}, line {number} has more than {MAX_LINE_CHARACTERS:,} characters: break it into dialogues and turns")
        yield line


def clean(turns: Iterable[str]) -> Dialogue:
    """Normalise turns and leave out the empty ones."""
    return [text for turn in turns if (text := normalise(turn))]


def read_chitchat() -> list[Dialogue]:
    """Read the corpus of the package chitchat-dataset; consecutive messages of one sender are joined, single turns left out."""
    spec = importlib.util.find_spec("chitchat_dataset")
    if spec is None or spec.origin is None:
        raise InputError("the corpus chitchat is not installed: pip install 'chatbot-tui[train]'")
    path = Path(spec.origin).with_name("dataset.json")
    try:
        conversations: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        dialogues = [join_senders(conversation["messages"]) for conversation in conversations.values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"cannot read the corpus chitchat from {path}: install chitchat-dataset again") from None
    return [dialogue for dialogue in dialogues if len(dialogue) > 1]


def join_senders(messages: list[list[dict[str, str]]]) -> Dialogue:
    """Return one turn for each run of messages of the same sender."""
    flat = [message for group in messages for message in group]
    runs = groupby(flat, key=lambda message: message["sender"])
    return clean(" ".join(message["text"] for message in run) for _, run in runs)
