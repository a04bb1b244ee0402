import numpy as np

from chatbot_tui.signals.saturation import saturation


def test_counts_input_forget_and_output_gates_beyond_the_bounds() -> None:
    gates = np.array(
        [
            [0.05, 0.5],  # i: one shut
            [0.95, 0.91],  # f: both open
            [-1.0, 1.0],  # g is no gate in this sense
            [0.1, 0.9],  # o: the bounds themselves are not beyond
        ]
    )
    assert saturation(gates) == 3 / 6


def test_layers_are_counted_each_by_itself() -> None:
    gates = np.full((2, 4, 3), 0.5)
    gates[1, 3] = [0.95, 0.5, 0.5]
    # Layer 0: none; layer 1: one of the nine units of i, f and o.
    assert saturation(gates).tolist() == [0.0, 1 / 9]
