"""A checkpoint folder: weights, configuration, tokenizer, card and token counts, written whole or not at all."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.overrides import TorchFunctionMode

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import CARD, CONFIG, FORMAT_VERSION, TOKENIZER, WEIGHTS, read_entry
from chatbot_tui.core.safetensors_header import elements, read_header
from chatbot_tui.core.steps import weights_file
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.tokenizer import END_OF_TURN, Tokenizer

COUNTS = "token_counts.safetensors"

MAX_PARAMETERS = 1 << 30
MAX_COUNT = 1 << 53
"""Tokens of a training stream, at most; more could not be told apart in float64."""
DTYPES = {"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "F64": torch.float64}


@dataclass(frozen=True)
class Checkpoint:
    """A net with all that is needed to speak and to be judged."""

    model: LanguageModel
    tokenizer: Tokenizer
    card: Mapping[str, Any] = field(default_factory=dict)
    counts: Tensor | None = None
    """How often each token stood in the training stream, int64 [vocabulary]."""
    name: str = ""
    path: Path | None = None
    fingerprint: str = ""
    """SHA-256 of the weights file."""
    step: int | None = None
    """The step of its training at which the folder kept these weights; None: the finished net."""

    @property
    def banned(self) -> tuple[int, ...]:
        """Ids that the net must never say, by the card's `banned_tokens`; entries that are not texts are ignored."""
        names = self.card.get("banned_tokens")
        ids = (self.tokenizer.token(name) for name in (names if isinstance(names, list) else ()) if isinstance(name, str))
        return tuple(token for token in ids if token is not None)

    @property
    def opens_with_end(self) -> bool:
        """Whether an end token is read before the first turn: so nets of this program learnt it, foreign ones did not."""
        return self.card.get("opens_with_end") is not False

    @property
    def most_frequent(self) -> int | None:
        """The most frequent token of the training stream, of those not banned; None without counts."""
        if self.counts is None:
            return None
        counts = self.counts.clone()
        counts[list(self.banned)] = -1
        return int(counts.argmax())


def save_checkpoint(
    folder: Path,
    model: LanguageModel,
    tokenizer: Tokenizer,
    card: Mapping[str, Any],
    counts: Tensor | None,
    *,
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write a checkpoint folder in one go: an interrupted or failed save leaves what stood there before.

    Raises:
        InputError: the folder cannot be written.
    """
    partial: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        save_file(stored_weights(model, dtype), partial / WEIGHTS)
        if counts is not None:
            save_file({"counts": counts.to(torch.int64).contiguous()}, partial / COUNTS)
        write_json(partial / CONFIG, {"format_version": FORMAT_VERSION, "architecture": model.config.to_json()})
        tokenizer.save(partial / TOKENIZER)
        write_json(partial / CARD, card)
        replace_folder(partial, folder)
    except (OSError, SafetensorError) as error:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
        raise InputError(f"cannot save the checkpoint to {folder}: {getattr(error, 'strerror', None) or error}") from None


def stored_weights(model: LanguageModel, dtype: torch.dtype) -> dict[str, Tensor]:
    """Return the tensors of a weights file: tied ones once, on the CPU, as `dtype`, or as float32 where that is too narrow for one."""
    shapes = model.config.shapes()
    tensors = {name: tensor.detach() for name, tensor in model.state_dict().items() if name in shapes}
    if any(torch.finfo(dtype).max < float(tensor.abs().max()) < torch.inf for tensor in tensors.values()):
        dtype = torch.float32
    return {name: tensor.to(dtype).contiguous().cpu() for name, tensor in tensors.items()}


def replace_folder(new: Path, folder: Path) -> None:
    """Put `new` in the place of `folder`; the old one goes only once the new one stands."""
    new.chmod(0o755)
    if not folder.exists():
        new.rename(folder)
        return
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write strict JSON, readable by people."""
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def load_checkpoint(
    folder: Path, *, step: int | None = None, dtype: torch.dtype = torch.float32, allow_non_finite: bool = False
) -> Checkpoint:
    """Read a checkpoint folder; shapes are compared with the configuration before any memory is taken.

    Args:
        folder: The checkpoint's.
        step: One of the steps that it keeps, whose weights are read in place of the finished net's; None for those.
        dtype: Of the network in memory.
        allow_non_finite: Whether NaN and infinity among the weights are let through.

    Raises:
        InputError: a file is missing, malformed, of another shape than the configuration says, or holds NaN or infinity.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a checkpoint folder: name one that holds {WEIGHTS}, {CONFIG} and {TOKENIZER}")
    entry = read_entry(folder, "own")
    if entry.problem:
        raise InputError(f"{folder} cannot be loaded: {entry.problem}")
    config, card = ModelConfig.from_json(entry.architecture), entry.card
    if sum(elements(list(shape)) for shape in config.shapes().values()) > MAX_PARAMETERS:
        raise InputError(f"{folder} describes a network of more than {MAX_PARAMETERS:,} parameters: too large for this program")
    end_token = card.get("end_token", END_OF_TURN)
    tokenizer = Tokenizer.load(folder / TOKENIZER, end_token if isinstance(end_token, str) else None)
    if tokenizer.size != config.vocab_size:
        raise InputError(
            f"{folder}: the tokenizer has {tokenizer.size:,} tokens and the network {config.vocab_size:,}: they do not belong together"
        )
    file = folder / WEIGHTS if step is None else weights_file(folder, step)
    check_header(file, config.shapes())
    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise InputError(f"cannot read {file}: {error}") from None
    if not allow_non_finite:
        for name, tensor in weights.items():
            # NaN is both the least and the greatest where there is one, and this is thirty times as fast as to look at each value.
            if tensor.numel() and not all(bool(extreme.isfinite()) for extreme in torch.aminmax(tensor)):
                raise InputError(f"{file}: {name} holds NaN or infinity: the net is broken and cannot speak")
    model = build(config, weights, dtype)
    counts = read_counts(folder / COUNTS, config.vocab_size) if (folder / COUNTS).exists() else None
    with file.open("rb") as opened:
        fingerprint = hashlib.file_digest(opened, "sha256").hexdigest()
    return Checkpoint(model, tokenizer, card, counts, folder.name, folder, fingerprint, step)


class NoInitialisation(TorchFunctionMode):
    """Leaves out the functions of torch.nn.init: on the meta device they load the compiler, which takes as long as torch itself."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run `func` unless it is an initialiser; those give back the tensor as it is."""
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def build(config: ModelConfig, weights: Mapping[str, Tensor], dtype: torch.dtype) -> LanguageModel:
    """Return a network in evaluation mode that holds `weights` as `dtype`."""
    with torch.device("meta"), NoInitialisation():
        model = LanguageModel(config)
    state = {name: tensor.to(dtype) for name, tensor in weights.items()}
    if config.tied:
        state["fc.weight"] = state["embedding.weight"]
    model.load_state_dict(state, assign=True)
    if config.tied:
        model.fc.weight = model.embedding.weight
    return model.requires_grad_(False).eval()


def check_header(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Compare a safetensors header with the shapes that are expected. Raises InputError at the first difference."""
    header = read_header(path)
    for name, shape in shapes.items():
        if name not in header:
            raise InputError(f"{path} has no tensor {name}: the weights do not fit {CONFIG}")
        found, kind = header[name]["shape"], header[name].get("dtype")
        if found != list(shape):
            raise InputError(f"{path}: {name} has shape {found}, {CONFIG} says {list(shape)}: they belong to different nets")
        if kind not in DTYPES:
            raise InputError(f"{path}: {name} has type {kind!r}: use one of {', '.join(DTYPES)}")
    unknown = sorted(set(header) - set(shapes))
    if unknown:
        raise InputError(f"{path} has a tensor {unknown[0]!r} that {CONFIG} does not call for: the weights do not fit")


def read_counts(path: Path, vocab_size: int) -> Tensor:
    """Read token counts, int64 [vocabulary]. Raises InputError."""
    entry = read_header(path).get("counts")
    if entry is None or entry["shape"] != [vocab_size] or entry.get("dtype") != "I64":
        raise InputError(f"{path} does not hold {vocab_size:,} whole numbers called counts: remove it or restore the right one")
    try:
        counts = load_file(path)["counts"]
    except (OSError, SafetensorError) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    if (counts < 0).any() or counts.sum(dtype=torch.float64) >= MAX_COUNT:
        raise InputError(f"{path} holds counts that are negative or beyond any text: remove it or restore the right one")
    return counts
