from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.ui.feed import Feed
from chatbot_tui.ui.live_reply import LiveReply
from tests.ui.frames import make_frame, make_weighing


def reply_of(*tokens: str) -> Turn:
    """A reply whose tokens come as numbers of their own, as they do from another process."""
    request = ReplyRequest((Turn("you", "hi"),), SamplingSettings(), seed=3, reply=1)
    live = LiveReply(1, request, "fingerprint", Feed(lambda: None))
    live.absorb([make_frame(step, token=int(token)) for step, token in enumerate(tokens)])
    return live.as_turn("length")


def test_a_turn_holds_what_its_reply_needs_to_be_drawn_again() -> None:
    turn = reply_of("1000", "7000")
    assert (turn.tokens, turn.seed, turn.reply, turn.checkpoint, turn.finish_reason) == ((1000, 7000), 3, 1, "fingerprint", "length")
    assert turn.text == " the the"
    assert [step for step, _ in turn.strategies] == [0]


def test_a_turn_knows_which_candidate_it_is_and_how_long_it_might_have_become() -> None:
    request = ReplyRequest((Turn("you", "hi"),), SamplingSettings(candidates=4), max_tokens=25)
    live = LiveReply(1, request, "fingerprint", Feed(lambda: None))
    live.absorb([make_frame(0, weighing=make_weighing("the", chosen=2))])
    assert (live.as_turn("end").candidate, live.as_turn("end").max_tokens) == (2, 25)


def test_the_same_token_is_the_same_object_in_every_reply() -> None:
    first, second = reply_of("1000"), reply_of("1000", "1000")
    assert first.tokens[0] is second.tokens[0] is second.tokens[1]
