"""What the doctor measures of a specimen, with text and without, kept beside it until the measures themselves change."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from chatbot_tui import diagnosis, signals
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import ImportChoices
from chatbot_tui.core.strict_json import dump
from chatbot_tui.diagnosis.calibration.breed import finite
from chatbot_tui.diagnosis.calibration.kept import Kept, read_json
from chatbot_tui.diagnosis.calibration.labels import Label, label
from chatbot_tui.diagnosis.calibration.texts import Text, TokenDialogue
from chatbot_tui.diagnosis.examination import examine
from chatbot_tui.diagnosis.measured import Measured, Signals
from chatbot_tui.diagnosis.subject import GivenText, Subject
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.vocabulary import from_list

Given: TypeAlias = Literal["nothing", "training text", "other text"]
GIVEN: tuple[Given, ...] = ("nothing", "training text", "other text")
"""What text the doctor may have besides the net and its vocabulary."""
EXAMINED = "examined.json"


@dataclass(frozen=True)
class Examined:
    """A specimen with its label and all that was measured of it."""

    name: str
    kind: str
    part: str
    label: Label
    signals: Mapping[Given, Signals]


def examine_specimen(kept: Kept, given: Sequence[Given] = GIVEN) -> Examined:
    """Measure one specimen, or read back what was measured. Raises InputError."""
    path = kept.folder / EXAMINED
    values = read_json(path) if path.exists() else {}
    if values.get("by") != digest() or any(name not in values["signals"] for name in given):
        found = label(kept)
        values = {
            "by": digest(),
            "verdict": found.verdict,
            "cause": found.cause,
            "signals": {name: as_plain(measure(subject_of(kept, name))) for name in given},
        }
        write(path, values)
    measured = {name: as_measured(values["signals"][name]) for name in given}
    return Examined(kept.name, kept.kind, kept.part, Label(values["verdict"], values["cause"]), measured)


def subject_of(kept: Kept, given: Given) -> Subject:
    """Return a specimen as a foreign file would come to the doctor: without card and counts."""
    tokenizer = from_list(list(kept.vocabulary), kept.name, ImportChoices()).tokenizer
    text = kept.text
    dialogues = {"nothing": (), "training text": text.train, "other text": text.held_out}[given]
    return Subject(Checkpoint(kept.model(), tokenizer, name=kept.name), given_text(text, dialogues) if dialogues else None)


def given_text(text: Text, dialogues: Sequence[TokenDialogue]) -> GivenText:
    """Return dialogues as the doctor reads them."""
    streams = [text.stream([dialogue]) for dialogue in dialogues]
    lengths = [len(stream) for stream in streams]
    turns = tuple(turn for dialogue in dialogues for turn in dialogue)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    return GivenText(np.concatenate(streams).astype(np.int64), starts, turns, sum(map(len, turns)))


def measure(subject: Subject) -> Signals:
    """Return every signal of a subject."""
    steps = examine(subject)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            signals: Signals = end.value.signals
            return signals


@cache
def digest() -> str:
    """Return what tells the code that measures and labels from other versions of it."""
    package = Path(str(diagnosis.__file__)).parent
    files = [
        *Path(str(signals.__file__)).parent.glob("*.py"),
        *(package / "measures").glob("*.py"),
        *(package / name for name in ("examination.py", "subject.py")),
        package.parent / "model" / "special_tokens.py",
        *(package / "calibration" / name for name in ("behaviour.py", "labels.py")),
    ]
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


def as_plain(found: Signals) -> dict[str, object]:
    """Return signals as JSON holds them."""
    return {name: [finite(measured.value), measured.where, measured.estimated] for name, measured in found.items()}


def as_measured(values: Mapping[str, tuple[float | None, str, bool]]) -> dict[str, Measured]:
    """Return signals from JSON."""
    return {name: Measured(value, where, estimated=estimated) for name, (value, where, estimated) in values.items()}


def write(path: Path, values: Mapping[str, object]) -> None:
    """Write a JSON file whole or not at all. Raises InputError."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(dump(values) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"cannot write {path}: {error.strerror}; make room and start again") from None
