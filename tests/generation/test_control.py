"""The handles on a reply: what they do before, between and during waits."""

import threading
from collections.abc import Callable

from chatbot_tui.core.ports import Pace
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.control import ReplyControl

GREEDY = SamplingSettings(greedy=True)
PATIENCE = 20.0


def waiting(control: ReplyControl, then: Callable[[], None]) -> SamplingSettings | None:
    """Ask for a token in a thread, do `then` meanwhile, and return what the thread was told."""
    answers: list[SamplingSettings | None] = []
    thread = threading.Thread(target=lambda: answers.append(control.next_token()))
    thread.start()
    then()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    return answers[0]


def test_the_newest_settings_draw_the_next_token() -> None:
    control = ReplyControl()
    control.begin(SamplingSettings())
    assert control.next_token() == SamplingSettings()
    control.set_sampling(GREEDY)
    assert control.next_token() == GREEDY


def test_beginning_forgets_an_old_cancellation() -> None:
    control = ReplyControl()
    control.cancel()
    assert control.next_token() is None
    control.begin(GREEDY)
    assert control.next_token() == GREEDY


def test_a_pause_holds_until_a_step_a_resume_or_a_cancel() -> None:
    control = ReplyControl()
    control.begin(GREEDY)
    control.set_pace(Pace(None, paused=True))
    assert waiting(control, control.advance) == GREEDY
    assert waiting(control, lambda: control.set_pace(Pace(None))) == GREEDY
    control.set_pace(Pace(None, paused=True))
    assert waiting(control, control.cancel) is None


def test_each_step_lets_one_token_through() -> None:
    control = ReplyControl()
    control.begin(GREEDY)
    control.set_pace(Pace(None, paused=True))
    control.advance()
    control.advance()
    assert [control.next_token(), control.next_token()] == [GREEDY, GREEDY]
    assert waiting(control, control.cancel) is None


def test_steps_taken_while_running_are_not_saved_up() -> None:
    control = ReplyControl()
    control.begin(GREEDY)
    control.advance()
    control.set_pace(Pace(None, paused=True))
    assert waiting(control, control.cancel) is None


def test_a_slow_pace_is_left_at_once_when_cancelled_or_made_faster() -> None:
    control = ReplyControl()
    control.begin(GREEDY)
    control.set_pace(Pace(0.0001))
    assert control.next_token() == GREEDY
    assert waiting(control, lambda: control.set_pace(Pace(None))) == GREEDY
    control.set_pace(Pace(0.0001))
    assert waiting(control, control.cancel) is None


def test_flat_out_means_that_nothing_but_the_machine_holds_tokens_up() -> None:
    control = ReplyControl()
    control.begin(GREEDY)
    assert control.flat_out
    control.set_pace(Pace(20.0))
    assert not control.flat_out
    control.set_pace(Pace(None, paused=True))
    assert not control.flat_out
    control.set_pace(Pace(None))
    control.cancel()
    assert not control.flat_out
