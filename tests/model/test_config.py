from typing import Any

import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.config import ModelConfig


def test_survives_json() -> None:
    config = ModelConfig(50, 8, 12, 3, tied=True, residual=True, dropout=0.1, init="xavier", forget_bias=1.0, cell_activation="relu")
    assert ModelConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"vocab_size": 0}, "vocab_size"),
        ({"vocab_size": True}, "vocab_size"),
        ({"hidden_dim": 1.5}, "hidden_dim"),
        ({"hidden_dim": 1 << 21}, "hidden_dim"),
        ({"num_layers": 65}, "num_layers"),
        ({"tied": 1}, "tied"),
        ({"dropout": 1.0}, "dropout"),
        ({"dropout": float("nan")}, "dropout"),
        ({"init": "ones"}, "init"),
        ({"forget_bias": "1"}, "forget_bias"),
        ({"cell_activation": "sine"}, "cell_activation"),
        ({"heads": 4}, "heads"),
    ],
)
def test_values_that_no_network_has_are_refused_by_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ModelConfig.from_json({"vocab_size": 50, "embedding_dim": 8, "hidden_dim": 12} | values)


def test_missing_sizes_are_named() -> None:
    with pytest.raises(InputError, match="hidden_dim"):
        ModelConfig.from_json({"vocab_size": 50, "embedding_dim": 8})
