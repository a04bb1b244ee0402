import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.benchmarks.peers.table import markdown, read_results
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.strict_json import dump

REPLIES = {
    "distinct_1": 0.25,
    "distinct_2": 0.5,
    "seq_rep_2": 0.125,
    "seq_rep_4": None,
    "mean_words": 7.26,
    "ended": 0.9,
    "identical": 0.03,
    "profane": 2,
}
ROW: dict[str, Any] = {
    "name": "awd-lstm",
    "seed": 1,
    "word_perplexity": 71.234,
    "comparable": True,
    "hits_at_1": 0.5,
    "hits_standard_error": 0.016,
    "hits_at_1_elsewhere": 0.625,
    "hits_elsewhere_standard_error": 0.015,
    "greedy": REPLIES,
    "default": REPLIES,
    "parameters": 8_451_000,
    "training_tokens": 17_000_000,
    "training_seconds": 3600.2,
    "training_tokens_per_second": 4722.2,
    "decoding_tokens_per_second": 1234.5,
}


def test_every_figure_has_its_column() -> None:
    lines = markdown([ROW]).splitlines()
    assert lines[2] == "| awd-lstm | 71.23 | 0.500 ± 0.016 | 0.625 ± 0.015 | 1 | 8.5 | 60 | 17.0 | 4,722 | 1,234 |"
    assert lines[6] == "| awd-lstm | greedy | 0.250 | 0.500 | 0.125 | - | 7.3 | 0.90 | 0.03 | 2 |"
    assert len({line.count("|") for line in lines[:3]}) == len({line.count("|") for line in lines[4:]}) == 1


def test_the_best_stands_first_and_what_cannot_be_compared_is_marked() -> None:
    rows = [ROW, ROW | {"name": "ours|own", "word_perplexity": 66.0, "comparable": False}, {"name": "unknown"}]
    lines = markdown(rows).splitlines()
    assert lines[2].startswith("| ours\\|own | 66.00 (not comparable) |")
    assert lines[4].startswith("| unknown | - (not comparable) | - | - | - |")


@given(st.binary(max_size=80))
def test_whatever_a_file_holds_it_is_refused_at_worst(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("table") / "results.jsonl"
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        markdown(read_results(path))


@given(
    st.dictionaries(st.sampled_from(list(ROW)), st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text())
)
def test_figures_of_the_wrong_kind_are_unknown(tmp_path_factory: pytest.TempPathFactory, changes: dict[str, object]) -> None:
    path = tmp_path_factory.mktemp("table") / "results.jsonl"
    path.write_text(dump(ROW | changes | {"name": "x"}) + "\n", encoding="utf-8")
    assert markdown(read_results(path)).count("\n") == 3 + 1 + 4


@pytest.mark.parametrize(("seconds", "cell"), [(10.87, "0.2"), (59.9, "1.0"), (60, "1"), (7200.6, "120")])
def test_less_than_a_minute_is_no_time_of_nought(seconds: float, cell: str) -> None:
    table = markdown([ROW | {"training_seconds": seconds}])
    assert table.splitlines()[2].split(" | ")[6] == cell
