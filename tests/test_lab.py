"""The laboratory's torch side, in this process and in a child."""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.lab import Intervened, LabBackend, LabEvent, Refused, RunEnded, RunPrepared, RunReport, Saved, TrainRequest
from chatbot_tui.core.paths import checkpoints_folder
from chatbot_tui.lab import LocalLab
from chatbot_tui.lab_bridge import ChildLab
from chatbot_tui.model.checkpoint import load_checkpoint
from chatbot_tui.training import corpus, own_text
from tests.training.tiny import DIALOGUES


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def request_of(tmp_path: Path) -> TrainRequest:
    """A net of a few hundred weights, twelve steps long, reported every fourth."""
    text = tmp_path / "talk.txt"
    text.write_text("\n\n".join("\n".join(dialogue) for dialogue in DIALOGUES))
    settings = {
        "vocab_size": "60",
        "embedding_dim": "6",
        "hidden_dim": "8",
        "batch_size": "3",
        "sequence_length": "5",
        "fresh_rows": "0",
        "steps": "12",
        "report_every": "4",
        "dropout": "0.2",
        "probe": "hello there",
    }
    return TrainRequest("healthy", settings, (str(text),))


@pytest.fixture(params=["here", "child"])
def lab(request: pytest.FixtureRequest) -> Iterator[LabBackend]:
    backend: LabBackend = LocalLab() if request.param == "here" else ChildLab()
    yield backend
    backend.close()


def until_ended(lab: LabBackend, *requests: TrainRequest) -> list[LabEvent]:
    """Everything that comes until all runs have ended."""
    events: list[LabEvent] = []
    runs = lab.train(requests)
    for event in runs:
        events.append(event)
        if sum(isinstance(event, RunEnded) for event in events) == len(requests):
            lab.cancel()
    return events


def figures(events: list[LabEvent], run: int = 0) -> list[object]:
    """The reports of a run, their speed left out."""
    return [
        replace(event.frame, tokens_per_second=0.0, seconds_left=0.0)
        for event in events
        if isinstance(event, RunReport) and event.run == run
    ]


def test_a_run_tells_how_it_stands_from_before_the_first_step_to_the_last(lab: LabBackend, request_of: TrainRequest) -> None:
    events = until_ended(lab, request_of)
    assert isinstance(events[0], RunPrepared)
    assert (events[0].total_steps, events[0].settings["hidden_dim"]) == (12, 8)
    reports = [event.frame for event in events if isinstance(event, RunReport)]
    assert [frame.step for frame in reports] == [0, 4, 8, 12]
    assert events[-1] == RunEnded(0, 12, "finished")
    assert all(len(frame.state_variance) == 1 and 0 <= frame.state_variance[0] <= 1 for frame in reports)
    assert reports[0].yardsticks is not None
    assert reports[0].yardsticks == reports[-1].yardsticks


def test_runs_side_by_side_are_what_each_would_be_alone(request_of: TrainRequest) -> None:
    other = replace(request_of, settings={**request_of.settings, "learning_rate": "0.03"})
    alone = [until_ended(LocalLab(), request) for request in (request_of, other)]
    beside = until_ended(LocalLab(), request_of, other)
    first, second = figures(beside, 0), figures(beside, 1)
    assert first == figures(alone[0])
    assert second == figures(alone[1])
    # The same seed: they begin as one net. The same text: only the learning rate makes them differ, from the first step on.
    losses = [[event.frame.loss for event in beside if isinstance(event, RunReport) and event.run == run] for run in (0, 1)]
    assert losses[0][0] == losses[1][0]
    assert [one == two for one, two in zip(first, second, strict=True)][1:] == [False] * 3


def test_the_child_trains_what_this_process_trains(request_of: TrainRequest) -> None:
    child = ChildLab()
    try:
        assert figures(until_ended(child, request_of)) == figures(until_ended(LocalLab(), request_of))
    finally:
        child.close()


def test_held_runs_step_singly_and_each_step_is_reported(lab: LabBackend, request_of: TrainRequest) -> None:
    runs = lab.train((request_of,))
    lab.set_paused(True)
    assert isinstance(next(runs), RunPrepared)
    next(runs)
    steps = []
    for _ in range(3):
        lab.advance()
        event = next(runs)
        assert isinstance(event, RunReport)
        steps.append(event.frame.step)
    assert steps == [1, 2, 3]
    lab.set_paused(False)
    rest = [event.frame.step for event in (next(runs), next(runs), next(runs)) if isinstance(event, RunReport)]
    assert rest == [4, 8, 12]
    lab.cancel()
    assert [type(event) for event in runs] in ([RunEnded], [])


def test_hands_can_be_laid_on_the_first_run_only_between_two_steps(lab: LabBackend, request_of: TrainRequest) -> None:
    runs = lab.train((request_of, request_of))
    lab.set_paused(True)
    for _ in range(4):
        next(runs)
    lab.intervene("rate")
    done = next(runs)
    assert isinstance(done, Intervened)
    assert (done.run, done.step, done.name) == (0, 0, "rate")
    lab.set_knob("dropout", "2")
    assert next(runs) == Refused(0, "dropout is 2: it must be a number from 0 to 0.99")
    lab.set_knob("learning_rate", "0.5")
    turned = next(runs)
    assert isinstance(turned, Intervened)
    lab.advance()
    reports = [next(runs), next(runs)]
    rates = [event.frame.learning_rate for event in reports if isinstance(event, RunReport)]
    assert rates == [0.5, pytest.approx(0.002)]
    lab.cancel()
    list(runs)


def test_a_net_is_saved_at_any_moment_with_what_was_done_to_it(lab: LabBackend, request_of: TrainRequest) -> None:
    runs = lab.train((request_of,))
    lab.set_paused(True)
    next(runs), next(runs)
    lab.advance()
    next(runs)
    lab.intervene("alike")
    next(runs)
    lab.save(0, "mine")
    saved = next(runs)
    assert isinstance(saved, Saved)
    assert (saved.step, saved.name, saved.path) == (1, "mine", str(checkpoints_folder() / "mine"))
    loaded = load_checkpoint(Path(saved.path))
    weight = loaded.model.embedding.weight
    assert torch.equal(weight, weight[:1].expand_as(weight))
    card = json.loads((Path(saved.path) / "card.json").read_text())
    assert card["steps"] == 1
    assert [entry["step"] for entry in card["interventions"]] == [1]
    lab.save(0, "mine")
    assert next(runs) == Refused(0, "there is already a checkpoint 'mine': choose another name")
    lab.stop()
    assert next(runs) == RunEnded(0, 1, "stopped")
    lab.save(0, "../../elsewhere")
    refused = next(runs)
    assert isinstance(refused, Refused)
    lab.save(0, "afterwards")
    assert isinstance(next(runs), Saved)
    lab.intervene("rate")
    assert next(runs) == Refused(0, "this run has ended: start another to change something in it")
    lab.cancel()
    assert list(runs) == []
    assert sorted(path.name for path in checkpoints_folder().iterdir()) == ["afterwards", "mine"]


def test_a_save_that_fails_leaves_nothing_behind(request_of: TrainRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = LocalLab()
    runs = lab.train((request_of,))
    lab.set_paused(True)
    next(runs), next(runs)

    def full(*_: object) -> None:
        raise InputError("cannot write token_counts.safetensors: no space left; check free space")

    with monkeypatch.context() as patch:
        patch.setattr("chatbot_tui.training.run.save_counts", full)
        lab.save(0, "mine")
        refused = next(runs)
    assert isinstance(refused, Refused)
    assert "no space left" in refused.reason
    assert list(checkpoints_folder().iterdir()) == []
    lab.save(0, "mine")
    assert isinstance(next(runs), Saved)
    lab.cancel()
    list(runs)


def test_a_run_that_diverges_ends_and_the_other_goes_on(request_of: TrainRequest) -> None:
    wild = replace(
        request_of,
        settings={**request_of.settings, "optimizer": "sgd", "learning_rate": "1e3", "clip_norm": "0", "cell_activation": "identity"},
    )
    events = until_ended(LocalLab(), wild, request_of)
    ends = {event.run: event for event in events if isinstance(event, RunEnded)}
    assert ends[0].reason == "failed"
    assert "diverged" in ends[0].explanation
    assert ends[1] == RunEnded(1, 12, "finished")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"hidden_dim": "0"}, "hidden_dim is 0: it must be a whole number from 1"),
        ({"speed": "9"}, "a recipe has no key 'speed'"),
        ({"teaches": "nothing"}, "teaches is no setting of the laboratory"),
    ],
)
def test_wrong_settings_are_refused_before_anything_starts(
    lab: LabBackend, request_of: TrainRequest, changes: dict[str, str], problem: str
) -> None:
    wrong = replace(request_of, settings={**request_of.settings, **changes})
    with pytest.raises(InputError, match=problem):
        lab.check(wrong)
    with pytest.raises(InputError, match=problem):
        list(lab.train((wrong,)))
    assert until_ended(lab, request_of)[-1] == RunEnded(0, 12, "finished")


def test_missing_text_is_one_clear_line(lab: LabBackend, request_of: TrainRequest) -> None:
    with pytest.raises(InputError, match=r"no corpus file nowhere\.txt"):
        list(lab.train((replace(request_of, corpora=("nowhere.txt",)),)))


def test_where_a_recipes_text_is_not_here_it_learns_from_the_built_in(monkeypatch: pytest.MonkeyPatch, request_of: TrainRequest) -> None:
    monkeypatch.setattr(corpus, "lab_dialogues", lambda: DIALOGUES)
    monkeypatch.setattr(corpus, "held_out_dialogues", lambda: DIALOGUES[::3])
    # Whatever packages are installed.
    monkeypatch.setattr(own_text, "absent_corpora", lambda names: [name for name in names if name not in ("chitchat", "everyday")])
    settings = {**request_of.settings, "vocab_size": "300"}
    said, prepared, *_, ended = until_ended(LocalLab(), TrainRequest("smalltalk", settings))
    assert said == Refused(
        0,
        "the recipe's own text, self_dialogue, topical_chat, is not here: it learns from the built-in small talk instead; "
        "name files of real conversations in the field text",
    )
    assert isinstance(prepared, RunPrepared)
    assert ended == RunEnded(0, 12, "finished")
    assert not any(isinstance(event, Refused) for event in until_ended(LocalLab(), request_of))


def test_a_child_that_dies_says_so_and_the_next_run_has_another(request_of: TrainRequest) -> None:
    lab = ChildLab()
    try:
        runs = lab.train((request_of,))
        lab.set_paused(True)
        next(runs)
        assert lab.process_id is not None
        os.kill(lab.process_id, signal.SIGKILL)
        with pytest.raises(InputError, match="start the run again"):
            list(runs)
        assert until_ended(lab, request_of)[-1] == RunEnded(0, 12, "finished")
    finally:
        lab.close()


def test_recipes_are_listed_each_after_its_control() -> None:
    cards = ChildLab().recipes()
    names = [card.name for card in cards]
    assert len(set(names)) == len(names)
    assert names[0] == "healthy"
    for card in cards:
        if card.control in names:
            assert names.index(card.control) < names.index(card.name)
        ChildLab().check(TrainRequest(card.name, {key: value for key, value in card.settings.items() if value}))
        for fix in card.fixes:
            ChildLab().check(TrainRequest(card.name, fix.settings))
