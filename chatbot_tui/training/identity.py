"""What makes two runs the same run: settings and text. Only the same run may go on where the first stopped."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.training.recipes import Recipe
from chatbot_tui.training.stream import EncodedCorpus, Tokens


def identity(recipe: Recipe, corpora: Sequence[dict[str, Any]], encoded: Sequence[EncodedCorpus], held_out: Tokens) -> dict[str, Any]:
    """Return what a run is recognised by, as JSON gives it back: its recipe, its corpora in words, and a digest of their tokens."""
    record = {"recipe": recipe.to_json(), "corpora": list(corpora), "text": text_digest(encoded, held_out)}
    plain: dict[str, Any] = json.loads(json.dumps(record))
    return plain


def text_digest(encoded: Sequence[EncodedCorpus], held_out: Tokens) -> str:
    """Return the SHA-256 of all that a run reads: tokens and dialogue starts of each corpus, and the held-out tokens."""
    digest = hashlib.sha256()
    arrays = [array for corpus in encoded for array in (corpus.tokens.astype("<i4"), corpus.starts.astype("<i8"))]
    for array in (*arrays, held_out.astype("<i4")):
        # The length first: where one array ends and the next begins is part of what they say.
        digest.update(len(array).to_bytes(8, "little") + array.tobytes())
    return digest.hexdigest()


def check_same(stored: dict[str, Any], now: dict[str, Any], folder: Path) -> None:
    """Raise InputError if the run in `folder`, as `stored` when it was begun, had other settings or other text."""
    old = stored.get("recipe")
    if not isinstance(old, dict):
        raise InputError(f"{folder} holds a damaged run: remove it to start again")
    # A setting that the program lacked when the run was begun was what it is by default.
    old = json.loads(json.dumps(Recipe("").to_json())) | old
    changed = sorted(key for key in now["recipe"] if old.get(key) != now["recipe"][key])
    if changed:
        key = changed[0]
        raise InputError(
            f"{folder} was begun with {key} = {old.get(key)!r}, now it is {now['recipe'][key]!r}: use the same settings to resume"
        )
    if stored.get("corpora") != now["corpora"] or stored.get("text") != now["text"]:
        raise InputError(f"{folder} was begun with other text: give the same --corpus to resume, or another folder with --out")
