import numpy as np
import pytest

from chatbot_tui.signals.embeddings import mean_cosine


def test_the_mean_over_all_pairs() -> None:
    rows = np.random.default_rng(0).standard_normal((6, 4))
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = [float(units[a] @ units[b]) for a in range(6) for b in range(a)]
    assert mean_cosine(rows) == pytest.approx(float(np.mean(pairs)))


def test_known_directions() -> None:
    # Cosines 0, -1 and 0 between (1, 0), (0, 2) and (-3, 0).
    assert mean_cosine(np.array([[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]])) == pytest.approx(-1 / 3)
    assert mean_cosine(np.tile([[1.0, 2.0, 3.0]], (5, 1))) == pytest.approx(1)


def test_rows_of_zeros_have_no_direction() -> None:
    assert mean_cosine(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])) == pytest.approx(0)
    assert mean_cosine(np.zeros((4, 2))) == 1
