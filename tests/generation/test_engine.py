"""The engine's frames against the net's own forward pass, and against themselves."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import PromptScored, ReplyEvent, ReplyFinished, StepFrame
from chatbot_tui.core.judgement import INPUT_BLIND, NEARLY_BLIND
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.counterfactuals import COUNTERFACTUALS, others_from
from chatbot_tui.generation.drawing import HEAD_TOKENS
from chatbot_tui.generation.engine import Engine
from chatbot_tui.generation.sampler import Step, distribution, draw
from chatbot_tui.generation.vectors import largest, softmax
from tests.generation.speaking import YOU, frames_of, run
from tests.nets import bpe_tokenizer, tiny_checkpoint, word_tokenizer

PLAIN = SamplingSettings()


def engine(**options: object) -> Engine:
    return Engine(tiny_checkpoint(bpe_tokenizer(), **options))  # type: ignore[arg-type]  # shapes and seeds, as the helper takes them


def finished(events: list[ReplyEvent]) -> ReplyFinished:
    last = events[-1]
    assert isinstance(last, ReplyFinished)
    return last


def said(engine: Engine, request: ReplyRequest, reply: list[StepFrame]) -> Turn:
    changes = [
        (f.step, f.sampling) for f, before in zip(reply, [None, *reply], strict=False) if before is None or f.sampling != before.sampling
    ]
    return Turn(
        "bot",
        "".join(frame.text for frame in reply),
        checkpoint=engine.checkpoint.fingerprint,
        tokens=tuple(frame.token for frame in reply),
        strategies=tuple((step, settings) for step, settings in changes if settings is not None),
        seed=request.seed,
        reply=request.reply,
        min_tokens=request.min_tokens,
    )


def softmax_after(engine: Engine, tokens: list[int]) -> np.ndarray:
    """The net's distribution after a stream of tokens, by its forward pass over the whole of it, in float64."""
    with torch.no_grad():
        logits, _ = engine.checkpoint.model(torch.tensor(tokens)[:, None])
    p: np.ndarray = logits[-1, 0].double().softmax(0).numpy()
    return p


def test_every_frame_is_the_softmax_over_the_whole_vocabulary() -> None:
    net = engine()
    reply = frames_of(run(net, ReplyRequest((YOU,), PLAIN, seed=3, top=None, max_tokens=12)))
    end = net.tokenizer.end_id
    assert end is not None
    stream = [end, *net.tokenizer.encode(YOU.text), end]
    for frame in reply:
        p = softmax_after(net, stream)
        listed = {candidate.token: candidate for candidate in frame.top}
        assert len(listed) == net.tokenizer.size
        got = np.array([listed[token].p_model for token in range(len(p))])
        assert np.abs(got - p).max() < 1e-5
        assert frame.entropy == pytest.approx(-(p * np.log(p)).sum(), abs=1e-4)
        assert frame.p_model == listed[frame.token].p_model
        assert frame.rank == sum(q > listed[frame.token].p_model for q in got)
        counts = engine().checkpoint.counts
        assert counts is not None
        u = (counts.double() + 1) / (counts.double() + 1).sum()
        assert frame.collapse.kl_unigram == pytest.approx((p * (np.log(p) - u.log().numpy())).sum(), abs=1e-4)
        stream.append(frame.token)


def test_top_and_tail_sum_to_one() -> None:
    for frame in frames_of(run(engine(), ReplyRequest((YOU,), SamplingSettings(top_k=7, temperature=0.8), top=5))):
        assert sum(c.p_model for c in frame.top) + frame.tail_p_model == pytest.approx(1, abs=1e-12)
        assert sum(c.p_sampled for c in frame.top) + frame.tail_p_sampled == pytest.approx(1, abs=1e-12)
        assert [c.p_model for c in frame.top[:5]] == sorted((c.p_model for c in frame.top[:5]), reverse=True)
        assert frame.token in [c.token for c in frame.top]
        assert all(c.p_sampled == 0 for c in frame.top if c.cut_by)
        assert frame.kept == 7
        assert frame.cuts["top_k"] == frame.vocabulary_size - 7


def test_the_draw_is_found_on_the_ruler() -> None:
    for frame in frames_of(run(engine(), ReplyRequest((YOU,), SamplingSettings(top_k=6), top=20))):
        assert frame.u is not None
        walk = sorted((c for c in frame.top if c.p_sampled > 0), key=lambda c: (-c.p_sampled, c.token))
        before = 0.0
        for candidate in walk:
            if frame.u < before + candidate.p_sampled:
                break
            before += candidate.p_sampled
        assert candidate.token == frame.token
        assert frame.drawn_from == pytest.approx(before, abs=1e-12)
        assert [c.token for c in frame.ruler] == [c.token for c in walk]


def test_the_same_request_gives_the_same_frames_whatever_came_before() -> None:
    request = ReplyRequest((YOU,), SamplingSettings(temperature=0.9, mirostat_tau=4.0), seed=11)
    fresh = frames_of(run(engine(), request))
    used = engine()
    run(used, ReplyRequest((Turn("you", "the dog"), Turn("bot", "a mat"), Turn("you", "fine")), PLAIN, seed=5))
    run(used, ReplyRequest((YOU, Turn("bot", "the end"), Turn("you", "and you")), PLAIN, seed=5))
    assert frames_of(run(used, request)) == fresh
    assert frames_of(run(used, replace(request, seed=12))) != fresh
    assert [f.u for f in frames_of(run(used, replace(request, reply=1)))] != [f.u for f in fresh]


def test_a_strategy_changed_in_mid_reply_governs_the_very_next_token() -> None:
    net = engine()
    request = ReplyRequest((YOU,), PLAIN, seed=4, max_tokens=8, min_tokens=8)
    control = ReplyControl()
    control.begin(request.sampling)
    reply: list[StepFrame] = []
    for event in net.reply(request, control):
        if isinstance(event, StepFrame):
            reply.append(event)
            if event.step == 3:
                control.set_sampling(SamplingSettings(greedy=True))
    assert [frame.u is None for frame in reply] == [False] * 4 + [True] * 4
    assert all(frame.rank == 0 or frame.top[0].cut_by == "ban" for frame in reply[4:])


def test_a_reply_is_recalled_bit_for_bit_with_its_changes_of_strategy() -> None:
    net = engine()
    request = ReplyRequest((YOU,), SamplingSettings(mirostat_tau=3.0), seed=9, reply=2, max_tokens=10, min_tokens=4, pinned=("the",))
    control = ReplyControl()
    control.begin(request.sampling)
    reply: list[StepFrame] = []
    for event in net.reply(request, control):
        if isinstance(event, StepFrame):
            reply.append(event)
            if event.step == 5:
                control.set_sampling(SamplingSettings(top_p=0.8, repetition_penalty=1.3))
    turns = (YOU, said(net, request, reply))
    again = Engine(net.checkpoint)
    assert list(again.recall(turns, pinned=("the",))) == reply


def test_another_checkpoints_reply_is_not_recalled() -> None:
    net = engine()
    with pytest.raises(InputError, match="another checkpoint"):
        list(net.recall((YOU, Turn("bot", "the", checkpoint="other", tokens=(5,)))))
    with pytest.raises(InputError, match="damaged"):
        list(net.recall((YOU, Turn("bot", "the", checkpoint=net.checkpoint.fingerprint, tokens=(10**6,)))))


@pytest.mark.parametrize("token", [10**6, 10**30, -1])
def test_a_damaged_record_earlier_in_the_conversation_is_read_by_its_text(token: int) -> None:
    net = engine()
    damaged = Turn("bot", "the dog", checkpoint=net.checkpoint.fingerprint, tokens=(5, token))
    greedy = SamplingSettings(greedy=True)
    replies = [frames_of(run(net, ReplyRequest((YOU, turn, YOU), greedy, max_tokens=4))) for turn in (damaged, Turn("bot", "the dog"))]
    assert replies[0] == replies[1] != []


def test_the_texts_joined_are_the_reply_and_an_end_token_adds_nothing() -> None:
    for seed in range(30):
        events = run(engine(), ReplyRequest((YOU,), PLAIN, seed=seed, max_tokens=40))
        reply, last = frames_of(events), finished(events)
        assert "".join(frame.text for frame in reply) == last.reply
        assert last.tokens == len(reply)
        assert (last.finish_reason == "end") == reply[-1].is_end
        assert all(not frame.is_end for frame in reply[:-1])
        if last.finish_reason == "end":
            assert reply[-1].text == ""
        else:
            assert len(reply) == 40


def test_min_tokens_bans_the_end_and_says_so() -> None:
    net = engine()
    reply = frames_of(run(net, ReplyRequest((YOU,), PLAIN, min_tokens=15, max_tokens=15, top=None)))
    assert len(reply) == 15
    for frame in reply:
        (end,) = [candidate for candidate in frame.top if candidate.token == net.tokenizer.end_id]
        assert (end.p_sampled, end.cut_by) == (0.0, "ban")
        assert end.p_model > 0


def test_banned_tokens_of_the_card_are_never_said() -> None:
    net = Engine(tiny_checkpoint(word_tokenizer(), card={"banned_tokens": ["<eot>", "<unk>"]}))
    reply = frames_of(run(net, ReplyRequest((YOU,), SamplingSettings(temperature=50.0), max_tokens=60)))
    assert len(reply) == 60
    assert not {frame.token for frame in reply} & {net.tokenizer.end_id, net.tokenizer.unknown_id}


def test_a_persons_words_are_scored_by_the_net() -> None:
    net = engine()
    earlier = (Turn("you", "the end"), Turn("bot", "of the day"))
    first = run(net, ReplyRequest((*earlier, YOU), PLAIN, max_tokens=1))[0]
    assert isinstance(first, PromptScored)
    end = net.tokenizer.end_id
    assert end is not None
    stream = [end]
    for turn in earlier:
        stream += [*net.tokenizer.encode(turn.text), end]
    assert "".join(score.text for score in first.tokens) == YOU.text
    for score in first.tokens:
        assert score.surprisal == pytest.approx(-math.log(softmax_after(net, stream)[score.token]), abs=1e-4)
        stream.append(score.token)


def test_words_that_the_vocabulary_lacks_are_reported() -> None:
    net = Engine(tiny_checkpoint(word_tokenizer()))
    first = run(net, ReplyRequest((Turn("you", "the Zebra sat!"),), PLAIN, max_tokens=1))[0]
    assert isinstance(first, PromptScored)
    assert first.dropped == ("Zebra",)
    assert [score.text for score in first.tokens] == ["the", "Zebra", "sat"]


def test_a_message_without_a_single_word_of_the_vocabulary_is_refused() -> None:
    with pytest.raises(InputError, match="vocabulary"):
        run(Engine(tiny_checkpoint(word_tokenizer())), ReplyRequest((Turn("you", "?!"),), PLAIN))


def test_a_long_message_is_read_as_the_forward_pass_reads_it_and_the_same_each_time() -> None:
    net = engine()
    long = Turn("you", "the cat sat on the mat and " * 150)
    request = ReplyRequest((YOU, Turn("bot", "fine"), long), PLAIN, seed=1, top=None, max_tokens=3, min_tokens=3)
    events = run(net, request)
    first = events[0]
    assert isinstance(first, PromptScored)
    assert len(first.tokens) > 3 * 512
    end = net.tokenizer.end_id
    assert end is not None
    stream = [end]
    for turn in (YOU, Turn("bot", "fine")):
        stream += [*net.tokenizer.encode(turn.text), end]
    start = len(stream)
    stream += [*net.tokenizer.encode(long.text), end]
    with torch.no_grad():
        logits, _ = net.checkpoint.model(torch.tensor(stream)[:, None])
    log_p = logits[:, 0].double().log_softmax(1)
    expected = [-float(log_p[position - 1, stream[position]]) for position in range(start, len(stream) - 1)]
    assert [score.surprisal for score in first.tokens] == pytest.approx(expected, abs=1e-4)
    assert frames_of(events)[0].p_model == pytest.approx(float(log_p[-1].exp()[frames_of(events)[0].token]), abs=1e-5)
    assert run(engine(), request)[:-1] == events[:-1]
    follow = replace(request, turns=(*request.turns, Turn("bot", "a dog"), YOU))
    assert run(net, follow)[:-1] == run(engine(), follow)[:-1]


def test_cancelled_before_and_between_tokens() -> None:
    net, control = engine(), ReplyControl()
    control.begin(PLAIN)
    stream: Iterator[ReplyEvent] = net.reply(ReplyRequest((YOU,), PLAIN, min_tokens=50, max_tokens=50), control)
    events = [next(stream) for _ in range(4)]
    control.cancel()
    events += list(stream)
    assert finished(events).finish_reason == "cancelled"
    assert len(frames_of(events)) == 3
    long = ReplyRequest((Turn("you", "the cat " * 500),), PLAIN)
    assert finished(list(net.reply(long, control))).finish_reason == "cancelled"


def test_counterfactuals_share_the_random_number() -> None:
    net = engine()
    plain = frames_of(run(net, ReplyRequest((YOU,), PLAIN, seed=2)))
    for frame in plain:
        others = {c.strategy: c.token for c in frame.counterfactuals}
        assert others["T 1"] == frame.token
        assert others["greedy"] == frame.top[0].token


@pytest.mark.parametrize("size", [5, 300, 3000])
@pytest.mark.parametrize("scale", [0.0, 0.5, 4.0, 30.0])
def test_counterfactuals_are_what_the_samplers_would_draw(size: int, scale: float) -> None:
    random = np.random.default_rng(size)
    logits = random.standard_normal(size) * scale
    banned = random.choice(size, 2, replace=False)
    head = largest(logits, HEAD_TOKENS)
    for u in (0.0, 0.03, 0.4, 0.8, 0.97, 0.9995):
        expected = {name: draw(distribution(logits, settings, Step(banned=banned)), u).token for name, settings in COUNTERFACTUALS.items()}
        assert others_from(logits - logits.max(), softmax(logits), head, banned, u) == expected


def test_pinned_words_are_followed_by_their_first_token_after_a_space() -> None:
    net = engine()
    (frame, *_) = frames_of(run(net, ReplyRequest((YOU,), PLAIN, top=None, pinned=("the", "cat"))))
    by_token = {candidate.token: candidate for candidate in frame.top}
    assert [candidate.text for candidate in frame.pinned] == [" the", " cat"]
    for candidate in frame.pinned:
        assert replace(candidate, rank=None) == by_token[candidate.token]
        assert candidate.rank == [other.token for other in frame.top].index(candidate.token)


def test_words_that_the_vocabulary_lacks_are_not_watched() -> None:
    net = Engine(tiny_checkpoint(word_tokenizer()))
    (frame, *_) = frames_of(run(net, ReplyRequest((YOU,), PLAIN, pinned=("zebra", "?!", "the"))))
    assert [candidate.text for candidate in frame.pinned] == [" the"]


def test_state_figures_are_those_of_the_state() -> None:
    net = engine()
    reply = frames_of(run(net, ReplyRequest((YOU,), PLAIN, max_tokens=6, min_tokens=6)))
    end = net.tokenizer.end_id
    assert end is not None
    stream = [end, *net.tokenizer.encode(YOU.text), end]
    with torch.no_grad():
        _, (h_before, _) = net.checkpoint.model(torch.tensor(stream[:-1])[:, None])
        for frame in reply:
            _, (h, c) = net.checkpoint.model(torch.tensor(stream)[:, None])
            for layer in frame.state:
                index = layer.layer
                assert layer.h_norm == pytest.approx(float(h[index].norm()), rel=1e-4)
                assert layer.c_norm == pytest.approx(float(c[index].norm()), rel=1e-4)
                change = float((h[index] - h_before[index]).norm() / h[index].norm())
                assert layer.h_change == pytest.approx(change, abs=1e-4)
            h_before = h
            stream.append(frame.token)


def test_nothing_of_a_long_conversation_is_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    net = engine()
    turns: tuple[Turn, ...] = ()
    for number in range(20):
        turns += (Turn("you", f"the cat sat {number}"), Turn("bot", "on the mat"))
    run(net, ReplyRequest((*turns, YOU), PLAIN, max_tokens=1))
    steps = 0
    original = type(net._stepper).step

    def counted(self: object, token: int, state: object) -> object:
        nonlocal steps
        steps += 1
        return original(self, token, state)  # type: ignore[arg-type]  # only passed through

    monkeypatch.setattr(type(net._stepper), "step", counted)
    new = Turn("you", "and you")
    run(net, ReplyRequest((*turns, YOU, Turn("bot", "the day"), new), PLAIN, max_tokens=1))
    fresh_tokens = sum(len(net.tokenizer.encode(text)) + 1 for text in (YOU.text, "the day", new.text))
    assert steps <= fresh_tokens + 3


@pytest.mark.parametrize(
    ("sensitivity", "verdict"),
    [(INPUT_BLIND, "collapsed"), (2 * INPUT_BLIND, "collapsed"), (2 * NEARLY_BLIND, "healthy")],
)
def test_a_net_that_hears_little_and_says_one_word_to_everything_has_collapsed(sensitivity: float, verdict: str) -> None:
    speaker = engine()
    speaker.checkpoint.model.fc.bias[7] = 100.0
    # As if it had been measured: how near to blind such a net is depends on more than this test is about.
    speaker.__dict__["prompt_sensitivity"] = sensitivity
    assert frames_of(run(speaker, ReplyRequest((YOU,), PLAIN, max_tokens=2)))[0].collapse.verdict == verdict


def test_a_net_that_hears_little_and_has_more_than_one_word_has_not_collapsed() -> None:
    speaker = engine()
    speaker.__dict__["prompt_sensitivity"] = 2 * INPUT_BLIND
    assert frames_of(run(speaker, ReplyRequest((YOU,), PLAIN, max_tokens=2)))[0].collapse.verdict == "healthy"
