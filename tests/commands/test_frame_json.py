import dataclasses
import json
import math

from chatbot_tui.commands.frame_json import finished_to_json, frame_to_json
from chatbot_tui.core.frames import ReplyCandidate, ReplyFinished, Weighing
from chatbot_tui.core.strict_json import dump
from tests.ui.frames import COLLAPSED, make_frame


def test_a_token_has_the_keys_that_other_programs_rely_on() -> None:
    record = frame_to_json(make_frame())
    assert list(record) == [
        "step",
        "token",
        "text",
        "p_model",
        "p_sampled",
        "rank",
        "entropy",
        "u",
        "top",
        "tail_p_model",
        "tail_p_sampled",
        "state",
        "collapse",
    ]
    assert list(record["top"][0]) == ["token", "text", "logit", "p_model", "p_sampled", "cut_by"]
    assert list(record["state"][0]) == ["layer", "h_norm", "c_norm", "h_change", "gates", "saturated"]
    assert list(record["state"][0]["gates"]) == ["i", "f", "g", "o"]
    assert list(record["collapse"]) == ["verdict", "onset_step", "repeats", "period", "kl_unigram", "prompt_sensitivity", "blame"]


def test_every_figure_keeps_its_bits() -> None:
    frame = make_frame(p_model=0.1 + 0.2, entropy=1 / 3, u=None, collapse=COLLAPSED)
    record = json.loads(dump(frame_to_json(frame)))
    assert record["p_model"] == 0.1 + 0.2
    assert record["entropy"] == 1 / 3
    assert record["u"] is None
    assert [entry["logit"] for entry in record["top"]] == [candidate.logit for candidate in frame.top]
    assert record["collapse"] == {key: value for key, value in dataclasses.asdict(COLLAPSED).items() if key != "unit"}
    assert record["state"] == [dataclasses.asdict(layer) for layer in frame.state]


def test_a_figure_that_is_no_number_is_null() -> None:
    assert json.loads(dump(frame_to_json(make_frame(entropy=math.nan))))["entropy"] is None


def test_the_last_record_sums_the_reply_up() -> None:
    assert finished_to_json(ReplyFinished("the the", "length", "collapsed", 1, 2, 99.5)) == {
        "reply": "the the",
        "finish_reason": "length",
        "verdict": "collapsed",
        "onset_step": 1,
        "tokens": 2,
        "tokens_per_second": 99.5,
    }


def test_the_last_record_tells_among_which_candidates_the_reply_was_chosen() -> None:
    weighing = Weighing((ReplyCandidate("no", 2, True, -4.0, -9.0, 5.0), ReplyCandidate("the", 1, False, -1.0, -1.0, 0.0)), 0, 1.0)
    record = finished_to_json(ReplyFinished("no", "end", "healthy", None, 2, 99.5), weighing)
    assert record["chosen"] == 0
    assert record["candidates"] == [
        {"text": "no", "tokens": 2, "finished": True, "log_p": -4.0, "log_p_alone": -9.0, "score": 5.0},
        {"text": "the", "tokens": 1, "finished": False, "log_p": -1.0, "log_p_alone": -1.0, "score": 0.0},
    ]
