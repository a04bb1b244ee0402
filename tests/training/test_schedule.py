import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chatbot_tui.training.schedule import Plateau, learning_rate


def rate(step: int, *, total: int = 100, warmup: int = 0, kind: str = "cosine", final: float = 0.1) -> float:
    return learning_rate(step, total, 2.0, warmup, kind, final)


def test_warm_up_climbs_in_equal_steps_to_the_peak() -> None:
    assert [rate(step, warmup=4) for step in range(5)] == [0.5, 1.0, 1.5, 2.0, 2.0]
    assert [rate(step, warmup=4, kind="constant") for step in range(5)] == [0.5, 1.0, 1.5, 2.0, 2.0]


def test_constant_stays_at_the_peak() -> None:
    assert {rate(step, kind="constant") for step in range(200)} == {2.0}


def test_the_cosine_falls_from_the_peak_to_its_final_share() -> None:
    # Without warm-up half of the way is step 50 of 100: the mean of 2 and .1 * 2. Step 100 would be the final share itself.
    assert rate(0) == 2.0
    assert rate(50) == pytest.approx(1.1, abs=1e-12)
    assert rate(100) == pytest.approx(0.2, abs=1e-12)
    # The last step taken is 99: .2 + 1.8 * (1 + cos(.99 pi)) / 2.
    assert rate(99) == pytest.approx(0.2 + 0.9 * (1 + math.cos(0.99 * math.pi)), abs=1e-12)


def test_the_cosine_begins_where_the_warm_up_ends() -> None:
    # 80 steps are left after 20: a quarter of them is step 40, cos(pi / 4) = sqrt(1 / 2).
    assert rate(20, warmup=20) == 2.0
    assert rate(40, warmup=20) == pytest.approx(0.2 + 0.9 * (1 + math.sqrt(0.5)), abs=1e-12)


def test_beyond_the_end_nothing_moves() -> None:
    assert rate(1000) == pytest.approx(0.2, abs=1e-12)
    assert rate(10, total=10, warmup=10) == 2.0


def test_a_line_falls_over_the_last_share_of_the_steps() -> None:
    # The last quarter of 100 steps: the peak up to step 75, half of the way down to .2 at 87.5.
    rates = [learning_rate(step, 100, 2.0, 2, "linear", 0.1, decay_share=0.25) for step in (0, 1, 2, 75, 80, 99, 100, 1000)]
    assert rates == pytest.approx([1.0, 2.0, 2.0, 2.0, 0.2 + 1.8 * 20 / 25, 0.2 + 1.8 / 25, 0.2, 0.2], rel=1e-12)
    # Over all of them it begins at once; over none it never does.
    assert learning_rate(50, 100, 2.0, 0, "linear", 0.0) == pytest.approx(1.0, rel=1e-12)
    assert learning_rate(99, 100, 2.0, 0, "linear", 0.0, decay_share=0.0) == 2.0


def test_a_run_shorter_than_its_warm_up_never_peaks() -> None:
    assert [rate(step, total=2, warmup=4) for step in range(2)] == [0.5, 1.0]


def test_a_step_schedule_drops_at_equal_distances_after_the_warm_up() -> None:
    rates = [learning_rate(step, 100, 2.0, 2, "step", 0.0, drop_every=3, drop_factor=0.1) for step in range(9)]
    assert rates == pytest.approx([1.0, 2.0, 2.0, 2.0, 2.0, 0.2, 0.2, 0.2, 0.02], rel=1e-12)


def test_a_plateaus_rate_has_dropped_as_often_as_told() -> None:
    rates = [learning_rate(50, 100, 2.0, 2, "plateau", 0.0, drop_factor=0.5, drops=drops) for drops in range(4)]
    assert rates == [2.0, 1.0, 0.5, 0.25]


@pytest.mark.parametrize("kind", ["step", "plateau"])
def test_no_drop_goes_below_the_final_share(kind: str) -> None:
    assert learning_rate(90, 100, 2.0, 0, kind, 0.3, drop_every=10, drop_factor=0.1, drops=9) == pytest.approx(0.6, abs=1e-12)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=60), st.integers(0, 4))
def test_a_plateau_is_the_one_of_torch(losses: list[float], patience: int) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience, min_lr=0.0, eps=0.0)
    ours = Plateau()
    for loss in losses:
        theirs.step(loss)
        ours = ours.after(loss, patience)
        assert 0.5**ours.drops == optimizer.param_groups[0]["lr"]


def test_a_plateau_wants_more_than_a_trifle() -> None:
    held = Plateau().after(1.0, 0)
    assert held == Plateau(1.0, 0, 0)
    assert held.after(0.99995, 0).drops == 1
    assert held.after(0.9998, 0) == Plateau(0.9998, 0, 0)
