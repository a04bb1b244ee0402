import dataclasses
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TrainFrame
from chatbot_tui.core.library import CheckpointEntry, find
from chatbot_tui.core.reports import read_reports
from chatbot_tui.core.steps import kept_steps, weights_file
from chatbot_tui.model.checkpoint import load_checkpoint
from chatbot_tui.training import keeping, run
from chatbot_tui.training.experiment import settings_digest
from chatbot_tui.training.recipe_library import differences
from chatbot_tui.training.recipes import Recipe, build_recipe, load_recipe, read_values
from tests.training.test_run import begin, finish
from tests.training.tiny import recipe, same

KEPT = (0, 2, 4, 7, 12)


def kept(**changes: Any) -> Recipe:
    return recipe(**{"steps": 16, "keep_steps": KEPT, "dropout": 0.2, **changes})


def timeless(frames: Sequence[TrainFrame]) -> list[TrainFrame]:
    return [dataclasses.replace(frame, tokens_per_second=0.0, seconds_left=0.0) for frame in frames]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that keeps steps, trained without a stop."""
    folder = tmp_path_factory.mktemp("kept") / "out"
    finish(begin(kept(), folder))
    return folder


def assert_the_same_history(folder: Path, straight: Path) -> None:
    assert kept_steps(folder) == kept_steps(straight)
    for step in KEPT:
        assert weights_file(folder, step).read_bytes() == weights_file(straight, step).read_bytes()
    assert timeless(read_reports(folder)) == timeless(read_reports(straight))
    assert {path.name for path in (folder / "steps").iterdir()} == {path.name for path in (straight / "steps").iterdir()}


def test_a_checkpoint_keeps_the_steps_that_its_recipe_asks_for(straight: Path) -> None:
    assert {path.name for path in straight.iterdir()} >= {"model.safetensors", "steps"}
    assert "training" not in {path.name for path in straight.iterdir()}
    assert {path.name for path in (straight / "steps").iterdir()} == {*(f"{step:06d}.safetensors" for step in KEPT), "reports.json"}
    assert [frame.step for frame in read_reports(straight)] == [*KEPT, 16]
    finished = load_file(straight / "model.safetensors")
    for step in KEPT:
        weights = load_file(weights_file(straight, step))
        assert {name: (tensor.shape, tensor.dtype) for name, tensor in weights.items()} == {
            name: (tensor.shape, torch.float16) for name, tensor in finished.items()
        }
        assert not same(weights, finished)


def test_each_is_the_net_of_a_run_that_ends_there(straight: Path, tmp_path: Path) -> None:
    finish(begin(kept(steps=7, keep_steps=()), tmp_path / "short"))
    assert same(load_file(weights_file(straight, 7)), load_file(tmp_path / "short" / "model.safetensors"))


def test_keeping_steps_changes_nothing_in_what_is_learnt(tmp_path: Path) -> None:
    # A plateau looks at every report: looking between two must not count.
    settings = kept(schedule="plateau", patience=0, learning_rate=1e-4)
    frames, weights = [], []
    for number, steps in enumerate([(), (0, 1, 2, 3, 4, 5, 11, 13)]):
        made = begin(dataclasses.replace(settings, keep_steps=steps), tmp_path / str(number))
        frames.append(timeless(list(made.frames())))
        weights.append(made.trainer.model.state_dict())
    assert frames[0] == frames[1]
    assert frames[0][-1].learning_rate < frames[0][0].learning_rate
    assert same(*weights)


def test_a_report_that_is_due_is_the_one_that_is_kept(tmp_path: Path) -> None:
    made = begin(kept(), tmp_path / "out")
    due = {frame.step: frame for frame in made.frames()}
    made.finish()
    told = {frame.step: frame for frame in read_reports(tmp_path / "out")}
    for step in (4, 12, 16):
        assert told[step] == due[step]
    # The mean since the report at step 4, over three of the four steps up to the next.
    assert told[7].loss != due[8].loss
    assert told[7].loss == pytest.approx(due[8].loss, rel=0.5)
    assert told[0].tokens_per_second == 0


@pytest.mark.parametrize("stop", [0, 1, 3, 4, 6, 11, 14])
def test_a_run_that_is_stopped_and_resumed_keeps_the_same(
    straight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    folder = tmp_path / "out"
    stopped = begin(kept(), folder)
    step = stopped.trainer.optimizer.step

    def interrupted() -> None:
        step()
        if stopped.trainer.step == stop:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(stopped.trainer.optimizer, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(stopped.frames())
    stopped.close()
    assert stopped.trainer.step == stop + 1
    finish(begin(kept(), folder, resume=True))
    assert_the_same_history(folder, straight)


def test_ctrl_c_before_the_first_step_keeps_it_later(straight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    stopped = begin(kept(), folder)
    monkeypatch.setattr(keeping, "save", lambda _weights: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        list(stopped.frames())
    stopped.close()
    monkeypatch.undo()
    finish(begin(kept(), folder, resume=True))
    assert_the_same_history(folder, straight)


class Killed(BaseException):
    """Stands for a kill: nothing that would clean up is run."""


@pytest.mark.parametrize("file", range(1, 12))
def test_a_kill_while_keeping_leaves_nothing_half(straight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: int) -> None:
    # Five steps of two files each, and the last report: eleven files.
    folder, written = tmp_path / "out", 0
    whole = keeping.write_whole

    def killed(path: Path, data: bytes) -> None:
        nonlocal written
        written += 1
        if written == file:
            path.with_name(f".{path.name}.1").write_bytes(data[: len(data) // 2])
            raise Killed
        whole(path, data)

    stopped = begin(kept(), folder)
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "write_whole", killed)
        with pytest.raises(Killed):
            list(stopped.frames())
    stopped.close()
    finish(begin(kept(), folder, resume=True))
    assert kept_steps(folder) == KEPT
    for step in KEPT:
        assert weights_file(folder, step).read_bytes() == weights_file(straight, step).read_bytes()
    assert [frame.step for frame in read_reports(folder)] == [*KEPT, 16]
    assert {path.name for path in (folder / "steps").iterdir()} == {path.name for path in (straight / "steps").iterdir()}


@pytest.mark.parametrize("moved", range(7))
def test_a_kill_while_the_run_is_finished_loses_no_step(
    straight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: int
) -> None:
    folder, count = tmp_path / "out", 0
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        nonlocal count
        if "steps" in Path(target).parts and "training" not in Path(target).parts:
            count += 1
            if count > moved:
                raise Killed
        return replace(self, target)

    stopped = begin(kept(), folder)
    list(stopped.frames())
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        if moved < 6:
            with pytest.raises(Killed):
                stopped.finish()
        else:
            # All six are moved, and the kill comes with the checkpoint's own files.
            patch.setattr(run, "move_up", lambda *_: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                stopped.finish()
    stopped.close()
    finish(begin(kept(), folder, resume=True))
    assert_the_same_history(folder, straight)


def test_a_full_disk_is_one_clear_line_and_the_run_goes_on_afterwards(
    straight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    stopped = begin(kept(), folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "write_whole", full)
        with pytest.raises(InputError, match=r"cannot keep step 0 in .*: No space left on device; make room and go on with --resume"):
            list(stopped.frames())
    stopped.close()
    finish(begin(kept(), folder, resume=True))
    assert_the_same_history(folder, straight)


def test_a_half_written_file_is_removed_where_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        keeping.write_whole(tmp_path / "a", b"after")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"before")]


def test_steps_from_the_end_on_are_not_kept_and_without_an_earlier_one_nothing_is(tmp_path: Path) -> None:
    finish(begin(kept(steps=4, keep_steps=(2, 4, 9)), tmp_path / "short"))
    assert kept_steps(tmp_path / "short") == (2,)
    assert [frame.step for frame in read_reports(tmp_path / "short")] == [2, 4]
    finish(begin(kept(steps=4, keep_steps=(4, 9)), tmp_path / "none"))
    assert not (tmp_path / "none" / "steps").exists()


def test_settings_that_were_wrong_leave_no_step_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    wrong = begin(kept(save_every=100, keep_steps=(1, 2)), folder)
    frames = wrong.frames()
    next(frames)
    monkeypatch.setattr(wrong.trainer, "save", lambda _path: None)
    frames.close()
    wrong.close()
    finish(begin(kept(steps=6, hidden_dim=10, keep_steps=(3,)), folder, resume=True))
    assert kept_steps(folder) == (3,)
    assert load_checkpoint(folder, step=3).model.config.hidden_dim == 10


def test_a_run_of_before_there_were_kept_steps_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    stopped = begin(recipe(), folder)
    frames = stopped.frames()
    next(frames)
    frames.close()
    stopped.close()
    record = folder / "training" / "recipe.json"
    values = json.loads(record.read_text())
    del values["recipe"]["keep_steps"]
    record.write_text(json.dumps(values))
    begin(recipe(), folder, resume=True).close()
    with pytest.raises(InputError, match=r"was begun with keep_steps = \[\], now it is \[0, 7\]"):
        begin(recipe(keep_steps=(0, 7)), folder, resume=True)


def test_a_kept_step_is_found_by_name_and_read_like_the_finished_net(straight: Path) -> None:
    found = find(f"{straight}@7")
    assert isinstance(found, CheckpointEntry)
    assert found.steps == (*KEPT, 16)
    earlier, finished = load_checkpoint(straight, step=found.step), load_checkpoint(straight)
    assert (earlier.step, finished.step) == (7, None)
    assert earlier.fingerprint != finished.fingerprint
    assert (earlier.card, earlier.tokenizer.texts) == (finished.card, finished.tokenizer.texts)
    assert earlier.counts is not None
    assert finished.counts is not None
    assert torch.equal(earlier.counts, finished.counts)


@pytest.mark.parametrize("steps", [[60, 0], [0, 0], [-1], [1.5], [True], ["0"], [10**9], list(range(1001)), [[]]])
def test_steps_that_cannot_be_kept_are_refused_in_one_line(steps: list[Any]) -> None:
    with pytest.raises(InputError, match=r"^keep_steps is \[.*: it must be whole numbers in ascending order, such as \[0, 60, 600\]$"):
        build_recipe("x", {"keep_steps": steps})


def test_steps_that_are_no_list_are_refused() -> None:
    with pytest.raises(InputError, match="keep_steps is 60: it must be a list in brackets"):
        build_recipe("x", {"keep_steps": 60})


def test_a_recipe_does_not_have_the_kept_steps_of_its_control(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text('control = "healthy"\nkeep_steps = [0, 60]\n')
    one = load_recipe(str(tmp_path / "one.toml"), read_values({"keep_steps": "[0, 600]"}))
    assert one.keep_steps == (0, 600)
    healthy = load_recipe("healthy")
    assert differences(dataclasses.replace(one, keep_steps=(0, 7)), healthy) == set()
    assert load_recipe("near-zero-init", {}).keep_steps == ()
    assert settings_digest(one) == settings_digest(dataclasses.replace(one, keep_steps=()))
