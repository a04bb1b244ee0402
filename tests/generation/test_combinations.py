"""Every sampler alone, every pair and every triple, in both orders, against the slow reference."""

from itertools import combinations

import numpy as np
import pytest

from chatbot_tui.core.sampling import ORDERS, Order, SamplingSettings
from chatbot_tui.generation.randomness import XTC, uniform
from chatbot_tui.generation.sampler import Step, distribution
from tests.generation.reference import reference

OPTIONS: dict[str, dict[str, float]] = {
    "greedy": {"greedy": True},
    "temperature": {"temperature": 0.7},
    "hot": {"temperature": 1.6},
    "top_k": {"top_k": 4},
    "top_p": {"top_p": 0.83},
    "min_p": {"min_p": 0.13},
    "typical_p": {"typical_p": 0.61},
    "top_n_sigma": {"top_n_sigma": 0.9},
    "epsilon_cutoff": {"epsilon_cutoff": 0.07},
    "eta_cutoff": {"eta_cutoff": 0.21},
    "repetition_penalty": {"repetition_penalty": 1.4},
    "frequency_penalty": {"frequency_penalty": 0.35},
    "presence_penalty": {"presence_penalty": 0.6},
    "no_repeat_ngram_size": {"no_repeat_ngram_size": 2},
    "no_repeat_unigram": {"no_repeat_ngram_size": 1},
    "dry": {"dry_multiplier": 0.8, "dry_base": 1.75, "dry_allowed_length": 1},
    "xtc": {"xtc_probability": 0.6, "xtc_threshold": 0.09},
    "mirostat": {"mirostat_tau": 1.3, "mirostat_eta": 0.1},
}
LOGITS: dict[str, list[float]] = {
    "random": np.random.default_rng(20).normal(0, 2, 13).tolist(),
    "nearly flat": np.random.default_rng(21).normal(0, 0.3, 9).tolist(),
    "flat": [1.5] * 7,
    "one-hot": [0.0] * 4 + [30.0] + [0.0] * 4,
    # Three of each: every boundary falls inside a tie now and then.
    "tied": [2.0, 1.1, 0.2, 2.0, 0.2, 1.1, 1.1, 2.0, 0.2, -1.7, -1.7],
}
HISTORY = (1, 2, 3, 1, 2, 3, 4, 1, 2)
"""DRY: 3 extends a repeated "1 2"; bigrams: 3 has followed 2."""
BANNED = (0, 5)


def combination_settings(names: tuple[str, ...], order: Order) -> SamplingSettings:
    values = {key: value for name in names for key, value in OPTIONS[name].items()}
    return SamplingSettings(order=order).changed(**values)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_every_combination_agrees_with_the_reference(size: int, order: Order) -> None:
    for number, names in enumerate(combinations(OPTIONS, size)):
        settings = combination_settings(names, order)
        step = Step(HISTORY, BANNED, seed=3, step=number)
        for shape, logits in LOGITS.items():
            expected = reference(logits, settings, HISTORY, BANNED, uniform(3, 0, number, XTC))
            actual = distribution(logits, settings, step)
            np.testing.assert_allclose(actual.p_sampled, expected, rtol=0, atol=1e-6, err_msg=f"{names} on {shape}")
            cut = actual.cut_by >= 0
            assert not actual.p_sampled[cut].any(), names
            assert (actual.p_sampled[~cut] > 0).all(), names
            assert sum(actual.cuts.values()) == cut.sum(), names


@pytest.mark.parametrize("order", ORDERS)
def test_random_settings_agree_on_larger_vocabularies(order: Order) -> None:
    random = np.random.default_rng(7)
    ranges = {
        "temperature": (0.2, 3.0),
        "top_p": (0.05, 1.0),
        "min_p": (0.0, 0.5),
        "typical_p": (0.05, 1.0),
        "top_n_sigma": (0.1, 3.0),
        "epsilon_cutoff": (0.0, 0.1),
        "eta_cutoff": (0.0, 0.5),
        "repetition_penalty": (0.5, 2.0),
        "frequency_penalty": (-1.0, 1.0),
        "dry_multiplier": (0.0, 2.0),
        "xtc_threshold": (0.0, 0.3),
    }
    for case in range(150):
        logits = random.normal(0, random.choice([0.3, 1.0, 4.0]), 40).tolist()
        history = random.integers(0, 4, random.integers(0, 60)).tolist()
        chosen = {name: float(random.uniform(*ranges[name])) for name in random.choice(sorted(ranges), 4, replace=False)}
        settings = SamplingSettings(order=order, top_k=int(random.choice([0, 1, 7, 39])), xtc_probability=0.5).changed(**chosen)
        expected = reference(logits, settings, history, (), uniform(case, 1, 2, XTC))
        actual = distribution(logits, settings, Step(history, (), seed=case, reply=1, step=2))
        np.testing.assert_allclose(actual.p_sampled, expected, rtol=0, atol=1e-6, err_msg=f"{chosen}")


@pytest.mark.parametrize(
    "options", [{"top_p": 0.95}, {"typical_p": 0.9}, {"top_k": 40}, {"top_k": 40, "top_p": 0.9}, {"min_p": 0.01}, {"mirostat_tau": 5.0}]
)
@pytest.mark.parametrize("spread", [0.0, 0.5, 3.0])
def test_the_short_cuts_for_a_real_vocabulary_change_nothing(options: dict[str, float], spread: float) -> None:
    random = np.random.default_rng(11)
    # Rounded, so that there are ties; more entries than are sorted at once.
    logits = random.normal(0, spread, 3000).round(2).tolist()
    for order in ORDERS:
        settings = SamplingSettings(order=order).changed(**options)
        actual = distribution(logits, settings, Step(banned=(0, 1)))
        np.testing.assert_allclose(actual.p_sampled, reference(logits, settings, banned=(0, 1)), rtol=0, atol=1e-9)
