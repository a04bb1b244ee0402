"""The torch side behind its port, in this process and in a child."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatbot_tui.backend import LocalBackend
from chatbot_tui.bridge import ChildBackend
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import PromptScored, ReplyFinished, StepFrame
from chatbot_tui.core.paths import checkpoints_folder
from chatbot_tui.core.ports import ChatBackend, Pace, ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from tests.nets import bpe_tokenizer, save_tiny

REQUEST = ReplyRequest((Turn("you", "do you like the cat"),), SamplingSettings(top_k=20), seed=3, max_tokens=12, min_tokens=12)


@pytest.fixture
def folder() -> Path:
    card = {"sampling": {"temperature": 0.5}, "teaches": "nothing"}
    path = save_tiny(checkpoints_folder() / "tiny", bpe_tokenizer(), card=card)
    save_tiny(checkpoints_folder() / "other", bpe_tokenizer(), seed=1)
    return path


@pytest.fixture
def child(folder: Path) -> Iterator[ChildBackend]:
    assert folder.is_dir()
    backend = ChildBackend()
    yield backend
    backend.close()


def everything(backend: ChatBackend, request: ReplyRequest) -> list[object]:
    """All events of a reply but its speed."""
    return [replace(event, tokens_per_second=0.0) if isinstance(event, ReplyFinished) else event for event in backend.reply(request)]


def test_loading_tells_what_there_is_to_know(folder: Path) -> None:
    backend = LocalBackend()
    loaded = backend.load("tiny")
    assert (loaded.name, loaded.path) == ("tiny", str(folder))
    assert loaded.sampling == SamplingSettings(temperature=0.5)
    assert loaded.architecture["hidden_dim"] == 16
    assert loaded.most_frequent == "<eot>"
    assert len(loaded.fingerprint) == 64
    assert backend.load(str(folder)) == loaded


def test_a_failed_load_leaves_the_old_net_speaking(folder: Path) -> None:
    backend = LocalBackend()
    backend.load("tiny")
    before = everything(backend, REQUEST)
    (folder.parent / "other" / "model.safetensors").write_bytes(b"not weights")
    for name in ("missing", "other"):
        with pytest.raises(InputError):
            backend.load(name)
    assert everything(backend, REQUEST) == before


def test_nothing_speaks_before_a_net_is_loaded() -> None:
    with pytest.raises(InputError, match="library"):
        LocalBackend().reply(REQUEST)


def test_the_child_gives_what_this_process_gives(child: ChildBackend) -> None:
    local = LocalBackend()
    assert child.load("tiny") == local.load("tiny")
    child.set_pace(Pace(None))
    local.set_pace(Pace(None))
    events = everything(child, REQUEST)
    assert isinstance(events[0], PromptScored)
    assert events == everything(local, REQUEST)
    frames = [event for event in events if isinstance(event, StepFrame)]
    spoken = Turn(
        "bot",
        "".join(frame.text for frame in frames),
        checkpoint=local.load("tiny").fingerprint,
        tokens=tuple(frame.token for frame in frames),
        strategies=((0, REQUEST.sampling),),
        seed=3,
        min_tokens=12,
    )
    assert list(child.recall((*REQUEST.turns, spoken))) == frames


def test_errors_of_the_child_arrive_in_words(child: ChildBackend) -> None:
    with pytest.raises(InputError, match="no checkpoint 'tinny'"):
        child.load("tinny")
    with pytest.raises(InputError, match="library"):
        list(child.reply(REQUEST))
    child.load("tiny")
    with pytest.raises(InputError, match="another checkpoint"):
        list(child.recall((Turn("bot", "hi", checkpoint="else", tokens=(1,)),)))
    assert everything(child, REQUEST)


def test_pause_step_strategy_and_cancel_reach_a_reply_under_way(child: ChildBackend) -> None:
    child.load("tiny")
    child.set_pace(Pace(None, paused=True))
    events = child.reply(REQUEST)
    child.advance()
    assert isinstance(next(events), PromptScored)
    first = next(events)
    assert isinstance(first, StepFrame)
    assert first.sampling == REQUEST.sampling
    child.set_sampling(SamplingSettings(greedy=True))
    child.advance()
    second = next(events)
    assert isinstance(second, StepFrame)
    assert (second.step, second.sampling) == (1, SamplingSettings(greedy=True))
    child.cancel()
    (last,) = list(events)
    assert isinstance(last, ReplyFinished)
    assert last.finish_reason == "cancelled"
    child.set_pace(Pace(None))
    assert len(everything(child, REQUEST)) == 14


def test_a_cancel_right_after_the_request_is_not_lost(child: ChildBackend) -> None:
    child.load("tiny")
    child.set_pace(Pace(None, paused=True))
    for _ in range(20):
        events = child.reply(REQUEST)
        child.cancel()
        assert isinstance(list(events)[-1], ReplyFinished)


def test_leaving_a_reply_early_frees_the_net_for_the_next(child: ChildBackend) -> None:
    child.load("tiny")
    child.set_pace(Pace(None, paused=True))
    events = child.reply(REQUEST)
    next(events)
    events.close()  # type: ignore[attr-defined]  # a generator, though the port promises an iterator only
    child.set_pace(Pace(None))
    assert len(everything(child, REQUEST)) == 14


def test_a_killed_child_is_an_error_once_and_back_on_the_next_call(child: ChildBackend) -> None:
    child.load("tiny")
    child.set_pace(Pace(None, paused=True))
    events = child.reply(REQUEST)
    next(events)
    assert child.process_id is not None
    os.kill(child.process_id, signal.SIGKILL)
    with pytest.raises(InputError, match="ended"):
        list(events)
    child.set_pace(Pace(None))
    assert len(everything(child, REQUEST)) == 14


def test_the_child_ends_with_its_parent(child: ChildBackend) -> None:
    child.load("tiny")
    process_id = child.process_id
    assert process_id is not None
    child.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


def test_no_process_starts_before_it_is_needed() -> None:
    backend = ChildBackend()
    backend.set_pace(Pace(None, paused=True))
    backend.cancel()
    assert backend.process_id is None
    backend.close()


def test_what_was_set_before_the_start_holds_after_it(folder: Path) -> None:
    backend = ChildBackend()
    backend.set_pace(Pace(None, paused=True))
    assert backend.load(str(folder)).name == "tiny"
    events = backend.reply(REQUEST)
    assert isinstance(next(events), PromptScored)
    backend.cancel()
    # The pause set before the start held: not one token came.
    (last,) = list(events)
    assert isinstance(last, ReplyFinished)
    assert last.tokens == 0
    backend.close()


def test_a_kept_step_speaks_by_its_name(folder: Path) -> None:
    (folder / "steps").mkdir()
    other = folder.parent / "other" / "model.safetensors"
    (folder / "steps" / "000060.safetensors").write_bytes(other.read_bytes())
    backend = LocalBackend()
    finished, earlier = backend.load("tiny"), backend.load("tiny@60")
    assert (finished.steps, finished.step) == ((60,), None)
    assert (earlier.name, earlier.steps, earlier.step, earlier.card) == ("tiny", (60,), 60, finished.card)
    spoken = everything(backend, REQUEST)
    backend.load("other")
    assert everything(backend, REQUEST) == spoken
    with pytest.raises(InputError, match=r"checkpoint 'tiny' has no step '61': use one of 60"):
        backend.load("tiny@61")
