import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot_tui.diagnosis import reliability
from chatbot_tui.diagnosis.reliability import called, trials, trust


@pytest.fixture
def adopted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    cells = [
        {"is": "deep-stack", "called": "deep-stack", "n": 9},
        {"is": "stopped-early", "called": "deep-stack", "n": 2},
        {"is": "deep-stack", "called": "unknown", "n": 4},
    ]
    trial = {"given": "nothing", "causes": cells, "verdicts": [{"is": "healthy", "called": "healthy", "n": 5}]}
    (tmp_path / "calibration.json").write_text(json.dumps({"held_out": [trial]}))
    monkeypatch.setattr(reliability, "calibration_folder", lambda: tmp_path)
    trials.cache_clear()
    yield
    trials.cache_clear()


@pytest.mark.usefixtures("adopted")
def test_what_was_called_so_is_counted_by_what_it_was() -> None:
    assert called("causes", "deep-stack", has_text=False) == (9, 11)
    assert called("verdicts", "healthy", has_text=False) == (5, 5)
    assert called("causes", "overfit", has_text=False) == (0, 0)
    assert called("causes", "deep-stack", has_text=True) == (0, 0), "no trial with text"


@pytest.mark.usefixtures("adopted")
def test_trust_is_put_into_a_sentence_where_there_is_anything_to_say() -> None:
    assert "of 11 nets kept apart" in trust("collapsed", "deep-stack", has_text=False)
    assert trust("collapsed", "deep-stack", has_text=False).endswith("9 were.")
    assert "called healthy without text, 5 were" in trust("healthy", None, has_text=False)
    assert trust("collapsed", "overfit", has_text=False) == ""


def test_without_a_calibration_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reliability, "calibration_folder", lambda: tmp_path)
    trials.cache_clear()
    assert trust("healthy", None, has_text=False) == ""
    trials.cache_clear()
