"""Pickled lists and maps of tokens, as tutorials save them: read as data, as weights are; nothing of them is ever run."""

import io
import re
from pathlib import Path

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.importers.pickled_objects import Value
from chatbot_tui.model.importers.pickles import NotDataError, read_pickle
from chatbot_tui.model.importers.pytorch import LEGACY_MAGIC, MAX_PICKLE_BYTES, read_legacy, read_zip


def from_pickle(path: Path, data: bytes) -> Value:
    """Return what pickle.dump or torch.save put into a file, where that is plain data.

    Raises:
        InputError: it is damaged, or asks for more than plain data: a vocabulary object of another library, or an attack.
    """
    try:
        if data.startswith(LEGACY_MAGIC):
            return read_legacy(path).root
        if data.startswith(b"PK"):
            return read_zip(path).root
        if len(data) > MAX_PICKLE_BYTES:
            raise NotDataError(f"it has {len(data):,} bytes")
        unpickled = read_pickle(io.BytesIO(data))
    except InputError as error:
        # What to do with weights is of no use here: the first clause says what is wrong.
        raise refused(path, re.split("[;:,]", str(error).removeprefix(str(path)).strip(" :"))[0]) from None
    except NotDataError as error:
        raise refused(path, f"cannot be followed: {error}") from None
    if unpickled.refused:
        raise refused(path, f"needs {str(unpickled.refused[0])[:80]}, not only plain tokens")
    return unpickled.root


def refused(path: Path, why: str) -> InputError:
    """Return the refusal of a file, with what to write instead."""
    return InputError(
        f"{path} is a pickle or an archive and {why}; nothing of it was run: write the tokens with "
        "json.dump(tokens, open('vocab.json', 'w'))"
    )
