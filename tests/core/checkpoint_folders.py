"""Builds checkpoint folders small enough to write by hand, for tests of whatever lists or reads them."""

import json
import struct
from pathlib import Path
from typing import Any

ARCHITECTURE = {"vocab_size": 4, "embedding_dim": 2, "hidden_dim": 3, "num_layers": 1}
# 4 x 2 + 12 x 2 + 12 x 3 + 12 + 12 + 4 x 3 + 4 numbers.
PARAMETERS = 108


def safetensors(shapes: dict[str, list[int]] | None = None) -> bytes:
    """Return a safetensors file of float16 zeros."""
    shapes = shapes or {
        "embedding.weight": [4, 2],
        "lstm.weight_ih_l0": [12, 2],
        "lstm.weight_hh_l0": [12, 3],
        "lstm.bias_ih_l0": [12],
        "lstm.bias_hh_l0": [12],
        "fc.weight": [4, 3],
        "fc.bias": [4],
    }
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, shape in shapes.items():
        size = 2
        for side in shape:
            size *= side
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(offset)


def write_checkpoint(folder: Path, *, card: object = None, config: object = None) -> Path:
    """Write a whole checkpoint folder and return it."""
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(safetensors())
    (folder / "config.json").write_text(json.dumps(config or {"format_version": 1, "architecture": ARCHITECTURE}))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "card.json").write_text(json.dumps(card or {"teaches": "nothing yet", "metrics": {"word_perplexity": 78.5}}))
    return folder
