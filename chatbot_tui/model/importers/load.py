"""From a foreign file and its vocabulary to a net that speaks: what load_checkpoint is for one's own folders."""

import hashlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import ImportChoices, RecognisedTensor, Recognition
from chatbot_tui.core.library import CheckpointEntry, shown
from chatbot_tui.core.paths import checkpoints_folder, ensure
from chatbot_tui.model.checkpoint import MAX_PARAMETERS, Checkpoint, build, load_checkpoint, save_checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.importers.containers import read_foreign
from chatbot_tui.model.importers.foreign import FLOATS, ForeignFile, ForeignTensor, open_foreign
from chatbot_tui.model.importers.infer import IGNORED, Roles, UnplacedError, infer
from chatbot_tui.model.importers.layouts import layout_of
from chatbot_tui.model.importers.wrappers import strip_prefixes
from chatbot_tui.model.vocabulary import Vocabulary, vocabulary_for

PART = re.compile(r"(^|[._])(weight|bias)(_|$)")
"""What is in the name of every tensor of a linear layer, an embedding or an LSTM."""
MAX_NAME = 500
"""Characters in a tensor's name."""
MAX_SHOWN = 80
"""Characters of it that are shown."""


@dataclass(frozen=True)
class Foreign:
    """A net from a foreign file, and how the file was understood."""

    checkpoint: Checkpoint
    recognition: Recognition
    dtype: torch.dtype
    """The narrowest type that holds every number of the file exactly, float16 or float32; float64 was rounded."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Option of `chatbot-tui import` that sets what was assumed, by the warning that says so."""


def load_named(
    found: CheckpointEntry | Path, vocabulary: str | None = None, choices: ImportChoices | None = None, *, allow_non_finite: bool = False
) -> tuple[Checkpoint, tuple[str, ...]]:
    """Return the net of a checkpoint folder or of a foreign file, as `core.library.find` gives them, and what is to be warned of.

    Raises:
        InputError: it cannot be loaded.
    """
    if isinstance(found, CheckpointEntry):
        warning = "--vocab is for foreign files: a checkpoint folder brings its own tokenizer"
        loaded = load_checkpoint(found.path, step=found.step, allow_non_finite=allow_non_finite)
        return loaded, () if vocabulary is None else (warning,)
    foreign = read_net(found, None if vocabulary is None else path_of(vocabulary), choices, allow_non_finite=allow_non_finite)
    return foreign.checkpoint, foreign.recognition.warnings


def read_net(
    path: Path, vocabulary: Path | None = None, choices: ImportChoices | None = None, *, allow_non_finite: bool = False
) -> Foreign:
    """Return the net that a foreign file holds, and how it was understood; words are for the command line.

    Args:
        path: A state_dict of PyTorch in any of the usual wrappers, safetensors, or a Keras model.
        vocabulary: The file with its tokens; None: those in the file itself, else text is space-separated ids.
        choices: What was set by hand.
        allow_non_finite: Whether NaN and infinity are let through, for those who judge.

    Raises:
        InputError: the file or its vocabulary cannot be read, is no LSTM language model, or holds NaN or infinity.
    """
    try:
        foreign = net_of(read_foreign(path), vocabulary, choices or ImportChoices(), allow_non_finite=allow_non_finite)
    except UnplacedError as error:
        name = error.tensor if error.tensor.isprintable() and len(error.tensor) <= MAX_SHOWN else "NAME"
        raise InputError(f"{error}, with `chatbot-tui import --place {shlex.quote(name)}=`") from None
    options, told = foreign.options, foreign.recognition.warnings
    warnings = tuple(f"{line}; `chatbot-tui import {options[line]}` sets another" if options.get(line) else line for line in told)
    return replace(foreign, recognition=replace(foreign.recognition, warnings=warnings))


def net_of(file: ForeignFile, vocabulary: Path | None, choices: ImportChoices, *, allow_non_finite: bool = False) -> Foreign:
    """Return the net in a file that has been described: see `read_net`; words hold wherever they are read. Raises InputError."""
    path = file.path
    try:
        layout, roles, left_out = recognise(file, choices)
        config = architecture(roles, file.settings, choices)
    except UnplacedError as error:
        raise UnplacedError(f"{path}: {error}", error.tensor) from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    shapes = config.shapes()
    total = sum(tensor.elements for _, _, tensor in roles.named())
    if total > MAX_PARAMETERS or sum(rows_of(shape) for shape in shapes.values()) > MAX_PARAMETERS:
        raise InputError(f"{path} describes a network of more than {MAX_PARAMETERS:,} parameters: too large for this program")
    words = vocabulary_for(vocabulary, file.vocabulary, config.vocab_size, choices)
    weights = read_weights(path, roles, config, allow_non_finite=allow_non_finite)
    config = ModelConfig(**{**config_values(config), "tied": tied(roles, weights)})
    if config.tied:
        weights.pop("fc.weight", None)
    model = build(config, weights, torch.float32)
    sha256 = fingerprint(path)
    assumed = assumptions(roles, config, file.settings, choices)
    recognition = Recognition(
        layout=f"{file.container}: {layout}",
        recognised=listed(roles),
        ignored=(*left_out, *roles.ignored, *file.ignored),
        warnings=(*file.warnings, *assumed, *words.warnings),
        architecture=config.to_json(),
        vocabulary=words.source,
        end_token=words.end_token,
        unknown_token=words.unknown_token,
        pad_token=words.pad_token,
        file=str(path),
        sha256=sha256,
    )
    checkpoint = Checkpoint(model, words.tokenizer, card(words, recognition), None, path.stem, path, sha256)
    halves = all(tensor.dtype == torch.float16 for _, _, tensor in roles.named())
    return Foreign(checkpoint, recognition, torch.float16 if halves else torch.float32, assumed)


def keep(foreign: Foreign, name: str) -> Path:
    """Make a foreign net a checkpoint of one's own, and return its folder. The name must be free. Raises InputError."""
    folder = ensure(checkpoints_folder()) / name
    read = foreign.checkpoint
    save_checkpoint(folder, read.model, read.tokenizer, read.card, None, dtype=foreign.dtype)
    return folder


def listed(roles: Roles) -> tuple[RecognisedTensor, ...]:
    """Return what each tensor was taken for."""
    return tuple(RecognisedTensor(tensor.name, tensor.shape, role, name) for name, role, tensor in roles.named())


def recognise(file: ForeignFile, choices: ImportChoices) -> tuple[str, Roles, list[str]]:
    """Return the layout's name, what each tensor does, and the names that were left out. Raises InputError."""
    longest = max(map(len, file.tensors))
    if longest > MAX_NAME:
        raise InputError(f"a tensor in it has a name of {longest:,} characters: no program gives such names, the file is damaged or a trap")
    unknown = sorted(set(choices.becomes) - set(file.tensors))
    if unknown:
        raise InputError(f"there is no tensor {unknown[0][:80]!r} to place: the file's names are those that are listed")
    odd = next((part for part in choices.becomes.values() if part is not None and not PART.search(part)), None)
    if odd is not None:
        raise InputError(
            f"{odd[:MAX_SHOWN]!r} is no part of a net: say embedding.weight, lstm.weight_ih_l0, fc.weight, fc.bias, or their like"
        )
    left_out = [name for name, tensor in file.tensors.items() if choices.becomes.get(name, "") is None or is_aside(tensor)]
    names = strip_prefixes([name for name in file.tensors if name not in left_out])
    layout = layout_of(names.values())
    plain = layout.plain(names.values())
    tensors: dict[str, ForeignTensor] = {}
    for name, short in names.items():
        target = choices.becomes.get(name) or plain.get(short)
        if target is None:
            left_out.append(name)
        elif target in tensors:
            raise InputError(f"{name[:80]} and {tensors[target].name[:80]} both stand for {target[:80]}: leave one of them out")
        else:
            tensors[target] = file.tensors[name]
    return file.layout or layout.name, infer(tensors), left_out


def is_aside(tensor: ForeignTensor) -> bool:
    """Return whether a tensor plays no part when the net speaks: by its name, or a counter, which no training step can learn."""
    return IGNORED.search(tensor.name) is not None or not (tensor.shape or tensor.dtype in FLOATS)


def architecture(roles: Roles, settings: Mapping[str, Any], choices: ImportChoices) -> ModelConfig:
    """Return the shape of the net; whether it is tied is not known before the numbers are. Raises InputError."""
    units = [layer.units for layer in roles.layers]
    projections = [layer.outputs if "weight_hr" in layer.tensors else 0 for layer in roles.layers]
    values: dict[str, Any] = {
        "vocab_size": roles.vocab_size,
        "embedding_dim": roles.layers[0].inputs,
        "hidden_dim": max(units),
        "num_layers": len(units),
        "tied": roles.output is None,
        **{name: value for name, value in settings.items() if name != "head_activation"},
    }
    if len(set(units)) > 1:
        values["hidden_dims"] = tuple(units)
    if any(projections):
        values["projection_dims"] = tuple(projections)
    if roles.head:
        values["head_dims"] = tuple(linear.weight.shape[0] for linear in roles.head)
        values["head_activation"] = head_activation(roles, settings, choices)
    return ModelConfig(**values)


def head_activation(roles: Roles, settings: Mapping[str, Any], choices: ImportChoices) -> str:
    """Return what stands behind the layers between LSTM and output: as chosen, as the file says, or the usual for their kind."""
    usual = "relu" if any(linear.bias is not None for linear in roles.head) else "identity"
    return choices.head_activation or settings.get("head_activation") or usual


def assumptions(roles: Roles, config: ModelConfig, settings: Mapping[str, Any], choices: ImportChoices) -> dict[str, str]:
    """Return what the file does not tell and was assumed, a line each, with the option of `import` that sets it, where there is one."""
    lines = {}
    if roles.head and choices.head_activation is None and "head_activation" not in settings:
        line = f"the activation of the hidden layers between LSTM and output is not in the file: {config.head_activation} is assumed"
        lines[line] = "--activation"
    if roles.embedding is None:
        lines["it has no embedding: its tokens go in as one-hot vectors"] = ""
    return lines


def read_weights(path: Path, roles: Roles, config: ModelConfig, *, allow_non_finite: bool) -> dict[str, Tensor]:
    """Read the tensors that play a part, as float32; biases that the net does without are zeros. Raises InputError."""
    weights: dict[str, Tensor] = {}
    for name, _, tensor in roles.named():
        if tensor.dtype not in FLOATS:
            raise InputError(
                f"{path}: {tensor.name[:80]} has the type {tensor.dtype}: a quantised net is not read, save it as float32 or float16"
            )
        values = tensor.read().to(torch.float32).contiguous()
        # NaN is both the least and the greatest where there is one.
        if not allow_non_finite and not all(bool(extreme.isfinite()) for extreme in torch.aminmax(values)):
            raise InputError(
                f"{path}: {tensor.name[:80]} holds NaN or infinity: the net is broken and cannot speak; `chatbot-tui doctor` says more"
            )
        weights[name] = values
    if roles.embedding is None:
        weights["embedding.weight"] = torch.eye(config.vocab_size)
    for name, shape in config.shapes().items():
        if len(shape) == 1 and name not in weights:
            weights[name] = torch.zeros(shape)
    return weights


def tied(roles: Roles, weights: Mapping[str, Tensor]) -> bool:
    """Return whether the embedding is the output matrix too."""
    if roles.output is None or roles.embedding is None:
        return roles.output is None
    same = roles.output.same_as and roles.output.same_as == roles.embedding.same_as
    return roles.output.shape == roles.embedding.shape and bool(same or torch.equal(weights["embedding.weight"], weights["fc.weight"]))


def card(words: Vocabulary, recognition: Recognition) -> dict[str, Any]:
    """Return what a checkpoint's card says of a foreign net."""
    banned = [token for token in (words.pad_token, words.unknown_token) if token is not None]
    return {
        "teaches": f"A net of your own, from {Path(recognition.file).name}.",
        "sampling": {"temperature": 1.0},
        "banned_tokens": banned,
        "end_token": words.end_token,
        "opens_with_end": False,
        "imported": {"file": Path(recognition.file).name, "sha256": recognition.sha256, "layout": recognition.layout},
    }


def config_values(config: ModelConfig) -> dict[str, Any]:
    """Return a configuration's values as its class takes them."""
    return {name: getattr(config, name) for name in config.__slots__}


def rows_of(shape: tuple[int, ...]) -> int:
    """Return how many numbers a shape holds."""
    total = 1
    for side in shape:
        total *= side
    return total


def path_of(name: str) -> Path:
    """Return the path that a person typed. Raises InputError."""
    try:
        return Path(name).expanduser()
    except (RuntimeError, ValueError) as error:
        raise InputError(f"cannot read {shown(name)}: {error}; give the whole path") from None


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file. Raises InputError."""
    with open_foreign(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
