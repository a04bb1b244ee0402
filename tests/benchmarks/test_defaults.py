"""Sampling and re-ranking compared: what is said of the candidates, and what another model thinks of it."""

import json
from pathlib import Path

import pytest

from chatbot_tui.benchmarks.defaults import Drawn, draw, judged, main, rows
from chatbot_tui.benchmarks.peers.measuring import subject_of
from chatbot_tui.core.frames import ReplyCandidate, ReplyFinished
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.engine import Engine
from tests.generation.speaking import log_p
from tests.nets import bpe_tokenizer, save_tiny, tiny_checkpoint

OPENERS = ["do you like the cat", "the end"]


def test_what_would_be_said_is_what_is_said() -> None:
    engine = Engine(tiny_checkpoint(bpe_tokenizer()))
    for candidates, weight in ((1, 0.0), (3, 0.5), (5, 1.0)):
        drawn = draw(engine, OPENERS, SamplingSettings(temperature=0.7, candidates=6), seed=2)
        for place, one in enumerate(drawn):
            settings = SamplingSettings(temperature=0.7, candidates=candidates, pmi_weight=weight)
            control = ReplyControl()
            control.begin(settings)
            *_, last = engine.reply(ReplyRequest((Turn("you", one.opener),), settings, seed=2 + place), control)
            assert isinstance(last, ReplyFinished)
            assert one.said(candidates, weight).text == last.reply


def test_the_judge_thinks_of_a_reply_as_of_any_text() -> None:
    judge = Engine(tiny_checkpoint(bpe_tokenizer(), seed=5))
    tokens = judge.tokenizer.encode
    end = judge.tokenizer.end_id
    assert end is not None
    drawn = [Drawn("the cat", (ReplyCandidate("sat on", 3, True, -1.0, -2.0, 1.0), ReplyCandidate("", 1, True, -1.0, -2.0, 1.0)))]
    opinions = judged(subject_of(judge.checkpoint), drawn)
    opener, reply = [end, *tokens("the cat"), end], [*tokens("sat on"), end]
    here, alone, count = opinions["the cat", "sat on"]
    assert here == pytest.approx(log_p(judge, [*opener, *reply], len(reply)), abs=1e-4)
    assert alone == pytest.approx(log_p(judge, [end, *reply], len(reply)), abs=1e-4)
    assert count == len(reply)
    assert opinions["the cat", ""][2] == 1


def test_every_combination_has_its_row() -> None:
    engine = Engine(tiny_checkpoint(bpe_tokenizer()))
    found = list(rows(engine, subject_of(tiny_checkpoint(bpe_tokenizer(), seed=5)), OPENERS, 0))
    # 8 ways to draw; one candidate, or 4 numbers of them at 5 weights.
    assert len(found) == 8 * (1 + 4 * 5)
    assert {row["pmi_weight"] for row in found if row["candidates"] == 1} == {None}
    assert all(row["judge_nats_a_token"] > 0 for row in found)


def test_the_grid_is_written_as_json_lines_and_mistakes_in_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_tiny(tmp_path / "net", bpe_tokenizer())
    (tmp_path / "openers.txt").write_text("the cat\n", encoding="utf-8")
    source = ["--checkpoint", str(tmp_path / "net"), "--openers", str(tmp_path / "openers.txt")]
    assert main(["grid", *source, "--judge", str(tmp_path / "net")]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert {"temperature", "top_p", "candidates", "pmi_weight", "judge_mutual_information", "distinct_2", "profane"} <= first.keys()
    assert main(["grid", *source, "--judge", "nobody"]) == 2
    assert capsys.readouterr().err.startswith("defaults: ")
