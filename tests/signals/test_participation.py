import numpy as np
import pytest

from chatbot_tui.signals.participation import participation_ratio, principal_plane

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(8, 30), (30, 8)])
def test_the_ratio_is_that_of_the_covariances_eigenvalues(shape: tuple[int, int]) -> None:
    states = RNG.standard_normal(shape)
    values = np.linalg.eigvalsh(np.cov(states.T))
    assert participation_ratio(states) == pytest.approx(float(values.sum() ** 2 / (values**2).sum()))


def test_a_line_is_one_direction_and_a_cross_is_two() -> None:
    assert participation_ratio(np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 4.0]])) == pytest.approx(1)
    assert participation_ratio(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])) == pytest.approx(2)


def test_float_noise_has_no_directions() -> None:
    assert participation_ratio(1.0 + 1e-5 * RNG.standard_normal((32, 16))) is None
    assert participation_ratio(np.zeros((4, 3))) is None


def test_the_plane_keeps_distances_where_there_are_but_two_directions() -> None:
    flat = RNG.standard_normal((6, 2)) @ np.linalg.qr(RNG.standard_normal((5, 2)))[0].T + 3.0
    plane, share = principal_plane(flat)
    assert share == pytest.approx(1)
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    assert np.linalg.norm(plane[:, None] - plane[None], axis=-1) == pytest.approx(apart)


def test_the_plane_holds_its_share_of_the_variance() -> None:
    # Variances along the axes 9, 4 and 3 (times the same): 13 of 16 in the first two.
    axes = np.diag([3.0, 2.0, np.sqrt(3.0)])
    plane, share = principal_plane(np.concatenate([axes, -axes]))
    assert share == pytest.approx(13 / 16)
    assert sorted(np.abs(plane[:, 0]).tolist()) == pytest.approx([0, 0, 0, 0, 3, 3])


def test_one_unit_or_no_variance_is_a_plane_all_the_same() -> None:
    plane, share = principal_plane(np.array([[1.0], [3.0]]))
    assert (plane.tolist(), share) == ([[-1.0, 0.0], [1.0, 0.0]], 1.0)
    plane, share = principal_plane(np.ones((3, 4)))
    assert (np.abs(plane).max(), share) == (0.0, 1.0)
