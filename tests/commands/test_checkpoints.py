import json
from pathlib import Path

import pytest

from chatbot_tui.commands.checkpoints import checkpoints, table
from chatbot_tui.core import paths
from chatbot_tui.core.library import CheckpointEntry
from tests.core.checkpoint_folders import ARCHITECTURE, PARAMETERS, write_checkpoint


@pytest.fixture(autouse=True)
def nothing_shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "shipped_checkpoints", lambda: tmp_path / "none")


def test_a_record_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_checkpoint(paths.checkpoints_folder() / "mine")
    (write_checkpoint(paths.checkpoints_folder() / "torn") / "config.json").unlink()
    checkpoints(as_json=True)
    mine, torn = map(json.loads, capsys.readouterr().out.splitlines())
    assert mine == {
        "name": "mine",
        "path": str(folder),
        "source": "own",
        "architecture": ARCHITECTURE,
        "parameters": PARAMETERS,
        "teaches": "nothing yet",
        "metrics": {"word_perplexity": 78.5},
        "problem": None,
        "steps": [],
    }
    assert "config.json" in torn["problem"]


def test_no_checkpoints_are_no_records_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    checkpoints(as_json=True)
    assert capsys.readouterr().out == ""
    checkpoints(as_json=False)
    assert "chatbot-tui train" in capsys.readouterr().out


def test_the_table_is_aligned_and_ends_where_the_terminal_does() -> None:
    healthy = CheckpointEntry("smalltalk", Path("a"), "shipped", {"num_layers": 2, "hidden_dim": 512}, 6_050_000, "how " * 30)
    broken = CheckpointEntry("b\x1b[31m", Path("b"), "own", problem="no weights:\nrestore them")
    assert table([healthy, broken], 70) == (
        "name       from     parameters  network  teaches\n"
        "smalltalk  shipped  6.05 M      2 x 512  how how how how how how how …\n"
        "b\\x1b[31m  own                           broken: no weights: restore …\n"
    )
