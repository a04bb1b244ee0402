import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from chatbot_tui.core.frames import ReplyFinished, StepFrame
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.engine import Engine
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.training.counts import count_stream
from chatbot_tui.training.loop import Trainer
from chatbot_tui.training.report import Reporter
from chatbot_tui.training.stream import encode_corpus, epoch_stream
from tests.training.tiny import DIALOGUES, recipe, same, trainer, weights, word_tokenizer

TEXT = epoch_stream([encode_corpus(DIALOGUES, word_tokenizer())], 0, 1)


def reporter(made: Trainer) -> Reporter:
    unigrams, bigrams = count_stream(made.batches.streams(), made.tokenizer.size)
    return Reporter(made, unigrams, bigrams, TEXT)


def made(**changes: Any) -> Trainer:
    return trainer(recipe(**{"steps": 2, "report_every": 1} | changes))


def test_the_yardsticks_are_those_of_a_dictionary() -> None:
    net = made()
    streams = [stream.tolist() for stream in net.batches.streams()]
    size, end = net.tokenizer.size, 0
    singles = Counter(token for stream in streams for token in stream)
    pairs = Counter(pair for stream in streams for pair in pairwise(stream))
    firsts = Counter(before for stream in streams for before in stream[:-1])
    # The end-of-turn that opens a dialogue is not scored, as it is not learnt.
    asked = [pair for pair in pairwise(TEXT.tolist()) if pair != (end, end)]
    by_frequency = -sum(math.log((singles[after] + 1) / (singles.total() + size)) for _, after in asked) / len(asked)
    by_pair = -sum(math.log((pairs[pair] + 1) / (firsts[pair[0]] + size)) for pair in asked) / len(asked)
    found = reporter(net)
    assert found.uniform_loss == pytest.approx(math.log(size), abs=1e-12)
    assert found.unigram_loss == pytest.approx(by_frequency, rel=1e-12)
    assert found.bigram_loss == pytest.approx(by_pair, rel=1e-12)
    assert found.bigram_loss < found.unigram_loss < found.uniform_loss


@pytest.mark.parametrize(
    ("loss", "phase"),
    # Yardsticks 4, 3 and 2. A phase is left after a tenth of the way: uniform at 3.9, unigram at 2.9; bigram with its loss.
    [
        (9.0, "uniform"),
        (3.91, "uniform"),
        (3.89, "unigram"),
        (3.0, "unigram"),
        (2.91, "unigram"),
        (2.89, "bigram"),
        (2.01, "bigram"),
        (2.0, "context"),
        (0.0, "context"),
    ],
)
def test_a_phase_is_left_after_a_tenth_of_the_way(loss: float, phase: str) -> None:
    found = reporter(made())
    found.uniform_loss, found.unigram_loss, found.bigram_loss = 4.0, 3.0, 2.0
    assert found.phase(loss) == phase


def test_pairs_that_tell_less_than_words_leave_no_bigram_phase() -> None:
    # Little text over many words: one added to each pair drowns the pairs.
    found = reporter(made())
    found.uniform_loss, found.unigram_loss, found.bigram_loss = 4.0, 3.0, 3.5
    assert [found.phase(loss) for loss in (3.95, 3.2, 2.9)] == ["uniform", "unigram", "context"]


def test_a_net_that_knows_nothing_is_uniform() -> None:
    net = made(init="zeros", learning_rate=0.0, optimizer="sgd")
    frame = next(reporter(net).frames(None))
    size = net.tokenizer.size
    assert frame.phase == "uniform"
    assert frame.loss == pytest.approx(math.log(size), rel=1e-6)
    assert frame.prompt_sensitivity == pytest.approx(0, abs=1e-9)
    assert [candidate.p_model for candidate in frame.probe_top] == pytest.approx([1 / size] * 10, rel=1e-6)


def test_the_sample_is_what_the_net_would_say_greedily() -> None:
    net = made(banned_tokens=("<unk>",), probe="do you like tea")
    frames = reporter(net).frames(None)
    next(frames)
    frame = next(frames)
    card = {"banned_tokens": ["<unk>"]}
    counts = torch.from_numpy(count_stream(net.batches.streams(), net.tokenizer.size)[0])
    engine = Engine(Checkpoint(net.model.eval().requires_grad_(False), net.tokenizer, card, counts))
    request = ReplyRequest((Turn("you", "do you like tea"),), SamplingSettings(greedy=True), max_tokens=16, min_tokens=1)
    control = ReplyControl()
    control.begin(request.sampling)
    events = list(engine.reply(request, control))
    assert all(event.u is None for event in events if isinstance(event, StepFrame))
    first = next(event for event in events if isinstance(event, StepFrame))
    last = events[-1]
    assert isinstance(last, ReplyFinished)
    assert frame.sample == last.reply != ""
    assert [candidate.token for candidate in frame.probe_top] == [candidate.token for candidate in first.top[:10]]
    assert [candidate.p_model for candidate in frame.probe_top] == pytest.approx([candidate.p_model for candidate in first.top[:10]])
    assert frame.state == first.state
    assert frame.kl_unigram == first.collapse.kl_unigram
    assert len(frame.state) == 2


def test_held_out_loss_rules_the_phase_where_there_is_one() -> None:
    # The net fits nothing, its held-out text is one pair of tokens said for ever: it cannot be better than uniform there.
    net = trainer(recipe(steps=1, report_every=1, init="zeros"), valid=np.array([0, 5] * 20, np.int32))
    frame = next(reporter(net).frames(None))
    assert frame.valid_loss is not None
    assert frame.phase == reporter(net).phase(frame.valid_loss)


def test_reports_leave_the_run_as_it_would_have_been(tmp_path: Path) -> None:
    watched, alone = made(steps=6, dropout=0.3), made(steps=6, dropout=0.3)
    torch.manual_seed(5)
    reports = list(reporter(watched).frames(tmp_path / "progress.pt"))
    torch.manual_seed(5)
    list(alone.run())
    assert [frame.step for frame in reports] == [1, 2, 3, 4, 5, 6]
    assert {frame.total_steps for frame in reports} == {6}
    assert same(weights(watched), weights(alone))
    assert watched.model.fc.weight.requires_grad
