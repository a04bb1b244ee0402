"""Write a net so that it runs without this program: as PyTorch, and as ONNX where that is asked for."""

import shlex
from pathlib import Path

from chatbot_tui.commands.output import warn, write, write_json
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import find
from chatbot_tui.model.export import MODEL_FILE, export_pytorch
from chatbot_tui.model.importers.load import load_named, path_of


def export(*, checkpoint: str, vocabulary: str | None, out: str | None, onnx: bool, as_json: bool) -> None:
    """Write a checkpoint's weights as a state_dict, the class that runs them, its tokenizer, and an ONNX graph if asked for.

    Args:
        checkpoint: Name, folder or foreign file.
        vocabulary: The foreign file's vocabulary.
        out: Folder to write into, which must be new or empty; None: one of the checkpoint's name, here.
        onnx: Whether to write model.onnx too.
        as_json: Whether to write one record instead of text.

    Raises:
        InputError: the net cannot be loaded, the folder holds something, or it cannot be written.
    """
    loaded, warnings = load_named(find(checkpoint), vocabulary)
    for warning in warnings:
        warn(warning)
    folder = Path(loaded.name) if out is None else path_of(out)
    require_empty(folder)
    files = []
    if onnx:
        from chatbot_tui.model.export_onnx import ONNX_FILE, export_onnx

        export_onnx(loaded.model, folder / ONNX_FILE)
        files.append(folder / ONNX_FILE)
    files = [*export_pytorch(loaded, folder), *files]
    if as_json:
        write_json({"name": loaded.name, "path": str(folder), "files": [file.name for file in files]})
    else:
        write(f"{folder}: {', '.join(file.name for file in files)}\nTry it: cd {shlex.quote(str(folder))} && python {MODEL_FILE}\n")


def require_empty(folder: Path) -> None:
    """Raise InputError unless a folder is new or empty: nothing of anybody's is ever written over."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder} is not an empty folder: choose another with --out DIR")
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot use {str(folder)!r}: {getattr(error, 'strerror', None) or error}; choose another with --out DIR"
        ) from None
