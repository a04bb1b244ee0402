import numpy as np
import pytest

from chatbot_tui.signals.dispersion import relative_variance


def test_equal_states_do_not_vary() -> None:
    assert relative_variance(np.full((4, 3), 2.5)) == 0.0


def test_states_of_zeros_do_not_vary_either() -> None:
    assert relative_variance(np.zeros((4, 3))) == 0.0


def test_opposite_states_are_nothing_but_variance() -> None:
    assert relative_variance(np.array([[3.0, 4.0], [-3.0, -4.0]])) == 1.0


def test_each_layer_is_measured_by_itself() -> None:
    # Layer 0: mean (2, 0), each 1 away; squared norms 1 and 9, mean 5. Layer 1: equal states.
    states = np.array([[[1.0, 0.0], [3.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]], dtype=np.float32)
    assert relative_variance(states).tolist() == pytest.approx([1 / 5, 0.0])
