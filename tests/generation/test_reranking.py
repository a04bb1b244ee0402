"""Several candidates for a reply: each against its own draw, their scores against the net's forward pass over the whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from chatbot_tui.core.frames import ReplyEvent, ReplyFinished, StepFrame, Weighing
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation import likelihood
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.engine import Engine
from chatbot_tui.generation.likelihood import SCORE_ROWS, sequence_log_probabilities
from chatbot_tui.model.step import Array, Stepper
from chatbot_tui.model.tokenizer import Tokenizer
from tests.generation.speaking import YOU, frames_of, log_p, run
from tests.nets import bpe_tokenizer, tiny_checkpoint, word_tokenizer

SEVERAL = SamplingSettings(temperature=0.8, candidates=5)


def engine() -> Engine:
    return Engine(tiny_checkpoint(bpe_tokenizer()))


def weighing_of(events: list[ReplyEvent]) -> Weighing:
    found = [frame.weighing for frame in frames_of(events)]
    assert found
    assert all(weighing is found[0] for weighing in found)
    assert found[0] is not None
    return found[0]


def test_a_candidate_is_worth_its_probability_here_less_its_probability_after_nothing() -> None:
    net = engine()
    end = net.tokenizer.end_id
    assert end is not None
    for weight in (0.0, 0.4, 1.0):
        request = ReplyRequest((YOU,), SEVERAL.changed(pmi_weight=weight), seed=3, max_tokens=7)
        events = run(net, request)
        weighing = weighing_of(events)
        reply = [frame.token for frame in frames_of(events)]
        chosen = weighing.candidates[weighing.chosen]
        here = log_p(net, [end, *net.tokenizer.encode(YOU.text), end, *reply], len(reply))
        alone = log_p(net, [end, *reply], len(reply))
        assert (chosen.log_p, chosen.log_p_alone) == pytest.approx((here, alone), abs=1e-4)
        assert chosen.score == pytest.approx(here - weight * alone, abs=1e-4)
        assert chosen.score == max(candidate.score for candidate in weighing.candidates)


def test_what_is_said_is_the_candidate_that_was_chosen() -> None:
    net = engine()
    chosen = set()
    for seed in range(8):
        events = run(net, ReplyRequest((YOU,), SEVERAL, seed=seed, max_tokens=9))
        weighing, last = weighing_of(events), events[-1]
        assert isinstance(last, ReplyFinished)
        said = weighing.candidates[weighing.chosen]
        assert (said.text, said.tokens, said.finished) == (last.reply, last.tokens, last.finish_reason == "end")
        chosen.add(weighing.chosen)
    # Not always the first: with five candidates that would have a chance of 5 to the power of -7 even if scores were drawn by lot.
    assert chosen != {0}


def test_the_first_candidate_is_the_reply_without_the_others_and_no_two_share_their_numbers() -> None:
    net = engine()
    alone = frames_of(run(net, ReplyRequest((YOU,), SamplingSettings(temperature=0.8), seed=1, max_tokens=12)))
    weighing = weighing_of(run(net, ReplyRequest((YOU,), SEVERAL, seed=1, max_tokens=12)))
    assert weighing.candidates[0].text == "".join(frame.text for frame in alone)
    assert len({candidate.text for candidate in weighing.candidates}) == len(weighing.candidates)


def test_fewer_candidates_are_the_first_of_many() -> None:
    net = engine()
    few, many = (weighing_of(run(net, ReplyRequest((YOU,), SEVERAL.changed(candidates=n), seed=2, max_tokens=6))) for n in (2, 6))
    for one, other in zip(few.candidates, many.candidates[:2], strict=True):
        assert (one.text, one.tokens, one.finished) == (other.text, other.tokens, other.finished)
        # Scored side by side with others: the same but for rounding.
        assert (one.log_p, one.log_p_alone) == pytest.approx((other.log_p, other.log_p_alone), abs=1e-5)


@pytest.mark.parametrize("settings", [SamplingSettings(greedy=True, candidates=5), SamplingSettings(candidates=1)])
def test_one_candidate_and_greedy_are_not_weighed(settings: SamplingSettings) -> None:
    assert {frame.weighing for frame in frames_of(run(engine(), ReplyRequest((YOU,), settings, max_tokens=3)))} == {None}


def test_a_reply_is_recalled_with_its_candidates_bit_for_bit() -> None:
    net = engine()
    request = ReplyRequest((YOU,), SEVERAL, seed=4, max_tokens=8)
    frames = frames_of(run(net, request))
    weighing = weighing_of(list(frames))
    turn = Turn(
        "bot",
        "".join(frame.text for frame in frames),
        checkpoint=net.checkpoint.fingerprint,
        tokens=tuple(frame.token for frame in frames),
        strategies=((0, SEVERAL),),
        seed=4,
        max_tokens=8,
        candidate=weighing.chosen,
    )
    assert list(net.recall((YOU, turn))) == frames


def test_settings_changed_on_the_way_take_the_reply_elsewhere_from_that_very_token() -> None:
    net = engine()
    planned = frames_of(run(net, ReplyRequest((YOU,), SEVERAL, seed=6, max_tokens=10)))
    control = ReplyControl()
    control.begin(SEVERAL)
    frames: list[StepFrame] = []
    for event in net.reply(ReplyRequest((YOU,), SEVERAL, seed=6, max_tokens=10), control):
        if isinstance(event, StepFrame):
            frames.append(event)
            if event.step == 1:
                control.set_sampling(SamplingSettings(greedy=True))
    assert [frame.token for frame in frames[:2]] == [frame.token for frame in planned[:2]]
    assert all(frame.rank == 0 for frame in frames[2:])
    assert frames[-1].weighing == planned[0].weighing


class ChangedWhileDrawing(ReplyControl):
    """Settings that are changed as soon as the candidates are being drawn."""

    changed_to: SamplingSettings | None = None

    @property
    def cancelled(self) -> bool:
        """Asked before each token of a candidate."""
        if self.changed_to is not None:
            self.set_sampling(self.changed_to)
        return super().cancelled


@pytest.mark.parametrize("later", [SamplingSettings(greedy=True), SEVERAL.changed(temperature=0.3), SEVERAL.changed(candidates=2)])
def test_settings_changed_while_candidates_are_drawn_govern_the_second_token(later: SamplingSettings) -> None:
    net = engine()
    request = ReplyRequest((YOU,), SEVERAL, seed=6, max_tokens=10)
    planned = frames_of(run(net, request))
    control = ChangedWhileDrawing()
    control.begin(SEVERAL)
    events = net.reply(request, control)
    # The dialogue has been read by then.
    next(events)
    control.changed_to = later
    frames = frames_of(list(events))
    # The record of a reply tells its candidates by the settings of its first token.
    assert (frames[0], frames[0].sampling) == (planned[0], SEVERAL)
    assert {frame.sampling for frame in frames[1:]} == {later}
    assert weighing_of(list(frames)) == weighing_of(list(planned))


def test_a_reply_cancelled_while_candidates_are_drawn_says_nothing() -> None:
    net = engine()
    control = ReplyControl()
    control.begin(SEVERAL)
    events = net.reply(ReplyRequest((YOU,), SEVERAL), control)
    next(events)
    control.cancel()
    rest = list(events)
    assert len(rest) == 1
    assert isinstance(rest[0], ReplyFinished)
    assert (rest[0].finish_reason, rest[0].tokens) == ("cancelled", 0)


def test_a_net_without_an_end_token_scores_all_but_the_first_token(tmp_path: Path) -> None:
    word_tokenizer().save(tmp_path / "tokenizer.json")
    net = Engine(tiny_checkpoint(Tokenizer.load(tmp_path / "tokenizer.json", end_token=None)))
    assert net.tokenizer.end_id is None
    request = ReplyRequest((Turn("you", "do you like"),), SEVERAL, max_tokens=4)
    events = run(net, request)
    weighing = weighing_of(events)
    said = [frame.token for frame in frames_of(events)]
    chosen = weighing.candidates[weighing.chosen]
    context = net.tokenizer.encode("do you like")
    assert chosen.log_p == pytest.approx(log_p(net, [*context, *said], 3), abs=1e-4)
    assert chosen.log_p_alone == pytest.approx(log_p(net, said, 3), abs=1e-4)
    assert not chosen.finished


def test_a_record_that_belongs_to_none_of_the_candidates_is_shown_without_them() -> None:
    net = engine()
    frames = frames_of(run(net, ReplyRequest((YOU,), SEVERAL, seed=4, max_tokens=8)))
    tokens = tuple(frame.token for frame in frames)
    print_of, chosen = net.checkpoint.fingerprint, weighing_of(list(frames)).chosen
    turn = Turn("bot", "", print_of, tokens, ((0, SEVERAL),), seed=4, max_tokens=8, candidate=chosen)
    later = SamplingSettings(greedy=True)
    # Bytes that are no whole character look all alike.
    other = next(token for token in net.tokenizer.encode("dog like") if token not in tokens)
    shown = {
        "as it was": (turn, True),
        "changed on the way": (replace(turn, tokens=(*tokens[:2], other), strategies=((0, SEVERAL), (2, later))), True),
        "other words": (replace(turn, tokens=(other, *tokens[1:])), False),
        "no such candidate": (replace(turn, candidate=99), False),
        "another candidate": (replace(turn, candidate=(chosen + 1) % 5), False),
        "longer than it could be": (replace(turn, max_tokens=2), False),
        "nothing may be said": (replace(turn, max_tokens=0), False),
    }
    for name, (record, expected) in shown.items():
        recalled = list(net.recall((YOU, record)))
        assert tuple(frame.token for frame in recalled) == record.tokens
        assert {frame.weighing is not None for frame in recalled} == {expected}, name
    assert list(net.recall((YOU, replace(turn, tokens=())))) == []


def test_a_recall_is_cancelled_while_candidates_are_drawn_again() -> None:
    net = engine()
    turn = Turn("bot", "", checkpoint=net.checkpoint.fingerprint, tokens=(5, 6), strategies=((0, SEVERAL),))
    assert list(net.recall((YOU, turn), cancelled=lambda: True)) == []


@pytest.mark.parametrize("length", [1, 2, SCORE_ROWS, SCORE_ROWS + 1, SCORE_ROWS + 2, 2 * SCORE_ROWS + 5])
def test_a_long_reply_is_scored_in_pieces_as_it_is_in_one(length: int) -> None:
    net = engine()
    stepper = Stepper(net.checkpoint.model)
    tokens = [(7 * n + n * n) % net.tokenizer.size for n in range(length)]
    assert net.tokenizer.end_id is not None
    begin = stepper.step(net.tokenizer.end_id, stepper.zero_state())
    # Rounding adds up with the tokens: a millionth of each.
    expected = log_p(net, [net.tokenizer.end_id, *tokens], length)
    assert sequence_log_probabilities(stepper, begin, [tokens])[0] == pytest.approx(expected, rel=1e-5)
    alone = sequence_log_probabilities(stepper, stepper.zero_state(), [tokens])[0]
    assert alone == pytest.approx(log_p(net, tokens, length - 1), rel=1e-5)


def test_replies_of_unlike_length_are_scored_side_by_side_as_each_is_alone() -> None:
    net = engine()
    stepper = Stepper(net.checkpoint.model)
    # Together they take several pieces, in which the shorter ones have nothing more to score.
    replies = [[(3 * n + row) % net.tokenizer.size for n in range(length)] for row, length in enumerate((1, 300, 2, 97, 1, 40))]
    assert net.tokenizer.end_id is not None
    end = net.tokenizer.end_id
    begin = stepper.step(end, stepper.zero_state())
    here = [log_p(net, [end, *tokens], len(tokens)) for tokens in replies]
    assert sequence_log_probabilities(stepper, begin, replies).tolist() == pytest.approx(here, rel=1e-5)
    given_first = [log_p(net, tokens, len(tokens) - 1) for tokens in replies]
    assert sequence_log_probabilities(stepper, stepper.zero_state(), replies).tolist() == pytest.approx(given_first, rel=1e-5)


def test_a_large_vocabulary_is_scored_few_positions_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    net = engine()
    stepper = Stepper(net.checkpoint.model)
    tokens = [n % net.tokenizer.size for n in range(20)]
    expected = sequence_log_probabilities(stepper, stepper.zero_state(), [tokens])[0]
    logits, rows = Stepper.logits, []

    def counted(stepper: Stepper, features: Array) -> Array:
        rows.append(len(features))
        return logits(stepper, features)

    monkeypatch.setattr(Stepper, "logits", counted)
    monkeypatch.setattr(likelihood, "LOGITS", 3 * net.tokenizer.size + 1)
    assert sequence_log_probabilities(stepper, stepper.zero_state(), [tokens])[0] == pytest.approx(expected, rel=1e-6)
    # The first token is given.
    assert rows == [3, 3, 3, 3, 3, 3, 1]
