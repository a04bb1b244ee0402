import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import Candidate, Gates, LayerState, TrainFrame, Yardsticks
from chatbot_tui.core.reports import read_reports, report_to_json

FRAME = TrainFrame(
    step=60,
    total_steps=3000,
    loss=0.1 + 0.2,
    valid_loss=None,
    learning_rate=1e-3,
    gradient_norm=2.5,
    phase="unigram",
    kl_unigram=0.01,
    prompt_sensitivity=1 / 3,
    sample="the the 🙂",
    probe_top=(Candidate(17, " the", 9.12, 0.412, 1.0, None, rank=0), Candidate(3, " a", -0.5, 0.08, 0.0, "greedy")),
    state=(LayerState(0, 4.21, 9.8, 3e-4, Gates(0.4, 0.9, -0.1, 0.6), 0.41),),
    tokens_per_second=1234.5,
    seconds_left=0.0,
    yardsticks=Yardsticks(6.9, 5.2, 4.1),
    state_variance=(0.25,),
)


def write(folder: Path, values: Any) -> Path:
    (folder / "steps").mkdir(parents=True, exist_ok=True)
    text = values if isinstance(values, str) else json.dumps(values)
    (folder / "steps" / "reports.json").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_reports(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_reports_come_back_as_they_were_to_the_last_bit(tmp_path: Path) -> None:
    frames = (FRAME, replace(FRAME, step=3000, valid_loss=2.0))
    assert read_reports(write(tmp_path, [report_to_json(frame) for frame in frames])) == frames


def test_the_names_are_those_of_the_frames_and_figures_that_are_none_are_null() -> None:
    record = report_to_json(replace(FRAME, gradient_norm=math.inf, kl_unigram=math.nan))
    assert (record["gradient_norm"], record["kl_unigram"], record["valid_loss"]) == (None, None, None)
    assert record["loss"] == 0.1 + 0.2
    assert record["probe_top"][0] == {
        "token": 17,
        "text": " the",
        "logit": 9.12,
        "p_model": 0.412,
        "p_sampled": 1.0,
        "cut_by": None,
        "rank": 0,
    }
    assert record["state"][0]["gates"] == {"i": 0.4, "f": 0.9, "g": -0.1, "o": 0.6}


def test_keys_that_may_be_missing_and_those_of_a_later_version_do_no_harm(tmp_path: Path) -> None:
    record = report_to_json(FRAME) | {"mood": "fine"}
    del record["yardsticks"], record["state_variance"]
    assert read_reports(write(tmp_path, [record])) == (replace(FRAME, yardsticks=None, state_variance=()),)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"loss": "low"}, "'low' stands where"),
        ({"loss": None}, "'None' stands where"),
        ({"loss": True}, "'True' stands where"),
        ({"loss": 1e300}, "'1e[+]300' stands where"),
        ({"loss": 10**400}, "stands where"),
        ({"step": 1.5}, "'1.5' stands where"),
        ({"step": -1}, "'-1' stands where"),
        ({"step": 4000}, "step 4000 lies behind the end"),
        ({"phase": "puberty"}, "'puberty' stands where"),
        ({"phase": ["unigram"]}, "stands where"),
        ({"sample": "the " * 1000}, "stands where"),
        ({"sample": ["the"]}, "stands where"),
        ({"probe_top": {}}, "stands where"),
        ({"probe_top": [[]]}, "stands where"),
        ({"probe_top": [{}]}, "a report lacks token"),
        ({"probe_top": [report_to_json(FRAME)["probe_top"][0] | {"p_model": 7}]}, "a share at step 60 is not from 0 to 1"),
        ({"state_variance": [-1]}, "a share at step 60"),
        ({"state_variance": [0.1] * 5000}, "stands where"),
        ({"state": [{"layer": 0}]}, "a report lacks h_norm"),
        ({"yardsticks": 3}, "'3' stands where"),
    ],
)
def test_a_value_out_of_place_is_one_clear_line(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=rf"reports.json cannot be read: .*{reason}.*; restore it from where it came"):
        read_reports(write(tmp_path, [report_to_json(FRAME) | changes]))


@pytest.mark.parametrize("text", ["", "junk", "{}", "[]", "[3]", "[[[" * 40_000, '[{"loss": NaN}]', "null"])
def test_junk_is_one_clear_line(tmp_path: Path, text: str) -> None:
    assert "cannot be read" in refusal(write(tmp_path, text))


def test_steps_out_of_order_are_refused(tmp_path: Path) -> None:
    record = report_to_json(FRAME)
    assert "its steps are not in order" in refusal(write(tmp_path, [record, record]))


def test_no_reports_and_far_too_many_bytes_are_one_clear_line(tmp_path: Path) -> None:
    assert "cannot read" in refusal(tmp_path)
    write(tmp_path, "[" + " " * (9 << 20) + "]")
    assert "larger than" in refusal(tmp_path)
