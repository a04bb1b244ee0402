"""A specimen that trains within a second, and what of a zoo the tests look at."""

from dataclasses import replace
from typing import Any

from chatbot_tui.diagnosis.calibration.specimens import Specimen, specimen
from chatbot_tui.diagnosis.calibration.texts import TextPlan
from chatbot_tui.training.recipes import Recipe


def small_specimen(**changes: Any) -> Specimen:
    """Return a tiny healthy specimen, with changes to it or to its recipe or text."""
    settings: dict[str, Any] = {
        "hidden_dim": 12,
        "embedding_dim": 8,
        "num_layers": 1,
        "tied": False,
        "optimizer": "adam",
        "learning_rate": 0.02,
        "steps": 60,
        "batch_size": 8,
        "sequence_length": 12,
        "clip_norm": 1.0,
        "precision": "float32",
    }
    text: dict[str, Any] = {"source": "language", "seed": 5, "words": 2_000, "vocab_size": 24, "types": 20}
    own: dict[str, Any] = {"layout": "stream", "turns_a_row": 1, "embedding_noise": 0.0}
    own |= {name: changes.pop(name) for name in tuple(changes) if name in Specimen.__dataclass_fields__}
    text |= {name: changes.pop(name) for name in tuple(changes) if name in TextPlan.__dataclass_fields__ and name != "vocab_size"}
    return replace(specimen("healthy", 2), recipe=Recipe("small", **(settings | changes)), text=TextPlan(**text), **own)
