import math

import pytest

from chatbot_tui.training.schedule import learning_rate


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


def test_a_run_shorter_than_its_warm_up_never_peaks() -> None:
    assert [rate(step, total=2, warmup=4) for step in range(2)] == [0.5, 1.0]
