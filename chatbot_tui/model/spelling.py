"""How the entries of a vocabulary are written, and which bytes each one adds to a text."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Self, TypeAlias

from tokenizers import Tokenizer as Backend
from tokenizers.models import BPE, Unigram, WordLevel, WordPiece

Style: TypeAlias = Literal["bytes", "words", "plain", "metaspace", "wordpiece", "suffix"]
"""bytes: GPT-2's printable stand-ins for bytes. words: a blank before each. plain: as it stands. metaspace: "▁" is a blank. wordpiece: a
blank before each, but for those that begin with "##". suffix: a blank after those that end in "</w>"."""

BLANK = "\u2581"
END_OF_WORD = "</w>"
BYTE = re.compile(r"<0x([0-9A-F]{2})>")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write vocabulary entries."""

    style: Style

    @classmethod
    def of(cls, backend: Backend) -> Self:
        """Tell from a tokenizer's parts how its entries are written."""
        cutting, joining = parts(backend.pre_tokenizer), parts(backend.decoder)
        model = backend.model
        if "ByteLevel" in cutting or "ByteLevel" in joining:
            return cls("bytes")
        if (
            "Metaspace" in cutting
            or "Metaspace" in joining
            or isinstance(model, Unigram)
            or (isinstance(model, BPE) and "ByteFallback" in joining)
        ):
            return cls("metaspace")
        if isinstance(model, WordPiece):
            return cls("wordpiece")
        if isinstance(model, BPE):
            return cls("suffix" if model.end_of_word_suffix else "plain")
        keeps_blanks = not cutting or cutting == {"Split:Isolated"}
        return cls("plain" if isinstance(model, WordLevel) and keeps_blanks else "words")

    def bytes_of(self, entry: str) -> bytes:
        """Return what an entry adds to a text, as UTF-8 bytes."""
        text = entry
        match self.style:
            case "bytes":
                if byte_alphabet().keys() >= set(entry):
                    # A byte and its character in this encoding have the same number.
                    return entry.translate(as_latin()).encode("latin-1")
                text = " " + entry
            case "words":
                text = " " + entry
            case "wordpiece":
                text = entry[2:] if entry.startswith("##") and len(entry) > 2 else " " + entry
            case "suffix":
                text = entry.removesuffix(END_OF_WORD) + (" " if entry.endswith(END_OF_WORD) else "")
            case "metaspace":
                byte = BYTE.fullmatch(entry)
                if byte:
                    return bytes([int(byte[1], 16)])
                text = entry.replace(BLANK, " ")
            case "plain":
                pass
        return text.encode("utf-8", "replace")


def parts(component: Any) -> set[str]:
    """Return the types of a pre-tokenizer or decoder, those within a sequence included; what splits is named with what it keeps."""
    if component is None:
        return set()
    try:
        described = json.loads(component.__getstate__())
    except (ValueError, TypeError, AttributeError):
        return {type(component).__name__}
    waiting, types = [described], set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict) and isinstance(part.get("type"), str):
            types.add(f"Split:{part['behavior']}" if part["type"] == "Split" and part.get("behavior") else part["type"])
            waiting += part.get("pretokenizers") or part.get("decoders") or []
    return types - {"Sequence"}


@cache
def byte_alphabet() -> dict[str, int]:
    """Return the byte behind each character of the byte-level alphabet (GPT-2's printable stand-ins)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(256 + index): byte for index, byte in enumerate(others)}


@cache
def as_latin() -> dict[int, int]:
    """Return a table that translates each stand-in into the character whose number is the byte."""
    return {ord(character): byte for character, byte in byte_alphabet().items()}
