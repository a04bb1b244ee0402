"""How the measuring programs end: quietly where their reader has had enough, else with what went wrong in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path


def test_a_reader_that_has_had_enough_is_no_error(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    results.write_text(json.dumps({"name": "net", "word_perplexity": 3.5}) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "chatbot_tui.benchmarks.peers", "table", str(results)]
    read, write = os.pipe()
    os.close(read)
    try:
        ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(write)
    assert (ended.returncode, ended.stderr) == (0, "")
