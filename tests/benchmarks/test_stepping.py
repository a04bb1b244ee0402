from pathlib import Path

from chatbot_tui.benchmarks.stepping import stepping, weights_of_a_step
from chatbot_tui.benchmarks.subject import Shape, place_net
from chatbot_tui.model.config import ModelConfig

SMALL = Shape(words=50, vocabulary=300, embedding=8, hidden=12)


def test_steps_are_timed_beside_both_references(tmp_path: Path) -> None:
    records = stepping(place_net(tmp_path, None, SMALL), rounds=1)
    assert [record.ratio is not None and record.ratio > 0 for record in records] == [True, True]


def test_a_step_reads_every_weight_but_those_that_a_table_replaces() -> None:
    # Layer 0 from a table: 4*3 x 3 recurrent; layer 1: 4*3 x (3 + 3); projection 3 x 2; output 10 x 2.
    assert weights_of_a_step(ModelConfig(10, 2, 3, 2, tied=True)) == 36 + 72 + 6 + 20
    # No projection: output 10 x 3.
    assert weights_of_a_step(ModelConfig(10, 2, 3, 1)) == 36 + 30
