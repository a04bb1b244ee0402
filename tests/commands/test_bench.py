import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot_tui.benchmarks.budgets import BUDGETS, STEP_PLAIN, Record
from chatbot_tui.commands import bench

RECORDS = [budget.judge(2.0, None if budget.kind == "value" else 1.0) for budget in BUDGETS]


def given(monkeypatch: pytest.MonkeyPatch, records: list[Record]) -> None:
    def measured(_folder: Path) -> Iterator[Record]:
        yield from records

    monkeypatch.setattr(bench, "measured", measured)


def test_a_record_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given(monkeypatch, RECORDS)
    bench.bench(as_json=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["name"] for line in lines] == [budget.name for budget in BUDGETS]
    assert all(set(line) == {"name", "value", "reference", "ratio", "budget", "unit", "met"} for line in lines)


def test_the_table_says_what_was_promised_and_whether_it_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, [STEP_PLAIN.judge(2.0, 3.0), BUDGETS[-1].unmeasured()])
    bench.bench(as_json=False)
    _, slow, unknown = capsys.readouterr().out.splitlines()
    assert slow.removeprefix(STEP_PLAIN.name).split() == ["2", "ms", "3", "ms", "1.50", "≥", "2", "x", "no"]
    assert "not measured here" in unknown


def test_where_there_is_no_pseudo_terminal_the_rest_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench, "PSEUDO_TERMINALS", False)
    monkeypatch.setattr(bench, "stepping", lambda _net, _rounds: [])
    monkeypatch.setattr(bench, "training", lambda _rounds: [])
    monkeypatch.setattr(bench, "place_net", lambda *_: tmp_path)
    records = list(bench.measured(tmp_path))
    assert len(records) == len(BUDGETS) - 3
    assert {(record.value, record.met) for record in records} == {(None, None)}
