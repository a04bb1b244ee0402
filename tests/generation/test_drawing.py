"""Reading ahead must change nothing but the time it takes, and the foreseen token must be the drawn one."""

from collections.abc import Callable

import numpy as np
import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import StepFrame
from chatbot_tui.core.ports import Pace, ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation import drawing
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.drawing import AHEAD_TOKENS, HEAD_TOKENS
from chatbot_tui.generation.engine import Engine
from chatbot_tui.generation.foresight import foresee
from chatbot_tui.generation.sampler import Step, sample
from chatbot_tui.generation.vectors import largest
from chatbot_tui.model.step import Stepper, StepState, StepTrace
from tests.nets import bpe_tokenizer, tiny_checkpoint

YOU = Turn("you", "do you like the cat")
FLAT_OUT = Pace(None)
TOKEN_BY_TOKEN = Pace(1e9)
"""So fast that nothing waits, yet a pace: the net reads nothing ahead."""
STRATEGIES = {
    "greedy": SamplingSettings(greedy=True),
    "temperature": SamplingSettings(temperature=0.8),
    "top-k": SamplingSettings(temperature=0.8, top_k=7),
    "top-p": SamplingSettings(temperature=0.7, top_p=0.9),
    "min-p": SamplingSettings(min_p=0.05, top_k=30),
    "other order": SamplingSettings(order="llama.cpp", top_p=0.8, temperature=1.3),
    "penalties": SamplingSettings(repetition_penalty=1.3, typical_p=0.9),
    "mirostat": SamplingSettings(mirostat_tau=3.0),
}


@pytest.fixture
def net() -> Engine:
    return Engine(tiny_checkpoint(bpe_tokenizer()))


def reply(net: Engine, pace: Pace, *settings: SamplingSettings, tokens: int = 20, change_after: int = 2) -> list[StepFrame]:
    """The frames of a reply that changes to the next of `settings` each time so many tokens have been seen."""
    control = ReplyControl()
    control.set_pace(pace)
    control.begin(settings[0])
    frames: list[StepFrame] = []
    for event in net.reply(ReplyRequest((YOU,), settings[0], seed=5, max_tokens=tokens, min_tokens=tokens // 2, pinned=("the",)), control):
        if isinstance(event, StepFrame):
            frames.append(event)
            control.set_sampling(settings[min(len(frames) // change_after, len(settings) - 1)])
    return frames


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tokens that the net has read one by one."""
    read: list[int] = []
    step: Callable[[Stepper, int, StepState], StepTrace] = Stepper.step

    def counted(stepper: Stepper, token: int, state: StepState) -> StepTrace:
        read.append(token)
        return step(stepper, token, state)

    monkeypatch.setattr(Stepper, "step", counted)
    return read


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES.keys())
def test_frames_are_the_same_bit_for_bit_however_far_the_net_reads_ahead(net: Engine, strategy: SamplingSettings) -> None:
    assert reply(net, FLAT_OUT, strategy) == reply(net, TOKEN_BY_TOKEN, strategy)


def test_they_are_the_same_whatever_changes_on_the_way(net: Engine) -> None:
    assert reply(net, FLAT_OUT, *STRATEGIES.values()) == reply(net, TOKEN_BY_TOKEN, *STRATEGIES.values())


def test_room_comes_with_the_tokens(net: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = reply(net, FLAT_OUT, STRATEGIES["penalties"])
    monkeypatch.setattr(drawing, "ROOM", 3)
    assert reply(net, FLAT_OUT, STRATEGIES["penalties"]) == expected
    # No memory holds so many.
    control = ReplyControl()
    control.begin(STRATEGIES["penalties"])
    events = net.reply(ReplyRequest((YOU,), STRATEGIES["penalties"], seed=5, max_tokens=10**15, min_tokens=10, pinned=("the",)), control)
    next(events)
    assert [next(events) for _ in expected[:10]] == expected[:10]


@pytest.mark.parametrize("wrong", [0, 17])
def test_they_are_the_same_where_another_token_was_foreseen(net: Engine, wrong: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = reply(net, TOKEN_BY_TOKEN, STRATEGIES["top-k"])
    monkeypatch.setattr(drawing, "foresee", lambda *_: wrong)
    assert reply(net, FLAT_OUT, STRATEGIES["top-k"]) == expected


def test_the_net_reads_ahead_only_while_nobody_waits(net: Engine, steps: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def steps_before_the_first_frame(pace: Pace) -> int:
        control = ReplyControl()
        control.set_pace(pace)
        control.begin(STRATEGIES["top-k"])
        control.advance()
        events = net.reply(ReplyRequest((YOU,), STRATEGIES["top-k"], max_tokens=50, min_tokens=50), control)
        next(events)
        steps.clear()
        assert isinstance(next(events), StepFrame)
        return len(steps)

    assert steps_before_the_first_frame(TOKEN_BY_TOKEN) == 0
    assert steps_before_the_first_frame(Pace(None, paused=True)) == 0
    monkeypatch.setattr(drawing, "AHEAD_SECONDS", 1e9)
    assert steps_before_the_first_frame(FLAT_OUT) == AHEAD_TOKENS - 1
    monkeypatch.setattr(drawing, "AHEAD_SECONDS", 0.0)
    assert steps_before_the_first_frame(FLAT_OUT) == 0


def test_the_net_reads_nothing_beyond_the_end(net: Engine, steps: list[int]) -> None:
    frames = reply(net, FLAT_OUT, STRATEGIES["top-k"], tokens=3)
    assert steps[-2:] == [frame.token for frame in frames[:2]]


def test_what_cannot_be_drawn_is_said_in_its_turn(net: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    logits, calls = Stepper.logits, 0

    def damaged(stepper: Stepper, features: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += features.ndim == 1
        return logits(stepper, features) if calls <= 3 else np.full(net.tokenizer.size, np.nan)

    monkeypatch.setattr(Stepper, "logits", damaged)
    control = ReplyControl()
    control.begin(STRATEGIES["mirostat"])
    events = net.reply(ReplyRequest((YOU,), STRATEGIES["mirostat"], max_tokens=9, min_tokens=9), control)
    next(events)
    assert [getattr(next(events), "step", None) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(InputError, match="not finite"):
        next(events)


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES.keys())
@pytest.mark.parametrize("size", [5, 300, 3000])
def test_what_is_foreseen_is_drawn(strategy: SamplingSettings, size: int) -> None:
    random = np.random.default_rng(size)
    told = 0
    for step in range(40):
        banned = tuple(random.choice(size, step % 3, replace=False).tolist())
        logits = (random.standard_normal(size) * random.choice([0.3, 3.0, 20.0])).astype(np.float32)
        at = Step(banned=banned, step=step)
        token = foresee(logits, largest(logits, min(HEAD_TOKENS, size)), strategy, at)
        assert token in (None, sample(logits, strategy, at).token)
        told += token is not None
    # Of 3,000 tokens a flat distribution has most beyond the 256 likeliest; the order of llama.cpp, penalties and mirostat are left alone.
    expected = {"greedy": 40, "temperature": 20, "top-k": 40, "top-p": 20, "min-p": 40}
    name = next(name for name in STRATEGIES if STRATEGIES[name] == strategy)
    assert told >= expected.get(name, 0)
    assert name in expected or told == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nothing_is_foreseen_from_damaged_logits(value: float) -> None:
    logits = np.full(9, value, np.float32)
    assert foresee(logits, largest(logits, 9), SamplingSettings(), Step()) is None


def test_a_banned_token_however_likely_leaves_the_others_as_they_are() -> None:
    # Warnings are errors here, and e to the power of 3 / 1e-30 is no number. Of the 300 equal ones below it u = .3307 finds the hundredth.
    logits = np.zeros(301, np.float32)
    logits[0] = 3.0
    settings, at = SamplingSettings(temperature=1e-300), Step(banned=[0], step=2)
    assert foresee(logits, largest(logits, HEAD_TOKENS), settings, at) == 100
    assert sample(logits, settings, at).token == 100


def test_nothing_is_foreseen_where_every_token_is_banned() -> None:
    logits = np.zeros(3, np.float32)
    assert foresee(logits, largest(logits, 3), SamplingSettings(greedy=True), Step(banned=[0, 1, 2])) is None
