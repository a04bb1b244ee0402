"""What a fitted peer leaves in its folder, and how it is read back: data alone, and whole or not at all."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from chatbot_tui.benchmarks.peers import awd_lstm, word_language_model
from chatbot_tui.benchmarks.peers.kneser_ney import Counting, KneserNey
from chatbot_tui.benchmarks.peers.ngrams import Order
from chatbot_tui.benchmarks.peers.settings import (
    MAX_PARAMETERS,
    AwdLstmSettings,
    NgramSettings,
    Settings,
    TransformerSettings,
    WordLanguageModelSettings,
    settings_of,
)
from chatbot_tui.benchmarks.peers.transformer import Transformer, width_of
from chatbot_tui.benchmarks.peers.transformer_scoring import Sliding
from chatbot_tui.benchmarks.peers.voices import NgramVoice, RecurrentVoice, TransformerVoice, Voice
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import MAX_JSON_BYTES, TOKENIZER
from chatbot_tui.core.safetensors_header import read_header
from chatbot_tui.core.strict_json import read_object
from chatbot_tui.model.checkpoint import check_header, write_json
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.tokenizer import Tokenizer
from chatbot_tui.training.scoring import Predictor, Recurrent

RECORD = "peer.json"
"""What the peer is and how it was fitted."""
WEIGHTS = "weights.safetensors"
"""Written last: where it stands the peer is finished."""


@dataclass(frozen=True)
class Subject:
    """Whatever is measured."""

    name: str
    tokenizer: Tokenizer
    predictor: Predictor[Any]
    voice: Voice
    banned: tuple[int, ...]
    """Ids that it may not say."""
    parameters: int
    """Numbers that were learnt; of counts, how many n-grams there are."""
    figures: Mapping[str, Any]
    """Of its training: seed, tokens, seconds, where they are known."""


def build(settings: Settings, size: int, parameters: int) -> LanguageModel | Transformer:
    """Return a neural peer's net in evaluation mode. Raises InputError where none is so small."""
    match settings:
        case WordLanguageModelSettings():
            return LanguageModel(word_language_model.config_of(settings, size)).eval()
        case AwdLstmSettings():
            return LanguageModel(awd_lstm.config_of(settings, size, parameters)).eval()
        case TransformerSettings():
            return Transformer(size, width_of(settings, size, parameters), settings).eval()
        case NgramSettings():
            raise InputError("counts are no net: this peer has another kind of weights")


def own_tensors(module: nn.Module) -> dict[str, Tensor]:
    """Return the tensors of a net, tied ones once."""
    return {name: parameter.detach().contiguous() for name, parameter in module.named_parameters()}


def shapes_of(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a net's tensors, tied ones once."""
    return {name: tuple(parameter.shape) for name, parameter in module.named_parameters()}


def save_net(folder: Path, module: nn.Module) -> None:
    """Write the weights of a neural peer. Raises InputError."""
    save_tensors(folder, own_tensors(module))


def save_counts(folder: Path, model: KneserNey) -> None:
    """Write the counts of an n-gram model. Raises InputError."""
    arrays = [(f"{kind}.{length}", array) for length, order in enumerate(model.orders, 1) for kind, array in order_arrays(order)]
    save_tensors(folder, {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays})


def order_arrays(order: Order) -> list[tuple[str, Any]]:
    """Return the arrays of an order by their names in the file."""
    return [("keys", order.keys), ("counts", order.counts.astype(np.int64))]


def save_tensors(folder: Path, tensors: dict[str, Tensor]) -> None:
    """Write the weights file whole or not at all. Raises InputError."""
    partial = folder / f".{WEIGHTS}.{os.getpid()}"
    try:
        save_file(tensors, partial)
        partial.replace(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"cannot write to {folder}: {getattr(error, 'strerror', None) or error}; make room and run it again") from None


def save_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write what the peer is. Raises InputError."""
    partial = folder / f".{RECORD}.{os.getpid()}"
    try:
        write_json(partial, record)
        partial.replace(folder / RECORD)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"cannot write to {folder}: {error.strerror}; make room and run it again") from None


def read_record(folder: Path) -> dict[str, Any]:
    """Return what a peer's folder says of it. Raises InputError where it is damaged."""
    record = read_object(folder / RECORD, MAX_JSON_BYTES)
    if not isinstance(record.get("settings"), dict) or not isinstance(record.get("figures", {}), dict):
        raise InputError(f"{folder / RECORD} is no peer's record: fit the peer again in another folder")
    return record


def load_peer(folder: Path) -> Subject:
    """Read a fitted peer. Raises InputError where it is unfinished or damaged."""
    record = read_record(folder)
    if not (folder / WEIGHTS).exists():
        raise InputError(f"{folder} holds a peer that is not finished: go on with the same fit command")
    settings = settings_of(str(record.get("peer")), record["settings"])
    tokenizer = Tokenizer.load(folder / TOKENIZER)
    figures = {"seed": record.get("seed"), **record.get("figures", {})}
    name = str(record["peer"])
    if isinstance(settings, NgramSettings):
        counts = load_counts(folder / WEIGHTS, tokenizer.size, settings.order)
        return Subject(name, tokenizer, Counting(counts), NgramVoice(counts), (), counts.parameters, figures)
    parameters = record.get("parameters")
    if isinstance(parameters, bool) or not isinstance(parameters, int) or parameters > MAX_PARAMETERS:
        raise InputError(f"{folder / RECORD} does not say how many parameters were asked for: fit the peer again in another folder")
    with torch.device("meta"):
        # Shapes alone, in no memory: those that the file lacks may be of any size.
        check_header(folder / WEIGHTS, shapes_of(build(settings, tokenizer.size, parameters)))
    model = build(settings, tokenizer.size, parameters)
    load_net(folder / WEIGHTS, model)
    numbers = sum(parameter.numel() for parameter in model.parameters())
    model.requires_grad_(False)
    if isinstance(model, Transformer):
        return Subject(name, tokenizer, Sliding(model), TransformerVoice(model), (), numbers, figures)
    return Subject(name, tokenizer, Recurrent(model), RecurrentVoice(model), (), numbers, figures)


def load_net(path: Path, module: nn.Module) -> None:
    """Put the weights of a file into a net. Raises InputError where they do not fit."""
    check_header(path, shapes_of(module))
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(tensors[name])


def load_counts(path: Path, size: int, order: int) -> KneserNey:
    """Read an n-gram model. Raises InputError where its numbers make no sense."""
    damaged = InputError(f"{path} does not hold the n-grams of {RECORD}: fit the peer again in another folder")
    header = read_header(path)
    wanted = {f"{kind}.{length}" for length in range(1, order + 1) for kind in ("keys", "counts")}
    if set(header) != wanted or any(entry.get("dtype") != "I64" or len(entry["shape"]) != 1 for entry in header.values()):
        raise damaged
    try:
        arrays = load_arrays(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    orders = [Order(arrays[f"keys.{length}"], arrays[f"counts.{length}"]) for length in range(1, order + 1)]
    contexts = 1
    for length, one in enumerate(orders, 1):
        keys, counts = one.keys, one.counts
        sane = len(keys) == len(counts) and (np.diff(keys) > 0).all() and (counts >= 0).all() and (counts < 1 << 40).all()
        if not sane or (len(keys) and (keys[0] < 0 or keys[-1] >= contexts * (size + 1))) or (length == 1 and len(keys) != size + 1):
            raise damaged
        contexts = len(keys)
    if not orders[0].counts.any():
        raise damaged
    return KneserNey(orders, size)
