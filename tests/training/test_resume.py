import dataclasses
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.training.loop import Progress, whole
from chatbot_tui.training.stream import encode_corpus, epoch_stream
from tests.training.tiny import DIALOGUES, recipe, same, steps_an_epoch, trainer, weights, word_tokenizer

VALID = epoch_stream([encode_corpus(DIALOGUES * 3, word_tokenizer())], 0, 0)


def timeless(reports: list[Progress]) -> list[Progress]:
    return [dataclasses.replace(report, tokens_per_second=0.0, seconds_left=0.0) for report in reports]


@pytest.mark.parametrize(
    ("stop", "changes"),
    [
        (3, {}),
        (8, {"optimizer": "sgd", "momentum": 0.9}),
        (20, {"optimizer": "adam", "weight_decay": 0.1, "schedule": "cosine", "warmup_steps": 5}),
        (20, {"tied": True, "precision": "bf16"}),
        (8, {"fresh_rows": 4}),
        (20, {"fresh_rows": 5, "precision": "bf16"}),
        (8, {"optimizer": "muon", "schedule": "linear", "decay_share": 0.5, "locked_dropout": True, "recurrent_dropout": 0.2}),
    ],
)
def test_a_resumed_run_ends_bit_for_bit_where_the_other_did(tmp_path: Path, stop: int, changes: dict[str, Any]) -> None:
    settings = recipe(steps=24, dropout=0.3, **changes)
    straight = trainer(settings, valid=VALID)
    assert 3 < steps_an_epoch(straight) < 20, "one stop lies in the first epoch, one in the second, both in the middle"
    expected = list(straight.run())
    stopped = trainer(settings, valid=VALID)
    while stopped.step < stop:
        stopped._train_step()
    if stop % settings.report_every == 0:
        stopped._loss_sum, stopped._loss_steps = 0.0, 0
    stopped.save(tmp_path / "progress.pt")
    torch.manual_seed(99)
    resumed = trainer(settings, valid=VALID)
    resumed.restore(tmp_path / "progress.pt")
    assert resumed.step == stop
    reports = list(resumed.run())
    assert same(weights(resumed), weights(straight))
    assert not same(weights(resumed), weights(stopped))
    assert timeless(reports) == timeless(expected)[-len(reports) :]


def test_progress_that_is_saved_with_a_report_begins_a_new_mean(tmp_path: Path) -> None:
    settings = recipe(steps=12, report_every=4, save_every=4)
    path = tmp_path / "progress.pt"
    straight = trainer(settings).run(path)
    first = [next(straight), next(straight)]
    # The first report's progress is on disk, the second's is not yet.
    resumed = trainer(settings)
    resumed.restore(path)
    assert resumed.step == 4
    assert timeless(list(resumed.run())) == timeless([first[1], *straight])


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": "plateau", "patience": 0, "learning_rate": 1e-4, "optimizer": "sgdw", "momentum": 0.9, "weight_decay": 0.01},
        {"schedule": "step", "drop_every": 4, "class_weights": "inverse", "decay_biases": False, "weight_decay": 0.1},
        {"unlikelihood": 1.0, "fresh_rows": 2, "count_padding": True, "identical_embeddings": True, "freeze_embeddings": True},
    ],
)
def test_what_the_laboratory_turns_goes_on_as_well(tmp_path: Path, changes: dict[str, Any]) -> None:
    settings = recipe(steps=24, dropout=0.3, save_every=8, **changes)
    path = tmp_path / "progress.pt"
    straight = trainer(settings, valid=VALID)
    expected = list(straight.run())
    stopped = trainer(settings, valid=VALID).run(path)
    # After the fourth report the progress of the sixteenth step is not yet on the disk, that of the eighth is.
    for _ in range(4):
        next(stopped)
    resumed = trainer(settings, valid=VALID)
    resumed.restore(path)
    assert resumed.step == 8
    assert timeless(list(resumed.run())) == timeless(expected)[2:]
    assert same(weights(resumed), weights(straight))
    if settings.schedule != "constant":
        assert expected[-1].learning_rate < expected[0].learning_rate


def test_a_kill_while_saving_leaves_the_progress_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "progress.pt"
    made = trainer(recipe())
    made._train_step()
    made.save(path)
    made._train_step()

    class Killed(BaseException):
        pass

    def killed(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        with pytest.raises(Killed):
            made.save(path)
    again = trainer(recipe())
    again.restore(path)
    assert again.step == 1
    made.save(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["progress.pt"], "the next save clears up"


def test_a_full_disk_leaves_the_progress_before_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "progress.pt"
    made = trainer(recipe())
    made.save(path)
    before = path.read_bytes()

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"cannot save the progress to .*: No space left on device"):
        made.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["progress.pt"]


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_torn_progress_file_is_refused(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "progress.pt"
    trainer(recipe()).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep if keep > 1 else keep * len(data))])
    with pytest.raises(InputError, match=r"cannot resume from .*; remove it to start again") as caught:
        trainer(recipe()).restore(path)
    assert "\n" not in str(caught.value)


def test_progress_of_another_net_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "progress.pt"
    trainer(recipe(hidden_dim=9)).save(path)
    with pytest.raises(InputError, match=r"cannot resume"):
        trainer(recipe()).restore(path)


def test_progress_beyond_the_end_or_of_another_batch_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "progress.pt"
    made = trainer(recipe())
    made.advance()
    made.save(path)
    sound = torch.load(path, weights_only=True)
    trainer(recipe()).restore(path)
    for wrong in ({"step": 10**12}, {"step": -1}, {"state": [part[:, :1] for part in sound["state"]]}):
        torch.save(sound | wrong, path)
        with pytest.raises(InputError, match=r"cannot resume .*: it belongs to another run; remove it to start again"):
            trainer(recipe()).restore(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"cannot resume .*: EOFError; remove it"):
        trainer(recipe()).restore(path)


def test_progress_is_read_as_data_only(tmp_path: Path) -> None:
    path = tmp_path / "progress.pt"
    torch.save({"step": Path("x")}, path)
    with pytest.raises(InputError, match=r"cannot resume"):
        trainer(recipe()).restore(path)


def test_ctrl_c_waits_for_the_end_of_the_step() -> None:
    steps: list[str] = []

    def step() -> None:
        with whole():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            steps.append("done")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert steps == ["done"]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_an_error_in_a_step_comes_before_ctrl_c() -> None:
    def step() -> None:
        with whole():
            signal.raise_signal(signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        step()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_program_that_ignores_ctrl_c_still_does() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with whole():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_run_in_a_thread_leaves_signals_alone() -> None:
    reports: list[Progress] = []
    thread = threading.Thread(target=lambda: reports.extend(trainer(recipe(steps=2, report_every=2)).run()))
    thread.start()
    thread.join()
    assert [report.step for report in reports] == [2]


def test_ctrl_c_in_a_step_leaves_a_whole_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = recipe(steps=6, dropout=0.3)
    straight, stopped, resumed = (trainer(settings) for _ in range(3))
    torch.manual_seed(0)
    list(straight.run())
    step = stopped.optimizer.step

    def interrupted() -> None:
        step()
        if stopped.step == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(stopped.optimizer, "step", interrupted)
    torch.manual_seed(0)
    with pytest.raises(KeyboardInterrupt):
        list(stopped.run())
    assert stopped.step == 3
    stopped.save(tmp_path / "progress.pt")
    resumed.restore(tmp_path / "progress.pt")
    list(resumed.run())
    assert same(weights(resumed), weights(straight))


def test_ctrl_c_in_a_report_loses_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Four steps at this rate lower the loss by less than what counts as better.
    settings = recipe(steps=16, schedule="plateau", patience=0, learning_rate=1e-6)
    straight, stopped, resumed = (trainer(settings, valid=VALID) for _ in range(3))
    list(straight.run())
    held_out = stopped.valid_loss

    def interrupted() -> float | None:
        if stopped.step == 8:
            signal.raise_signal(signal.SIGINT)
        return held_out()

    monkeypatch.setattr(stopped, "valid_loss", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(stopped.run())
    assert stopped.step == 8
    stopped.save(tmp_path / "progress.pt")
    resumed.restore(tmp_path / "progress.pt")
    assert resumed._plateau.drops == 1
    list(resumed.run())
    assert resumed._plateau == straight._plateau
    assert same(weights(resumed), weights(straight))
