from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from chatbot_tui.benchmarks.peers import kept
from chatbot_tui.benchmarks.peers.kept import RECORD, WEIGHTS, load_peer
from chatbot_tui.benchmarks.peers.settings import TransformerSettings
from chatbot_tui.benchmarks.peers.transformer import Transformer
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import dump, parse
from chatbot_tui.training.scoring import Predictor
from tests.benchmarks.peers.tiny import fitted


def changed_record(folder: Path, changes: dict[str, Any]) -> None:
    record = parse((folder / RECORD).read_bytes())
    (folder / RECORD).write_text(dump(record | changes), encoding="utf-8")


@pytest.mark.parametrize(
    "changes",
    [
        {"peer": "gpt"},
        {"peer": 7},
        {"settings": []},
        {"settings": {"heads": 0}},
        {"settings": {"heads": 2.5}},
        {"settings": {"wings": 2}},
        {"settings": {"num_layers": 2, "heads": 2, "context": 17}},
        {"parameters": "many"},
        {"parameters": 7},
        {"parameters": 10**400},
        {"peer": "word-language-model", "settings": {"hidden_dim": 1 << 20}},
        {"figures": 3},
        {"peer": "5-gram", "settings": {}},
        {"peer": "awd-lstm", "settings": {}},
    ],
)
def test_a_record_that_does_not_fit_is_told(changes: dict[str, Any], tmp_path: Path) -> None:
    fitted("transformer", tmp_path, 1)
    changed_record(tmp_path, changes)
    with pytest.raises(InputError) as told:
        load_peer(tmp_path)
    assert "\n" not in str(told.value)


def test_a_net_of_other_shapes_than_its_weights_is_never_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted("transformer", tmp_path, 1)
    changed_record(tmp_path, {"settings": {"num_layers": 3, "heads": 2, "context": 16}})
    devices = []

    def make(size: int, width: int, settings: TransformerSettings) -> Transformer:
        net = Transformer(size, width, settings)
        devices.append(net.fc.weight.device.type)
        return net

    monkeypatch.setattr(kept, "Transformer", make)
    with pytest.raises(InputError):
        load_peer(tmp_path)
    assert devices == ["meta"]


def test_an_unfinished_peer_is_told(tmp_path: Path) -> None:
    fitted("5-gram", tmp_path, 0)
    (tmp_path / WEIGHTS).unlink()
    with pytest.raises(InputError, match="go on with the same fit"):
        load_peer(tmp_path)


def cut(arrays: dict[str, Any]) -> None:
    arrays["keys.3"] = arrays["keys.3"][:-1]


def shuffle(arrays: dict[str, Any]) -> None:
    arrays["keys.2"] = np.ascontiguousarray(arrays["keys.2"][::-1])


def reach_too_far(arrays: dict[str, Any]) -> None:
    arrays["keys.4"][-1] += 1 << 40


def negate(arrays: dict[str, Any]) -> None:
    arrays["counts.2"] *= -1


def empty(arrays: dict[str, Any]) -> None:
    arrays["counts.1"] *= 0


def other_type(arrays: dict[str, Any]) -> None:
    arrays["counts.2"] = arrays["counts.2"].astype(np.float32)


def leave_out(arrays: dict[str, Any]) -> None:
    del arrays["keys.4"]


@pytest.mark.parametrize("damage", [cut, shuffle, reach_too_far, negate, empty, other_type, leave_out])
def test_counts_that_make_no_sense_are_told(damage: Any, tmp_path: Path) -> None:
    fitted("5-gram", tmp_path, 0)
    arrays = dict(load_file(tmp_path / WEIGHTS))
    damage(arrays)
    save_file(arrays, tmp_path / WEIGHTS)
    with pytest.raises(InputError, match="does not hold the n-grams"):
        load_peer(tmp_path)


@given(st.binary(max_size=60))
def test_whatever_stands_in_the_files_only_a_line_comes_of_it(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("peer")
    for file in (RECORD, WEIGHTS, "tokenizer.json"):
        (folder / file).write_bytes(content)
    with pytest.raises(InputError):
        load_peer(folder)


def test_counts_come_back_as_they_were(tmp_path: Path) -> None:
    fitted("5-gram", tmp_path, 0)
    predictors: list[Predictor[Any]] = [load_peer(tmp_path).predictor for _ in range(2)]
    rows = [[0, 3, 4, 5, 0], [0, 8, 2, 2]]
    begin = load_peer(tmp_path).tokenizer.size
    first, second = (predictor.score(rows, keep=[(0, 3), (1, 0)]) for predictor in predictors)
    assert first.log_p.tolist() == second.log_p.tolist()
    assert first.states == {(0, 3): (0, 3, 4), (1, 0): (begin, begin)}
    # A row goes on from its context as if it had never been cut.
    rest = predictors[0].score([rows[0][3:]], initial=[first.states[0, 3]]).log_p[0]
    begun = predictors[0].score([rows[0][:4]]).log_p[0]
    assert rest + begun == pytest.approx(first.log_p[0], abs=1e-12)
