"""What holds for every filter and every input."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from chatbot_tui.core.sampling import ORDERS, SamplingSettings
from chatbot_tui.generation import filters
from chatbot_tui.generation.sampler import Step, draw, sample
from chatbot_tui.generation.vectors import Mask, Vector, largest

FILTERS: dict[str, Callable[[Vector, float], Vector]] = {
    "top_p": filters.top_p,
    "min_p": lambda z, x: filters.min_p(z, 1.0 - x),
    "typical_p": filters.typical_p,
    "top_n_sigma": lambda z, x: filters.top_n_sigma(z, 4.0 * x),
    "epsilon": lambda z, x: filters.epsilon_cutoff(z, 1.0 - x),
    "eta": lambda z, x: filters.eta_cutoff(z, 1.0 - x),
    "top_k": lambda z, x: filters.top_k(z, 1 + int(10 * x)),
    "top_k exact": lambda z, x: filters.top_k(z, 1 + int(10 * x), ties=False),
    "mirostat": lambda z, x: filters.mirostat(z, 8.0 * x),
}
"""Each filter with one parameter from 0 to 1 that keeps more the larger it is."""
logits = arrays(np.float64, st.integers(1, 24), elements=st.floats(-60, 60))
# Sixteenths add up without rounding, so a shift keeps ties and differences exactly.
exact_logits = arrays(np.float64, st.integers(1, 24), elements=st.integers(-200, 200).map(lambda n: n / 16))
parameter = st.floats(0.01, 0.99)


def inside(z: Vector) -> Mask:
    return z > -np.inf


@pytest.mark.parametrize("name", sorted(FILTERS))
@given(z=logits, x=parameter, cut=st.sets(st.integers(0, 23)))
@settings(max_examples=40, deadline=None)
def test_a_filter_keeps_one_at_least_and_only_cuts(name: str, z: Vector, x: float, cut: set[int]) -> None:
    for i in cut:
        if i < z.size - 1:
            z[i] = -np.inf
    out = FILTERS[name](z, x)
    assert inside(out).any()
    assert not np.isnan(out).any()
    np.testing.assert_array_equal(out[inside(out)], z[inside(out)])


@pytest.mark.parametrize("name", sorted(FILTERS))
@given(z=logits, xs=st.tuples(parameter, parameter))
@settings(max_examples=40, deadline=None)
def test_a_stricter_parameter_keeps_a_subset(name: str, z: Vector, xs: tuple[float, float]) -> None:
    strict, loose = (inside(FILTERS[name](z, x)) for x in sorted(xs))
    assert not (strict & ~loose).any()


@pytest.mark.parametrize("name", sorted(FILTERS))
@given(z=exact_logits, x=parameter, shift=st.integers(-50, 50))
@settings(max_examples=40, deadline=None)
def test_adding_a_constant_changes_nothing(name: str, z: Vector, x: float, shift: int) -> None:
    if name == "top_n_sigma":
        # Its mean rounds: keep away from the one boundary that rounding could cross.
        x = round(x, 2) + 0.001234567
    np.testing.assert_array_equal(inside(FILTERS[name](z, x)), inside(FILTERS[name](z + shift, x)))


@pytest.mark.parametrize("name", sorted(FILTERS))
@given(seed=st.integers(0, 1000), x=parameter)
@settings(max_examples=40, deadline=None)
def test_the_numbering_of_the_tokens_does_not_matter(name: str, seed: int, x: float) -> None:
    random = np.random.default_rng(seed)
    z = random.normal(0, 2, 15)  # no ties, which the numbering would decide
    order = random.permutation(15)
    np.testing.assert_array_equal(inside(FILTERS[name](z, x))[order], inside(FILTERS[name](z[order], x)))


@given(
    z=logits,
    history=st.lists(st.integers(0, 0), max_size=8),
    options=st.fixed_dictionaries(
        {
            "temperature": st.floats(0.01, 10),
            "top_k": st.integers(0, 30),
            "top_p": st.floats(0.01, 1),
            "min_p": st.floats(0, 1),
            "typical_p": st.floats(0.01, 1),
            "top_n_sigma": st.floats(0, 3),
            "eta_cutoff": st.floats(0, 1),
            "repetition_penalty": st.floats(0.01, 10),
            "no_repeat_ngram_size": st.integers(0, 3),
            "dry_multiplier": st.floats(0, 10),
            "xtc_probability": st.floats(0, 1),
            "mirostat_tau": st.sampled_from([0.0, 0.0, 2.0]),
            "order": st.sampled_from(ORDERS),
        }
    ),
    u=st.floats(0, 1, exclude_max=True),
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_on_there_is_a_distribution_to_draw_from(z: Vector, history: list[int], options: dict[str, float], u: float) -> None:
    result = sample(z, SamplingSettings().changed(**options), Step(history))
    assert result.p_sampled.sum() == pytest.approx(1.0, abs=1e-12)
    assert (result.p_sampled >= 0).all()
    assert not result.p_sampled[result.cut_by >= 0].any()
    assert (result.cut_by[result.distribution.kept] == -1).all()
    for number in (u, 0.0, float(np.nextafter(1.0, 0.0))):
        drawn = draw(result.distribution, number)
        assert drawn.p_sampled[drawn.token] > 0
        assert drawn.drawn_from <= 1.0


@given(z=arrays(np.float64, st.integers(1, 400), elements=st.integers(-9, 9).map(float)), k=st.integers(0, 30))
def test_the_largest_come_in_descending_order_lower_ids_first(z: Vector, k: int) -> None:
    assert largest(z, k).tolist() == sorted(range(z.size), key=lambda i: (-z[i], i))[:k]
