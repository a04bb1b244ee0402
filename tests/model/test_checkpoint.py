import hashlib
import json
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import CARD, CONFIG, TOKENIZER, WEIGHTS
from chatbot_tui.model import checkpoint as module
from chatbot_tui.model.checkpoint import COUNTS, load_checkpoint, save_checkpoint
from chatbot_tui.model.config import ModelConfig
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.model.tokenizer import Tokenizer

WORDS = Tokenizer.train_words(["the the the of of i"], 5)
CARD_OF_WORDS = {"teaches": "words", "banned_tokens": ["<eot>", "<unk>"]}
COUNTS_OF_WORDS = torch.tensor([9, 7, 3, 2, 1])


def network(**options: Any) -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(ModelConfig(WORDS.size, 4, 6, 2, **options))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "bot"
    save_checkpoint(path, network(), WORDS, CARD_OF_WORDS, COUNTS_OF_WORDS)
    return path


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as raised:
        load_checkpoint(folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def edit(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def with_header(path: Path, header: bytes, length: int | None = None) -> None:
    path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_comes_back_as_it_was_saved(tmp_path: Path, dtype: torch.dtype, tied: bool) -> None:
    model = network(tied=tied, residual=True)
    save_checkpoint(tmp_path / "bot", model, WORDS, CARD_OF_WORDS, COUNTS_OF_WORDS, dtype=dtype)
    loaded = load_checkpoint(tmp_path / "bot")
    assert loaded.model.config == model.config
    assert not loaded.model.training
    for name, tensor in model.named_parameters():
        torch.testing.assert_close(loaded.model.get_parameter(name), tensor.detach().to(dtype).float(), rtol=0, atol=0)
    assert (loaded.model.fc.weight is loaded.model.embedding.weight) is tied
    assert loaded.card == CARD_OF_WORDS
    assert loaded.counts is not None
    assert loaded.counts.tolist() == COUNTS_OF_WORDS.tolist()
    assert (loaded.name, loaded.path) == ("bot", tmp_path / "bot")


def test_weights_too_large_for_half_precision_are_kept_in_single(tmp_path: Path) -> None:
    model = network()
    with torch.no_grad():
        # The largest number in float16 is 65,504.
        model.fc.bias[0] = 70_000.0
    save_checkpoint(tmp_path / "bot", model, WORDS, {}, COUNTS_OF_WORDS)
    loaded = load_checkpoint(tmp_path / "bot").model
    for name, tensor in model.named_parameters():
        torch.testing.assert_close(loaded.get_parameter(name), tensor.detach(), rtol=0, atol=0)


def test_tied_weights_are_stored_once(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "bot", network(tied=True), WORDS, {}, COUNTS_OF_WORDS)
    assert set(load_file(tmp_path / "bot" / WEIGHTS)) == set(network(tied=True).config.shapes())
    assert "fc.weight" not in load_file(tmp_path / "bot" / WEIGHTS)


def test_the_most_frequent_token_is_one_that_may_be_said(folder: Path) -> None:
    loaded = load_checkpoint(folder)
    assert loaded.banned == (0, 1)
    assert loaded.most_frequent == WORDS.token("the")


def test_the_fingerprint_follows_the_weights(folder: Path) -> None:
    first = load_checkpoint(folder).fingerprint
    edit(folder / CARD, teaches="something else")
    assert load_checkpoint(folder).fingerprint == first
    weights = load_file(folder / WEIGHTS)
    weights["fc.bias"][0] += 1
    save_file(weights, folder / WEIGHTS)
    assert load_checkpoint(folder).fingerprint != first


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG, TOKENIZER])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"has no {name}" in refusal(folder)


def test_no_folder_at_all(tmp_path: Path) -> None:
    assert "not a checkpoint folder" in refusal(tmp_path / "nowhere")


def test_card_and_counts_may_be_missing(folder: Path) -> None:
    (folder / CARD).unlink()
    (folder / COUNTS).unlink()
    loaded = load_checkpoint(folder)
    assert (dict(loaded.card), loaded.counts, loaded.most_frequent, loaded.banned) == ({}, None, None, ())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers_are_refused_by_name(folder: Path, value: float) -> None:
    weights = load_file(folder / WEIGHTS)
    weights["lstm.weight_hh_l1"][2, 3] = value
    save_file(weights, folder / WEIGHTS)
    assert "lstm.weight_hh_l1 holds NaN or infinity" in refusal(folder)
    assert load_checkpoint(folder, allow_non_finite=True).model.config.hidden_dim == 6


def test_weights_of_another_shape_are_refused_by_name(folder: Path) -> None:
    config = json.loads((folder / CONFIG).read_text())
    edit(folder / CONFIG, architecture=config["architecture"] | {"hidden_dim": 7})
    assert "lstm.weight_ih_l0 has shape [24, 4], config.json says [28, 4]" in refusal(folder)


def test_a_tensor_too_few_or_too_many_is_named(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    save_file(weights | {"extra": torch.zeros(1)}, folder / WEIGHTS)
    assert "'extra'" in refusal(folder)
    del weights["fc.bias"]
    save_file(weights, folder / WEIGHTS)
    assert "no tensor fc.bias" in refusal(folder)


def test_weights_of_whole_numbers_are_refused(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    save_file(weights | {"fc.bias": torch.zeros(5, dtype=torch.int32)}, folder / WEIGHTS)
    assert "'I32'" in refusal(folder)


def test_a_tokenizer_of_another_size_is_refused(folder: Path) -> None:
    Tokenizer.train_words(["a b c d e f"], 8).save(folder / TOKENIZER)
    assert "do not belong together" in refusal(folder)


def test_a_header_that_declares_terabytes_takes_no_memory(folder: Path) -> None:
    with_header(folder / WEIGHTS, b"{}", length=1 << 42)
    assert "safetensors file" in refusal(folder)


def test_a_tensor_that_declares_terabytes_takes_no_memory(folder: Path) -> None:
    header = {"embedding.weight": {"dtype": "F32", "shape": [1 << 20, 1 << 20], "data_offsets": [0, 1 << 42]}}
    with_header(folder / WEIGHTS, json.dumps(header).encode())
    assert WEIGHTS in refusal(folder)


def test_a_configuration_that_asks_for_too_much_takes_no_memory(folder: Path) -> None:
    architecture = {"vocab_size": 1 << 20, "embedding_dim": 1 << 20, "hidden_dim": 6}
    edit(folder / CONFIG, architecture=architecture)
    assert "parameters" in refusal(folder)


def test_right_shapes_over_missing_bytes_are_refused(folder: Path) -> None:
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[:-8])
    assert WEIGHTS in refusal(folder)


@pytest.mark.parametrize("header", [b"", b"[]", b"nonsense", b"\xff" * 9, pytest.param(b"[" * 100_000, id="nested")])
def test_a_header_of_nonsense_is_refused(folder: Path, header: bytes) -> None:
    with_header(folder / WEIGHTS, header)
    assert "safetensors file" in refusal(folder)


def test_nothing_is_ever_unpickled(folder: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    for name in (WEIGHTS, CONFIG, TOKENIZER, CARD, COUNTS):
        whole = (folder / name).read_bytes()
        for data in (pickle.dumps(Trap()), pickle.dumps({"fc.bias": Trap()}, protocol=0)):
            (folder / name).write_bytes(data)
            refusal(folder)
        (folder / name).write_bytes(whole)
    load_checkpoint(folder)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"format_version": 99}, "update it"),
        ({"format_version": 0}, "format_version"),
        ({"format_version": "1"}, "format_version"),
        ({"format_version": True}, "format_version"),
        ({"format_version": None}, "format_version"),
        ({"architecture": []}, "architecture"),
        ({"architecture": {}}, "the architecture lacks"),
    ],
)
def test_a_configuration_of_another_kind_is_refused(folder: Path, values: dict[str, Any], said: str) -> None:
    edit(folder / CONFIG, **values)
    assert said in refusal(folder)


@pytest.mark.parametrize("name", [CONFIG, CARD])
@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", pytest.param(b"[" * 100_000, id="nested"), b"3", b'"text"'])
def test_json_of_nonsense_is_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    assert name in refusal(folder)


@pytest.mark.parametrize(
    "values", [{"banned_tokens": 5}, {"banned_tokens": None}, {"banned_tokens": "<eot>"}, {"banned_tokens": [["<eot>"], 3]}]
)
def test_bans_that_are_no_list_of_texts_are_ignored(folder: Path, values: dict[str, Any]) -> None:
    edit(folder / CARD, **values)
    assert load_checkpoint(folder).banned == ()


@pytest.mark.parametrize(
    "counts", [torch.ones(4, dtype=torch.int64), torch.ones(5), -torch.ones(5, dtype=torch.int64), torch.full((5,), 1 << 62)]
)
def test_counts_of_another_kind_are_refused(folder: Path, counts: torch.Tensor) -> None:
    save_file({"counts": counts}, folder / COUNTS)
    assert COUNTS in refusal(folder)


def test_an_interrupted_save_leaves_the_old_checkpoint(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_checkpoint(folder).fingerprint

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_json", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(folder, network(init="zeros"), WORDS, {}, COUNTS_OF_WORDS)
    assert load_checkpoint(folder).fingerprint == before


def test_a_failed_save_leaves_the_old_checkpoint_and_nothing_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_checkpoint(folder).fingerprint

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_json", full)
    with pytest.raises(InputError, match="No space left"):
        save_checkpoint(folder, network(init="zeros"), WORDS, {}, COUNTS_OF_WORDS)
    assert load_checkpoint(folder).fingerprint == before
    assert [path.name for path in folder.parent.iterdir()] == ["bot"]


def test_a_save_takes_the_place_of_the_old_checkpoint(folder: Path) -> None:
    save_checkpoint(folder, network(init="zeros"), WORDS, {}, COUNTS_OF_WORDS)
    assert not load_checkpoint(folder).model.fc.weight.any()
    assert [path.name for path in folder.parent.iterdir()] == ["bot"]


@pytest.fixture
def kept(folder: Path) -> Path:
    """The weights of step 60 of a folder that keeps them."""
    (folder / "steps").mkdir()
    weights = {name: tensor / 2 for name, tensor in load_file(folder / WEIGHTS).items()}
    save_file(weights, folder / "steps" / "000060.safetensors")
    return folder / "steps" / "000060.safetensors"


def refusal_at_60(folder: Path) -> str:
    with pytest.raises(InputError) as raised:
        load_checkpoint(folder, step=60)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_kept_step_has_weights_and_fingerprint_of_its_own_and_all_else_of_its_folder(folder: Path, kept: Path) -> None:
    earlier, finished = load_checkpoint(folder, step=60), load_checkpoint(folder)
    for name, tensor in finished.model.named_parameters():
        # Half of a float16 is a float16, but for the smallest.
        torch.testing.assert_close(earlier.model.get_parameter(name), tensor / 2, rtol=0, atol=2**-24)
    assert earlier.fingerprint == hashlib.sha256(kept.read_bytes()).hexdigest() != finished.fingerprint
    assert (earlier.step, earlier.name, earlier.card, earlier.banned) == (60, "bot", finished.card, (0, 1))
    assert earlier.most_frequent == finished.most_frequent


def test_a_kept_step_is_read_with_the_same_care(folder: Path, kept: Path) -> None:
    weights = load_file(kept)
    save_file(weights | {"fc.bias": torch.full_like(weights["fc.bias"], float("nan"))}, kept)
    assert "000060.safetensors: fc.bias holds NaN or infinity" in refusal_at_60(folder)
    assert load_checkpoint(folder, step=60, allow_non_finite=True).step == 60
    save_file(weights | {"fc.bias": torch.zeros(6, dtype=torch.float16)}, kept)
    assert "fc.bias has shape [6], config.json says [5]" in refusal_at_60(folder)
    save_file(weights | {"extra": torch.zeros(1)}, kept)
    assert "'extra'" in refusal_at_60(folder)
    with_header(kept, b"{}", length=1 << 42)
    assert "safetensors file" in refusal_at_60(folder)
    kept.write_bytes(b"junk")
    assert "safetensors file" in refusal_at_60(folder)
    kept.unlink()
    assert "000060.safetensors" in refusal_at_60(folder)
    assert load_checkpoint(folder).step is None
