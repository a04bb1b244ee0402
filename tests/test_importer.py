"""What reads foreign files for the screens, in this process and in a child."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import PromptScored, ReplyFinished, StepFrame
from chatbot_tui.core.imports import ImportBackend, ImportChoices, ImportRequest
from chatbot_tui.core.library import list_checkpoints
from chatbot_tui.core.paths import checkpoints_folder
from chatbot_tui.import_bridge import ChildImporter
from chatbot_tui.importer import LocalImporter
from tests.model.importers.hostile import PWNED, Attack
from tests.model.importers.programs import Article, H, Headed, V, seeded

WORDS = ["<pad>", "<unk>", "<eos>", *(f"w{number}" for number in range(V - 3))]


@pytest.fixture
def request_(tmp_path: Path) -> ImportRequest:
    torch.save({"model_state_dict": seeded(Article, num_layers=1).state_dict(), "epoch": 7}, tmp_path / "my net.pt")
    (tmp_path / "vocab.json").write_text(json.dumps(WORDS))
    return ImportRequest(str(tmp_path / "my net.pt"), str(tmp_path / "vocab.json"))


@pytest.fixture(params=[LocalImporter, ChildImporter])
def backend(request: pytest.FixtureRequest) -> Iterator[ImportBackend]:
    made: ImportBackend = request.param()
    yield made
    made.close()


def test_a_file_is_read_tried_and_kept(backend: ImportBackend, request_: ImportRequest) -> None:
    backend.prepare()
    reading = backend.read(request_)
    assert reading.recognition is not None
    assert (reading.suggested, reading.problem) == ("my net", "")
    # Embedding, four tensors of the one layer, and two of the output.
    assert len(reading.tensors) == len(reading.recognised) == 7
    assert reading.tensors[2].shape == (4 * H, H)
    first, *frames, last = list(backend.attempt(request_, "w1 zebra", 0))
    assert isinstance(first, PromptScored)
    assert first.dropped == ("zebra",)
    assert all(isinstance(frame, StepFrame) for frame in frames)
    assert isinstance(last, ReplyFinished)
    assert last.tokens == len(frames)
    kept = backend.keep(request_, " kept ")
    assert kept.path == str(checkpoints_folder() / "kept")
    [entry] = [entry for entry in list_checkpoints() if entry.source == "own"]
    assert entry.card["imported"]["sha256"] == reading.recognition.sha256
    with pytest.raises(InputError, match="already"):
        backend.keep(request_, "kept")


def test_choices_count_and_nothing_needs_to_be_read_before(backend: ImportBackend, request_: ImportRequest) -> None:
    chosen = replace(request_, choices=ImportChoices(end_token="w5", unknown_token=""))
    assert any(isinstance(event, ReplyFinished) for event in backend.attempt(chosen, "w1", 0))
    backend.keep(chosen, "kept")
    [entry] = [entry for entry in list_checkpoints() if entry.source == "own"]
    assert (entry.card["end_token"], entry.card["banned_tokens"]) == ("w5", ["<pad>"])


def test_what_a_person_may_correct_is_told_with_the_problem(tmp_path: Path, request_: ImportRequest) -> None:
    state = dict(seeded(Article, num_layers=1).state_dict())
    torch.save({**state, "extra.matrix": torch.zeros(3, 3)}, tmp_path / "odd.pt")
    backend = LocalImporter()
    odd = replace(request_, file=str(tmp_path / "odd.pt"))
    reading = backend.read(odd)
    assert reading.recognition is None
    assert "extra.matrix" in reading.problem
    # All but the one that stands in the way.
    assert [row.tensor for row in reading.recognised] == list(state)
    assert len(reading.tensors) == len(state) + 1
    mended = backend.read(replace(odd, choices=ImportChoices(becomes={"extra.matrix": None})))
    assert mended.recognition is not None
    with pytest.raises(InputError, match=r"extra\.matrix"):
        backend.keep(odd, "kept")
    assert not checkpoints_folder().exists()


def test_counters_are_left_out_and_strangers_do_not_hide_the_rest(tmp_path: Path, request_: ImportRequest) -> None:
    state = dict(seeded(Article, num_layers=1).state_dict())
    torch.save({**state, "steps_seen": torch.tensor(5)}, tmp_path / "counted.pt")
    counted = LocalImporter().read(replace(request_, file=str(tmp_path / "counted.pt")))
    assert counted.recognition is not None
    assert counted.recognition.ignored == ("steps_seen",)
    torch.save({**state, "steps_seen": torch.tensor(5), "prior": torch.zeros(V), "more": torch.zeros(3)}, tmp_path / "odd.pt")
    odd = LocalImporter().read(replace(request_, file=str(tmp_path / "odd.pt")))
    assert "'prior'" in odd.problem
    assert "--" not in odd.problem, "no option of the command line: the screen has its own way to leave it out"
    assert ([row.tensor for row in odd.recognised], odd.aside) == (list(state), ("steps_seen",))


def test_what_was_assumed_is_told_without_the_command_lines_options(tmp_path: Path) -> None:
    torch.save(seeded(Headed).state_dict(), tmp_path / "headed.pt")
    recognition = LocalImporter().read(ImportRequest(str(tmp_path / "headed.pt"))).recognition
    assert recognition is not None
    [warning] = recognition.warnings
    assert warning.endswith("relu is assumed")


def test_a_vocabulary_of_another_size_leaves_the_tensors_told(tmp_path: Path, request_: ImportRequest) -> None:
    (tmp_path / "vocab.json").write_text(json.dumps(WORDS[:-2]))
    reading = LocalImporter().read(request_)
    assert (reading.recognition, len(reading.recognised)) == (None, 7)
    assert "38 tokens" in reading.problem


def test_a_file_that_would_run_code_is_refused_and_the_next_one_is_read(backend: ImportBackend, request_: ImportRequest) -> None:
    folder = Path(request_.file).parent
    torch.save({"weight": Attack(folder)}, folder / "evil.pt")
    with pytest.raises(InputError):
        backend.read(replace(request_, file=str(folder / "evil.pt")))
    assert not (folder / PWNED).exists()
    assert backend.read(request_).recognition is not None


def test_a_child_that_was_let_go_comes_back(request_: ImportRequest) -> None:
    backend = ChildImporter()
    assert backend.process_id is None
    backend.prepare()
    first = backend.process_id
    backend.rest()
    backend.rest()
    assert backend.process_id is None
    assert backend.read(request_).recognition is not None
    assert backend.process_id not in (None, first)
    backend.close()
