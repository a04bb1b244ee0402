"""Puts a foreign file into words: how it stands, what can be set by hand, and what a tensor may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatbot_tui.core.imports import NO_VOCABULARY, FileReading, ImportRequest, RecognisedTensor, Recognition
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.glyphs import visible
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line

if TYPE_CHECKING:
    from chatbot_tui.ui.import_session import ImportSession

BY_NAME = "by its name"
ACTIVATIONS = ("relu", "tanh", "identity", "sigmoid", "gelu", "leaky_relu", "elu")
"""What may stand behind hidden layers before the output."""
TOKENS = {"end_token": "end token", "unknown_token": "unknown word", "pad_token": "padding"}
"""Special tokens by their names in ImportChoices."""
MAX_LISTED = 40
"""Left out entries and layers that are named one by one."""


HINT = "A sentence shows whether vocabulary and net belong together."
HINT_ON_IDS = "Without a vocabulary text is token ids: try 3 17, or press ctrl+o and look for the file with its tokens."


@dataclass(frozen=True)
class Row:
    """One line of the settings."""

    key: str
    """What enter changes; empty where there is nothing to change."""
    label: str
    value: str
    by_hand: bool = False
    """Whether the person has set it."""


def standing(session: ImportSession) -> Line:
    """Return in a line how the file stands, and what comes next."""
    name = printable(Path(session.request.file).name)
    if session.problem:
        words = "Not opened: " if session.state == "refused" else "Not kept: " if session.speaks else "It does not speak as it is: "
        # Where no part of the net is known, there is nothing that a person could put right.
        mendable = session.state == "unfit" and session.reading is not None and session.reading.recognised
        more = " Enter corrects a tensor or a setting." if mendable else ""
        return [
            ("! ", f"bold {ORANGE}"),
            (words, f"bold {ORANGE}"),
            (f"{printable(session.problem.removeprefix(f'{session.request.file}: '))}.", ""),
            (more, MUTED),
        ]
    if session.state == "reading":
        return [(f"reading {name} … ", ""), ("esc lets it go", MUTED)]
    if session.state in ("keeping", "kept"):
        return [(f"writing {printable(session.chosen_name)} …", "")]
    recognition = None if session.reading is None else session.reading.recognition
    if recognition is None:
        return []
    parts = [("✓ ", f"bold {BLUE}"), (f"{net_words(recognition.architecture)}. ", "bold"), (f"{printable(recognition.layout)}.", MUTED)]
    if recognition.vocabulary == NO_VOCABULARY:
        parts += [(" No vocabulary: text is token ids. ", ""), ("ctrl+o finds its tokens.", MUTED)]
    if recognition.warnings:
        parts.append((f" {'A note stands' if len(recognition.warnings) == 1 else 'Notes stand'} in the settings.", MUTED))
    return parts


def hint(session: ImportSession) -> str:
    """Return what to ask the net; empty where there is none."""
    recognition = None if session.reading is None or not session.speaks else session.reading.recognition
    if recognition is None:
        return ""
    return HINT_ON_IDS if recognition.vocabulary == NO_VOCABULARY else HINT


def net_words(architecture: Mapping[str, Any]) -> str:
    """Return a net's shape in words."""
    layers = architecture.get("num_layers", 0)
    units = architecture.get("hidden_dims") or [architecture.get("hidden_dim", 0)]
    widths = ", ".join(f"{width:,}" for width in list(units)[:MAX_LISTED])
    tied = ", tied" if architecture.get("tied") else ""
    return f"LSTM of {layers} {'layer' if layers == 1 else 'layers'} of {widths} units, {architecture.get('vocab_size', 0):,} tokens{tied}"


def setting_rows(session: ImportSession) -> list[Row]:
    """Return what can be set, then what cannot."""
    request, reading = session.request, session.reading
    recognition = None if reading is None else reading.recognition
    choices = request.choices
    rows = [Row("vocabulary", "vocabulary", vocabulary_words(request, recognition), request.vocabulary is not None)]
    for key, label in TOKENS.items():
        chosen = getattr(choices, key)
        value = getattr(recognition, key) if recognition is not None else BY_NAME if chosen is None else chosen or None
        rows.append(Row(key, label, "none" if value is None else value if value == BY_NAME else visible(value), chosen is not None))
    rows.append(Row("unit", "cut into", choices.unit or "as the list suggests", choices.unit is not None))
    activation = recognition.architecture.get("head_activation") if recognition is not None else None
    if choices.head_activation or (recognition is not None and recognition.architecture.get("head_dims")):
        rows.append(
            Row("head_activation", "activation", choices.head_activation or str(activation or "?"), choices.head_activation is not None)
        )
    rows.append(Row("name", "save as", printable(session.chosen_name), bool(session.name)))
    if recognition is not None:
        rows += [Row("", "note", printable(warning)) for warning in recognition.warnings]
    rows.append(Row("", "file", printable(request.file)))
    if recognition is not None:
        rows += [Row("", "left out", printable(name)) for name in left_out(reading)]
        rows.append(Row("", "SHA-256", recognition.sha256))
    return rows


def vocabulary_words(request: ImportRequest, recognition: Recognition | None) -> str:
    """Return where the tokens come from."""
    if recognition is not None:
        return printable(recognition.vocabulary)
    return "none chosen" if request.vocabulary is None else printable(Path(request.vocabulary).name)


def left_out(reading: FileReading | None) -> list[str]:
    """Return the entries beside the tensors that play no part, in a few lines; tensors say so themselves."""
    if reading is None or reading.recognition is None:
        return []
    tensors = {tensor.name for tensor in reading.tensors}
    names = [name for name in reading.recognition.ignored if name not in tensors]
    return [", ".join(names[:MAX_LISTED]) + (f" and {len(names) - MAX_LISTED:,} more" if len(names) > MAX_LISTED else "")] if names else []


def shape_words(shape: Sequence[int]) -> str:
    """Return the sides of a tensor."""
    return " × ".join(f"{side:,}" for side in shape) or "a number"


def places(shape: Sequence[int], recognised: Sequence[RecognisedTensor]) -> list[tuple[str, str]]:
    """Return what a tensor of a shape may be: (name in a checkpoint of this program, words)."""
    layers = 1 + max((layer_of(row.becomes) for row in recognised), default=0)
    kinds = {1: ("bias_ih", "bias_hh"), 2: ("weight_ih", "weight_hh", "weight_hr")}.get(len(shape), ())
    words = {
        "weight_ih": "input weights",
        "weight_hh": "recurrent weights",
        "weight_hr": "projection",
        "bias_ih": "input bias",
        "bias_hh": "recurrent bias",
    }
    found = {1: [("fc.bias", "output bias")], 2: [("embedding.weight", "embedding"), ("fc.weight", "output weights")]}.get(len(shape), [])
    for layer in range(min(layers + 1, MAX_LISTED)):
        found += [(f"lstm.{kind}_l{layer}", f"layer {layer + 1}: {words[kind]}") for kind in kinds]
    part = {1: ("bias", "bias"), 2: ("weight", "weights")}.get(len(shape))
    if part is not None:
        found += [(f"head.{number}.{part[0]}", f"hidden layer {number + 1}: {part[1]}") for number in range(2)]
    return found


def layer_of(becomes: str) -> int:
    """Return the number of the LSTM layer of which a tensor is part; 0 for others."""
    _, sign, number = becomes.rpartition("_l")
    return int(number) if sign and number.isdecimal() else 0
