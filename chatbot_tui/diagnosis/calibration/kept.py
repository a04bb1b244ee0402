"""A specimen's folder read back: the net, its vocabulary and text, and the facts about it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.torch import load_file

from chatbot_tui.core.errors import InputError
from chatbot_tui.diagnosis.calibration.breed import CONFIG, FACTS, SAMPLE, VOCABULARY, WEIGHTS
from chatbot_tui.diagnosis.calibration.texts import Text, TokenDialogue
from chatbot_tui.model.checkpoint import COUNTS, build, read_counts
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.training.counts import BigramCounts, load_bigrams


@dataclass(frozen=True, eq=False)
class Kept:
    """One specimen of a zoo."""

    folder: Path
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self.folder.name

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.facts["kind"])

    @property
    def part(self) -> str:
        """Fit or held-out."""
        return str(self.facts["part"])

    @property
    def expected(self) -> str:
        """The cause that its recipe makes happen, or healthy."""
        return str(self.facts["expected"])

    @property
    def behaviour(self) -> Mapping[str, Any]:
        """What it was seen to do when it had been trained."""
        seen: Mapping[str, Any] = self.facts["behaviour"]
        return seen

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens by id."""
        return tuple(self._read(VOCABULARY))

    @cached_property
    def text(self) -> Text:
        """Some thousand tokens of what it learnt from, and of what it did not."""
        sample = self._read(SAMPLE)
        train, held_out = (as_dialogues(sample[part]) for part in ("train", "held_out"))
        return Text(self.vocabulary, train, held_out, sample["end"], sample["pad"], sample["unknown"])

    def model(self) -> LanguageModel:
        """Read the net. Raises InputError."""
        config = ModelConfig.from_json(self._read(CONFIG))
        try:
            weights = load_file(self.folder / WEIGHTS)
        except (OSError, SafetensorError) as error:
            raise InputError(f"cannot read {self.folder / WEIGHTS}: {error}; remove the folder and breed it again") from None
        return build(config, weights, weights["fc.bias"].dtype)

    def counts(self) -> tuple[npt.NDArray[np.int64], BigramCounts]:
        """Read how often each token and each pair stood in what it learnt from. Raises InputError."""
        size = len(self.vocabulary)
        counts, bigrams = read_counts(self.folder / COUNTS, size), load_bigrams(self.folder, size)
        if bigrams is None:
            raise InputError(f"{self.folder / COUNTS} lacks the counts: remove the folder and breed it again")
        return counts.numpy().astype(np.int64), bigrams

    def _read(self, name: str) -> Any:
        return read_json(self.folder / name)


def read_zoo(folder: Path) -> Iterator[Kept]:
    """Yield every specimen that is there, in the order of their names. Raises InputError where one is damaged."""
    for facts in sorted(folder.glob(f"[!.]*/{FACTS}")):
        yield Kept(facts.parent, read_json(facts))


def as_dialogues(values: Sequence[Sequence[Sequence[int]]]) -> tuple[TokenDialogue, ...]:
    """Return dialogues of turns of token ids from JSON's lists."""
    return tuple(tuple(tuple(turn) for turn in dialogue) for dialogue in values)


def read_json(path: Path) -> Any:
    """Return what a JSON file of ours holds. Raises InputError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}; remove the folder and breed it again") from None
