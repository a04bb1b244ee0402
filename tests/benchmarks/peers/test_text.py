"""The text of the peers is that of a run: cleaned, and with as much of each corpus in an epoch."""

import json
from pathlib import Path

from chatbot_tui.benchmarks.peers.text import read_text
from chatbot_tui.training.recipes import build_recipe
from tests.benchmarks.peers.tiny import tokenizer


def test_peers_read_what_a_run_of_the_recipe_reads(tmp_path: Path) -> None:
    for name, turn in (("a", "hello there"), ("b", "good night"), ("c.valid", "hello")):
        lines = [{"turns": [turn, "damn", turn]}] * 10
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    sources = [str(tmp_path / f"{name}.jsonl") for name in ("a", "b", "c.valid")]
    recipe = build_recipe("x", {"decent_text": True, "corpora": [{"name": "b", "share": 0.25}]})
    plain, cleaned = (read_text(sources, tokenizer(), one) for one in (build_recipe("y", {}), recipe))
    assert [corpus.share for corpus in plain.corpora] == [1.0, 1.0]
    assert [corpus.share for corpus in cleaned.corpora] == [1.0, 0.25]
    # Each dialogue falls into two of one turn; a quarter of those of b is read in an epoch.
    assert [len(corpus.starts) - 1 for corpus in cleaned.corpora] == [20, 20]
    a, b = (len(corpus.tokens) // 20 for corpus in cleaned.corpora)
    assert len(cleaned.stream(0, 0)) == 20 * a + 5 * b
    assert len(plain.valid) == len(cleaned.valid) > 0
