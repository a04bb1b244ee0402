import json
from pathlib import Path

import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.diagnosis.calibration.breed import breed, finite, make_folder, summary
from chatbot_tui.diagnosis.calibration.calibrate import calibrate, keep, numbers_text, read_specimens
from chatbot_tui.diagnosis.calibration.examined import GIVEN, examine_specimen
from chatbot_tui.diagnosis.calibration.kept import Kept, read_zoo
from chatbot_tui.diagnosis.thresholds import Threshold
from chatbot_tui.training.lock import take_lock
from tests.diagnosis.calibration.small import small_specimen

SPECIMEN = small_specimen(steps=40, end_token="<eos>", pad_token="<pad>")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a zoo of one specimen."""
    folder = tmp_path_factory.mktemp("zoo")
    [facts] = breed(folder, [SPECIMEN], [])
    assert SPECIMEN.name in str(facts["name"])
    return folder


@pytest.fixture(scope="module")
def kept(folder: Path) -> Kept:
    [kept] = read_zoo(folder)
    return kept


def test_a_specimen_is_kept_with_all_that_judging_it_needs(folder: Path, kept: Kept) -> None:
    assert {path.name for path in (folder / SPECIMEN.name).iterdir()} >= {
        "config.json",
        "facts.json",
        "model.safetensors",
        "text.json",
        "token_counts.safetensors",
        "vocabulary.json",
    }
    assert (kept.name, kept.kind, kept.part, kept.expected) == ("healthy-002", "healthy", "fit", "healthy")
    assert kept.vocabulary[:2] == ("<pad>", "<eos>")
    assert kept.text.held_out
    assert not list(folder.glob(".*"))


def test_the_weights_that_are_read_are_the_ones_that_were_measured(kept: Kept) -> None:
    model = kept.model()
    assert model.fc.weight.dtype == torch.float32
    assert model.config.hidden_dim == 12
    assert kept.behaviour["loss"] < kept.behaviour["unigram_loss"] + 1


def test_the_counts_are_those_of_the_text_it_learnt_from(kept: Kept) -> None:
    counts, bigrams = kept.counts()
    assert counts.sum() == kept.facts["training_tokens"]
    assert bigrams.counts.sum() == counts.sum() - 1


def test_what_is_bred_already_is_not_bred_again(folder: Path) -> None:
    assert list(breed(folder, [SPECIMEN], [])) == []


def test_what_another_process_is_breeding_is_left_to_it(tmp_path: Path) -> None:
    descriptor = take_lock(tmp_path / f".{SPECIMEN.name}.lock")
    assert descriptor is not None
    assert list(breed(tmp_path, [SPECIMEN], [])) == []


def test_figures_are_told_in_a_line(kept: Kept) -> None:
    assert "gain" in summary(kept.facts)
    assert "\n" not in summary(kept.facts)


def test_what_json_lacks_is_null() -> None:
    assert finite({"a": float("nan"), "b": [1.0, float("inf")]}) == {"a": None, "b": [1.0, None]}


def test_what_was_examined_is_read_back(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    first = examine_specimen(kept)
    assert set(first.signals) == set(GIVEN)
    assert first.signals["nothing"]["prompt_sensitivity"].value is not None
    monkeypatch.setattr("chatbot_tui.diagnosis.calibration.examined.measure", lambda _subject: pytest.fail("measured again"))
    assert examine_specimen(kept) == first


def test_a_calibration_leaves_its_tables_figures_and_thresholds(kept: Kept, tmp_path: Path) -> None:
    keep(tmp_path, calibrate([examine_specimen(kept)]))
    figures = json.loads((tmp_path / "calibration.json").read_text())
    assert figures["specimens"] == 1
    assert [trial["given"] for trial in figures["held_out"]] == list(GIVEN)
    # One specimen of the fitting part: nothing is held out, and no threshold has enough to be fitted to.
    assert all(trial["verdict_right"]["n"] == 0 for trial in figures["held_out"])
    assert figures["thresholds"] == []
    assert "| healthy | 1 | 0 |" in (tmp_path / "calibration.md").read_text()
    assert json.loads((tmp_path / "thresholds.json").read_text())["verdict.input_blind"]["log"] is True


def test_thresholds_are_written_a_line_each_in_groups() -> None:
    numbers = {"a.x": Threshold(0.5, 1.0), "a.y": Threshold(2.0, 1.0, log=True), "b.x": Threshold(1.0, 0.1)}
    assert numbers_text(numbers).splitlines() == [
        "{",
        '  "a.x": {"threshold": 0.5, "scale": 1.0},',
        '  "a.y": {"threshold": 2.0, "scale": 1.0, "log": true},',
        "",
        '  "b.x": {"threshold": 1.0, "scale": 0.1}',
        "}",
    ]


def test_a_folder_without_specimens_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no specimen"):
        read_specimens(tmp_path)


def test_a_damaged_specimen_is_named(tmp_path: Path) -> None:
    (tmp_path / "healthy-000").mkdir()
    (tmp_path / "healthy-000" / "facts.json").write_text("{")
    with pytest.raises(InputError, match=r"facts\.json"):
        read_specimens(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot make the folder"):
        make_folder(tmp_path / "file" / "zoo")
