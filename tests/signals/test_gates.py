import numpy as np
import pytest

from chatbot_tui.signals.gates import shut_and_open


def test_each_gate_is_counted_by_itself_and_the_candidate_not_at_all() -> None:
    gates = np.array(
        [
            [[0.05, 0.5, 0.95, 0.5], [0.5, 0.99, 0.95, 0.5], [0.0, 0.0, 0.0, 0.0], [0.01, 0.02, 0.03, 0.04]],
            [[0.05, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], [1.0, 1.0, 1.0, 1.0], [0.01, 0.02, 0.03, 0.5]],
        ]
    )  # [prompts, gates, units]
    shut, opened = shut_and_open(gates)
    assert shut == pytest.approx((2 / 8, 0, 7 / 8))
    assert opened == pytest.approx((1 / 8, 2 / 8, 0))
