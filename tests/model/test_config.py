import json
from typing import Any

import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.model.config import ModelConfig


def test_survives_json() -> None:
    config = ModelConfig(50, 8, 12, 3, tied=True, residual=True, dropout=0.1, init="xavier", forget_bias=1.0, cell_activation="relu")
    assert ModelConfig.from_json(config.to_json()) == config


def test_widths_of_a_foreign_net_survive_json_and_others_say_nothing_of_them() -> None:
    config = ModelConfig(50, 8, 12, 3, hidden_dims=(12, 9, 10), projection_dims=(0, 4, 0), head_dims=(7, 6), head_activation="tanh")
    assert ModelConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    assert not {"hidden_dims", "projection_dims", "head_dims", "head_activation"} & set(ModelConfig(50, 8, 12).to_json())


def test_layers_of_one_width_are_the_same_whether_it_is_told_once_or_thrice() -> None:
    assert ModelConfig(50, 8, 12, 3, hidden_dims=(12, 12, 12)).uniform
    assert ModelConfig(50, 8, 12, 3, hidden_dims=(12, 12, 12)).shapes() == ModelConfig(50, 8, 12, 3).shapes()
    assert not ModelConfig(50, 8, 12, 3, projection_dims=(0, 0, 5)).uniform


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
        ({"hidden_dims": [12, 12]}, "hidden_dims"),
        ({"hidden_dims": [11]}, "hidden_dims"),
        ({"hidden_dims": 12}, "hidden_dims"),
        ({"hidden_dims": [[12]]}, "hidden_dims"),
        ({"projection_dims": [12]}, "narrower"),
        ({"projection_dims": [-1]}, "projection_dims"),
        ({"projection_dims": [1, 1]}, "projection_dims"),
        ({"head_dims": [0]}, "head_dims"),
        ({"head_dims": [1] * 65}, "head_dims"),
        ({"head_activation": "sine"}, "head_activation"),
        ({"num_layers": 2, "hidden_dims": [12, 6], "residual": True}, "residual"),
    ],
)
def test_values_that_no_network_has_are_refused_by_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ModelConfig.from_json({"vocab_size": 50, "embedding_dim": 8, "hidden_dim": 12} | values)


def test_missing_sizes_are_named() -> None:
    with pytest.raises(InputError, match="hidden_dim"):
        ModelConfig.from_json({"vocab_size": 50, "embedding_dim": 8})
