"""Vocabularies that are broken or malicious: content, file name, size of the net, and what the refusal must say."""

import io
import json
import pickle
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer as Backend
from tokenizers import models


def put(folder: Path, content: Any, name: str = "vocab.json") -> Path:
    """Write a vocabulary: bytes and text as they are, a function's answer, anything else as JSON."""
    path = folder / name
    content = content() if callable(content) else content
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def as_torch_saves(content: object) -> bytes:
    """Return the file that torch.save writes."""
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


REFUSED: dict[str, tuple[Any, str, int, str]] = {
    "a token twice": (["a", "b", "a"], "vocab.json", 3, "'a' twice, at 0 and 2"),
    "a token twice in text": ("a\nb\na\n", "vocab.txt", 3, "'a' twice"),
    "a gap": ({"a": 0, "b": 2}, "vocab.json", 2, "id 1"),
    "a gap the other way round": ({"0": "a", "2": "b"}, "vocab.json", 2, "id 1"),
    "two tokens with one id": ({"a": 0, "b": 0}, "vocab.json", 2, "share the id 0"),
    "a negative id": ({"a": 0, "b": -1}, "vocab.json", 2, "-1"),
    "a negative id the other way round": ({"0": "a", "-1": "b"}, "vocab.json", 2, "-1"),
    "a huge id": ({"a": 0, "b": 10**300}, "vocab.json", 2, "id 1"),
    "ids that are fractions": ({"a": 0.5, "b": 1.5}, "vocab.json", 2, "neither"),
    "a mixture": ({"a": 0, "b": "c"}, "vocab.json", 2, "neither"),
    "numbers": ([1, 2, 3], "vocab.json", 3, "entry 0"),
    "lists in lists": ([[["a"]], "b"], "vocab.json", 2, "entry 0"),
    "a number": ("3", "vocab.json", 2, "1 tokens and the net 2"),
    "an empty list": ("[]", "vocab.json", 2, "0 tokens"),
    "an empty object": ("{}", "vocab.json", 2, "no vocabulary"),
    "an empty file": ("", "vocab.txt", 2, "empty"),
    "half of a file": ('["a", "b', "vocab.json", 2, "not valid JSON"),
    "not JSON": ("[nonsense", "vocab.json", 2, "not valid JSON"),
    "NaN": ('{"a": NaN}', "vocab.json", 1, "not valid JSON"),
    "deeply nested": ("[" * 200_000, "vocab.json", 2, "nested too deep"),
    "deeply nested objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, "vocab.json", 2, "nested too deep"),
    "millions of lists": ("[" + "[]," * 3_000_000 + "[]]", "vocab.json", 2, "more than"),
    "a million tokens": ([f"w{number}" for number in range(1_000_000)], "vocab.json", 40, "999,960 more"),
    "a million lines": ("\n".join(f"w{number}" for number in range(1_000_000)), "vocab.txt", 40, "999,960 more"),
    "two million lines": ("a\n" * 2_000_000, "vocab.txt", 40, "lines"),
    "a tokenizer of a million tokens": (
        lambda: Backend(models.WordLevel({f"w{number}": number for number in range(300_000)}, unk_token="w0")).to_str(),
        "tokenizer.json",
        40,
        "far more tokens",
    ),
    "a tokenizer with a gap": (Backend(models.WordLevel({"a": 0, "b": 2}, unk_token="a")).to_str(), "tokenizer.json", 2, "id 1"),
    "half of a tokenizer": ('{"version": "1.0", "model": {"type": "BPE", "vocab": {"a"', "tokenizer.json", 2, "not a tokenizer.json"),
    "a tokenizer of no known type": (
        '{"version": "1.0", "model": {"type": "X", "vocab": {}}}',
        "tokenizer.json",
        2,
        "not a tokenizer.json",
    ),
    "invalid UTF-8": (b"a\nb\xff\xfe\n", "vocab.txt", 2, "line 2 is not UTF-8"),
    "weights": (b"\x20\0\0\0\0\0\0\0{}" + bytes(90), "net.safetensors", 2, "is no text"),
    "UTF-16": ("a\nb\n".encode("utf-16"), "vocab.txt", 2, "not UTF-8"),
    "an escape": (["a", "\x1b[31mb"], "vocab.json", 2, r"U\+001B"),
    "an escape in text": ("a\n\x1b]0;owned\x07\n", "vocab.txt", 2, r"U\+001B"),
    "a bell in a tokenizer": (Backend(models.WordLevel({"a": 0, "\x07": 1}, unk_token="a")).to_str(), "tokenizer.json", 2, r"U\+0007"),
    "a C1 control": (["a", "\x9b31m"], "vocab.json", 2, r"U\+009B"),
    "NUL": (["a", "\x00"], "vocab.json", 2, r"U\+0000"),
    "half a character": ('["a", "\\ud800"]', "vocab.json", 2, r"U\+D800"),
    "a token of a megabyte": (["a", "b" * (1 << 20)], "vocab.json", 2, "1,048,576 characters"),
    "an empty line": ("a\n\nb\n", "vocab.txt", 3, "line 2 is empty"),
    "a pickle that would run code": (b"\x80\x02cos\nsystem\n(S'true'\ntR.", "vocab.pkl", 2, "needs os.system.*nothing of it was run"),
    "a pickle of code among its tokens": (lambda: pickle.dumps({"a": 0, "b": print}), "vocab.pkl", 2, "builtins.print"),
    "a pickled object of another library": (lambda: pickle.dumps(Path("a")), "vocab.pkl", 2, "no vocabulary"),
    "half of a pickle": (pickle.dumps(["a", "b"])[:-4], "vocab.pkl", 2, "damaged.*json.dump"),
    "a pickle of another size": (pickle.dumps(["a", "b"]), "vocab.pkl", 3, "2 tokens and the net 3"),
    "a file of torch.save that would run code": (lambda: as_torch_saves({"a": 0, "b": print}), "vocab.pt", 2, "print to be run"),
    "a million lines with counts": ("".join(f"w{number}\t{number}\n" for number in range(1_000_000)), "vocab.tsv", 40, "999,960 more"),
    "lines of JSON objects": ('{"token": "a", "id": 0}\n{"token": "b", "id": 1}\n', "vocab.txt", 2, "more than a token a line"),
    "vectors of words": ("the 0.1 0.2\ncat 0.3 0.4\n", "glove.txt", 2, "more than a token a line"),
    "sentences": ("the cat sat\non the mat\n", "text.txt", 2, "more than a token a line"),
    "an archive": (b"PK\x03\x04" + bytes(40), "vocab.pt", 2, "pickle or an archive"),
    "too few, by special tokens": (["a", "b"], "vocab.json", 4, "2 more: special tokens"),
    "too few, by rounding": (
        ["a"] + [f"w{number}" for number in range(42)],
        "vocab.json",
        64,
        "21 more: the net's vocabulary was probably rounded up",
    ),
    "too few": (["a", "b"], "vocab.json", 999, "997 more: it was probably made from less text"),
    "too many, by special tokens": (["a", "b", "<pad>"], "vocab.json", 2, "1 more than the net's 2"),
    "too many": ([f"w{number}" for number in range(90)], "vocab.json", 2, "88 more than the net's 2: it probably belongs to another net"),
    "a Keras tokenizer without words": ({"config": {"word_index": "nonsense"}}, "vocab.json", 2, "word_index"),
}
