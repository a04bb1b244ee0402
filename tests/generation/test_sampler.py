"""The chain as a whole: order, the record of cuts, mirostat, the draw."""

import numpy as np
import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.sampling import ORDERS, Order, SamplingSettings
from chatbot_tui.generation.randomness import uniform
from chatbot_tui.generation.sampler import STAGES, Distribution, Step, distribution, draw, sample
from tests.generation.reference import walk

FALLING = np.log([0.4, 0.3, 0.2, 0.1])
AT = Step()


def stages(result: Distribution) -> list[str | None]:
    return [None if position < 0 else STAGES[position] for position in result.cut_by]


@pytest.mark.parametrize(
    ("order", "expected"), [("hf", [0.4551, 0.2760, 0.1674, 0.1015, 0, 0]), ("llama.cpp", [0.5065, 0.3072, 0.1863, 0, 0, 0])]
)
def test_temperature_before_or_after_top_p(order: Order, expected: list[float]) -> None:
    # hf: softmax(z / 2) has running sums .414, .665, .818, .910; llama.cpp: softmax(z) has .634, .867, .952.
    result = distribution([4, 3, 2, 1, 0, -1], SamplingSettings(temperature=2.0, top_p=0.9, order=order), AT)
    np.testing.assert_allclose(result.p_sampled, expected, atol=5e-5)


def test_each_cut_is_put_down_to_the_stage_that_made_it() -> None:
    # 3 follows "2" again, 5 is banned; of the six left, top-k keeps five, whose shares are 16 : 8 : 4 : 2 : 1; min-p .1 asks for 1.6.
    z = np.log(2.0) * np.array([4, 3, 2, 9, 1, 9, 0, -1])
    settings = SamplingSettings(no_repeat_ngram_size=2, top_k=5, min_p=0.1)
    result = distribution(z, settings, Step(history=[2, 3, 2], banned=[5]))
    assert stages(result) == [None, None, None, "no_repeat_ngram_size", None, "ban", "min_p", "top_k"]
    assert dict(result.cuts) == {"no_repeat_ngram_size": 1, "ban": 1, "top_k": 1, "min_p": 1}
    assert list(result.cuts) == ["no_repeat_ngram_size", "ban", "top_k", "min_p"]
    assert result.kept.tolist() == [0, 1, 2, 4]
    np.testing.assert_allclose(result.p_sampled, np.array([16, 8, 4, 0, 2, 0, 0, 0]) / 30, atol=1e-15)
    np.testing.assert_allclose(result.logits[result.kept], z[result.kept])


def test_a_token_that_two_bans_hit_belongs_to_the_first_in_order() -> None:
    settings = SamplingSettings(no_repeat_ngram_size=1)
    assert stages(distribution(FALLING, settings, Step([1], [1])))[1] == "no_repeat_ngram_size"
    assert stages(distribution(FALLING, settings.changed(order="llama.cpp"), Step([1], [1])))[1] == "ban"


def test_greedy_obeys_penalties_and_bans_and_nothing_else() -> None:
    settings = SamplingSettings(greedy=True, repetition_penalty=4.0, temperature=0.1, top_k=1, xtc_probability=1.0, mirostat_tau=3.0)
    result = sample([4.0, 3.5, 2.0, 2.0], settings, Step(history=[0], banned=[1]))
    # 4 / 4 = 1 falls behind the twos, of which the lower id wins.
    assert result.token == 2
    assert result.u is None
    assert result.mirostat_mu is None
    assert result.p_sampled.tolist() == [0, 0, 1, 0]
    assert stages(result.distribution) == ["greedy", "ban", None, "greedy"]


@pytest.mark.parametrize("order", ORDERS)
def test_mirostat_replaces_every_filter_and_learns_from_the_draw(order: Order) -> None:
    # p = 1/2, 1/4, 1/8, 1/8 are 1, 2, 3, 3 bits; mu = 2 * 1.25 leaves 2/3, 1/3; u = .9 draws the second: s = log2 3 = 1.58496.
    settings = SamplingSettings(mirostat_tau=1.25, mirostat_eta=0.1, top_k=1, xtc_probability=1.0, order=order)
    before = distribution(np.log([0.5, 0.25, 0.125, 0.125]), settings, AT)
    np.testing.assert_allclose(before.p_sampled, [2 / 3, 1 / 3, 0, 0])
    assert stages(before) == [None, None, "mirostat_tau", "mirostat_tau"]
    drawn = draw(before, 0.9)
    assert drawn.token == 1
    assert drawn.mirostat_mu == pytest.approx(2.5 - 0.1 * (1.5849625 - 1.25), abs=1e-8)
    # 1.4 bits leave only the first token.
    assert distribution(before.logits, settings, Step(mirostat_mu=0.5)).p_sampled.tolist() == [1, 0, 0, 0]


def test_mirostat_never_reaches_its_target_on_one_hot_logits() -> None:
    mu: float | None = None
    for step in range(20):
        mu = sample([0.0, 100.0], SamplingSettings(mirostat_tau=5.0), Step(step=step, mirostat_mu=mu)).mirostat_mu
    # No surprise: mu grows by eta * tau = .5 a step, from 10.
    assert mu == pytest.approx(20.0)


def test_xtc_has_a_random_number_of_its_own() -> None:
    settings = SamplingSettings(xtc_probability=0.5, xtc_threshold=0.15)
    for step in range(50):
        result = distribution(FALLING, settings, Step(seed=4, reply=1, step=step))
        assert (result.cuts["xtc_probability"] == 2) == (uniform(4, 1, step, stream=1) < 0.5)


def test_what_is_cut_before_the_first_stage_is_nobodys_doing() -> None:
    result = distribution([-np.inf, 1.0, 0.0], SamplingSettings(typical_p=0.9, top_k=3), AT)
    assert result.p_sampled[0] == 0
    assert stages(result)[0] is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_work_is_done_in_float64(dtype: type[np.floating]) -> None:
    z = np.array([1.0, 1.5, -2.0], dtype=dtype)
    p = distribution(z, SamplingSettings(temperature=0.7), AT).p_sampled
    assert p.dtype == np.float64
    np.testing.assert_allclose(p, np.exp([1 / 0.7, 1.5 / 0.7, -2 / 0.7]) / np.exp([1 / 0.7, 1.5 / 0.7, -2 / 0.7]).sum(), rtol=1e-14)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_allow_no_draw_are_refused(bad: float) -> None:
    with pytest.raises(InputError):
        distribution([bad, bad if bad < 0 else 0.0], SamplingSettings(), AT)


def test_logits_and_history_are_left_as_they_were() -> None:
    z, history = np.array([1.0, 2.0, 3.0]), np.array([2, 2])
    settings = SamplingSettings(repetition_penalty=1.3, frequency_penalty=1.0, dry_multiplier=1.0, no_repeat_ngram_size=2, top_k=1)
    sample(z, settings, Step(history, [0]))
    assert z.tolist() == [1, 2, 3]
    assert history.tolist() == [2, 2]


# Descending: id 1 (.4), id 3 (.4), id 0 (.1), id 2 (.1); a sum equal to u does not exceed it.
@pytest.mark.parametrize(
    ("u", "token", "before"), [(0.0, 1, 0.0), (0.39, 1, 0.0), (0.41, 3, 0.4), (0.79, 3, 0.4), (0.81, 0, 0.8), (0.91, 2, 0.9)]
)
def test_the_draw_walks_in_descending_order(u: float, token: int, before: float) -> None:
    result = draw(distribution(np.log([0.1, 0.4, 0.1, 0.4]), SamplingSettings(), AT), u)
    assert result.token == token
    assert result.drawn_from == pytest.approx(before, abs=1e-12)


def test_u_on_the_edge_belongs_to_the_next_token() -> None:
    assert draw(distribution(np.zeros(4), SamplingSettings(), AT), 0.25).token == 1


def test_the_largest_u_never_draws_a_cut_token() -> None:
    below_one = float(np.nextafter(1.0, 0.0))
    for size in (3, 7, 10, 49, 1000):
        result = distribution(np.zeros(size + 1), SamplingSettings(), Step(banned=[size]))
        assert draw(result, below_one).token == size - 1
    # The tail underflows to probability 0: it is in, but cannot be drawn.
    assert draw(distribution([0.0, -2000.0], SamplingSettings(), AT), below_one).token == 0


@pytest.mark.parametrize("settings", [SamplingSettings(), SamplingSettings(top_k=300), SamplingSettings(top_p=0.8)])
def test_draws_from_a_large_vocabulary_follow_the_plain_walk(settings: SamplingSettings) -> None:
    z = np.random.default_rng(5).normal(0, 1, 2000).round(1)
    result = distribution(z, settings, AT)
    for i in range(60):
        u = uniform(1, 1, i)
        assert draw(result, u).token == walk(result.p_sampled.tolist(), u)


def test_frequencies_of_draws_match_the_distribution() -> None:
    z, settings, n = [2.0, 1.0, 0.5, 0.0, -0.5, -1.0], SamplingSettings(temperature=1.5), 6000
    drawn = [sample(z, settings, Step(seed=11, step=i)).token for i in range(n)]
    expected = n * distribution(z, settings, AT).p_sampled
    # Chi-square with 5 degrees of freedom: 20.5 is the .999 quantile.
    assert ((np.bincount(drawn, minlength=6) - expected) ** 2 / expected).sum() < 20.5


def test_any_token_can_be_drawn_again_without_its_past() -> None:
    z = np.random.default_rng(0).normal(size=(30, 50))
    settings = SamplingSettings(top_p=0.9, xtc_probability=0.5)
    first = [sample(z[i], settings, Step(seed=2, reply=3, step=i)) for i in range(30)]
    for i in (17, 3, 29):
        again = sample(z[i], settings, Step(seed=2, reply=3, step=i))
        assert (again.token, again.u) == (first[i].token, first[i].u)
        assert again.p_sampled.tobytes() == first[i].p_sampled.tobytes()
