import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.safetensors_header import count_parameters


@pytest.mark.parametrize(
    "tensor",
    [
        3,
        {},
        {"shape": [2, -1], "data_offsets": [0, 4]},
        {"shape": [True], "data_offsets": [0, 4]},
        {"shape": [1 << 60], "data_offsets": [0, 4]},
        {"shape": [1] * 9, "data_offsets": [0, 4]},
        {"shape": [2], "data_offsets": [0, 5]},
        {"shape": [2], "data_offsets": [4]},
        {"shape": "2", "data_offsets": [0, 4]},
    ],
)
def test_a_tensor_that_cannot_be_is_refused(tmp_path: Path, tensor: object) -> None:
    header = json.dumps({"a": tensor}).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    with pytest.raises(InputError, match="not a whole safetensors file"):
        count_parameters(tmp_path / "model.safetensors")


@given(data=st.binary(max_size=200), length=st.integers(0, 200))
def test_any_bytes_are_counted_or_refused(tmp_path: Path, data: bytes, length: int) -> None:
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", length) + data)
    try:
        count_parameters(tmp_path / "model.safetensors")
    except InputError:
        return
