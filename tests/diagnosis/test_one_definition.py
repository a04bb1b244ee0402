"""Chat and doctor call the same nets collapsed: they read the same numbers."""

import numpy as np

from chatbot_tui.core import judgement
from chatbot_tui.diagnosis import thresholds
from chatbot_tui.diagnosis.measures.speech import Speech, speech_signals
from chatbot_tui.generation.collapse import CollapseWatch
from tests.diagnosis.nets import net, subject

P = np.full(4, 0.25)


def test_the_chat_reads_the_file_that_the_doctor_reads() -> None:
    assert judgement.FILE.samefile(thresholds.FILE)
    numbers = thresholds.thresholds()
    assert numbers["verdict.input_blind"].threshold == judgement.INPUT_BLIND
    assert numbers["verdict.nearly_blind"].threshold == judgement.NEARLY_BLIND
    assert numbers["verdict.one_word"].threshold == judgement.ONE_WORD
    assert numbers["verdict.same_reply"].threshold == judgement.SAME_REPLY


def verdict(sensitivity: float, *, one_word: bool) -> str:
    watch = CollapseWatch(sensitivity, one_word=one_word)
    return watch.update(0, " cat", 0.5, np.ones(5), P).verdict


def test_a_net_that_hears_a_little_has_collapsed_if_it_says_one_word_to_everything() -> None:
    between = (judgement.INPUT_BLIND * judgement.NEARLY_BLIND) ** 0.5
    assert [verdict(between, one_word=one_word) for one_word in (False, True)] == ["healthy", "collapsed"]
    assert [verdict(judgement.NEARLY_BLIND, one_word=one_word) for one_word in (False, True)] == ["healthy", "collapsed"]
    assert [verdict(2 * judgement.NEARLY_BLIND, one_word=one_word) for one_word in (False, True)] == ["healthy", "healthy"]
    assert [verdict(judgement.INPUT_BLIND, one_word=one_word) for one_word in (False, True)] == ["collapsed", "collapsed"]


def test_a_word_said_often_enough_is_a_loop_to_both() -> None:
    for times in range(1, 40):
        watch = CollapseWatch(2 * judgement.NEARLY_BLIND)
        last = [watch.update(0, " the", 0.5, np.ones(5), P).verdict for _ in range(times)][-1]
        said = Speech(greedy=((0,) * times,), sampled=((1,),), openings=(0,), doubt=(0.0,) * 9)
        assert (
            (speech_signals(said, subject(net()))["greedy_loops"].value == 1.0) == (last == "looping") == (times >= judgement.LOOP_TOKENS)
        )
