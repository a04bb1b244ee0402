import pytest

from chatbot_tui.core.diagnosis import CauseId, NetVerdict
from chatbot_tui.diagnosis.causes import find_causes
from chatbot_tui.diagnosis.measured import Measured, Signals
from chatbot_tui.diagnosis.verdict import judge

HEALTHY = {
    "non_finite_values": 0,
    "prompt_sensitivity": 0.7,
    "greedy_distinct": 0.6,
    "greedy_top_word": 0.2,
    "greedy_loops": 0.2,
    "sampled_loops": 0.0,
    "sampled_alike": 0.001,
    "sampled_certainty": 0.3,
    "silent": 0.0,
    "confidence": 0.2,
    "entropy_share": 0.7,
    "copy_share": 0.0,
    "top_token_mean": 0.1,
    "kl_unigram": 0.6,
    "unknown_share": 0.01,
    "padding_share": 0.0,
    "filling_learnt": 0.0,
    "filling_times": 0.0,
    "positive_fraction": 0.5,
    "stable_rank": 3.0,
    "weight_width": 2.5,
    "weight_size": 0.12,
    "weight_maximum": 5.0,
    "distance_from_init": 0.2,
    "bias_width": 1.4,
    "embedding_size": 1.0,
    "embedding_zeros": 0.035,
    "embedding_cosine": 0.01,
    "hidden_units": 64,
    "vocabulary": 1000,
    "plain_layers": 1,
    "variance_fading": 1.0,
    "gates_shut": 0.02,
}
BLIND = {"prompt_sensitivity": 0.001, "greedy_distinct": 0.03, "greedy_top_word": 1.0, "greedy_loops": 1.0}
AS_BEGUN = {"weight_width": 1.1, "weight_maximum": 1.4, "distance_from_init": 0.07, "stable_rank": 5.0}
TEXT = {"context_gain": 1.0, "overconfidence": 0.1, "pair_gain": 1.2, "commonest_word": 0.07, "ruling_token": 0.3, "commonest_turn": 0.01}


def signals(*changes: dict[str, float]) -> Signals:
    values: dict[str, float] = dict(HEALTHY)
    for change in changes:
        values |= change
    return {name: Measured(float(value)) for name, value in values.items()}


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "healthy"),
        ({"non_finite_values": 1}, "broken"),
        (BLIND, "collapsed"),
        # Sampled well, an input-blind net is collapsed all the same.
        ({"prompt_sensitivity": 0.01, "greedy_distinct": 1.0}, "collapsed"),
        # One word for ever, though the distribution moves a little.
        (BLIND | {"prompt_sensitivity": 0.1}, "collapsed"),
        # The decoder's loops are none of the net's fault.
        ({"greedy_loops": 1.0}, "healthy"),
        ({"greedy_loops": 1.0, "sampled_loops": 0.6}, "looping"),
        ({"greedy_distinct": 0.03}, "generic"),
        ({"sampled_alike": 0.4}, "generic"),
        ({"silent": 1.0}, "generic"),
        ({"unknown_share": 0.7}, "generic"),
        # That padding follows padding is no harm, unless an answer begins with silence.
        ({"padding_learnt": 0.99}, "healthy"),
        ({"padding_learnt": 0.99, "silent": 0.96}, "generic"),
        ({"sampled_certainty": 0.7, "confidence": 0.7, "greedy_distinct": 1.0}, "memorised"),
        (TEXT | {"overconfidence": 3.0}, "memorised"),
        (TEXT | {"beyond_pairs": 3.0}, "memorised"),
    ],
)
def test_verdicts(change: dict[str, float], verdict: NetVerdict) -> None:
    assert judge(signals(change), has_text="pair_gain" in change).verdict == verdict


def test_only_the_decoder_loops() -> None:
    assert judge(signals({"greedy_loops": 0.9}), has_text=False).decoder_loops
    assert not judge(signals({"greedy_loops": 0.9, "sampled_loops": 0.9}), has_text=False).decoder_loops


def test_without_text_a_net_that_is_too_sure_is_doubted() -> None:
    sure = signals({"confidence": 0.7, "entropy_share": 0.2})
    assert judge(sure, has_text=False).too_sure
    assert judge(sure, has_text=False).confidence == 0.5
    assert not judge(sure, has_text=True).too_sure


@pytest.mark.parametrize(
    ("cause", "changes"),
    [
        ("stopped-early", (BLIND, AS_BEGUN)),
        ("stopped-early", (BLIND, AS_BEGUN, TEXT, {"train_on_gain": 0.2})),
        ("near-zero-init", (BLIND, {"positive_fraction": 1.0, "stable_rank": 1.2, "weight_width": 0.03, "bias_width": 0.2})),
        # Exact zeros are neither positive nor of any rank.
        ("near-zero-init", (BLIND, {"positive_fraction": 0.5, "stable_rank": 0.0, "weight_width": 0.0, "bias_width": 0.0})),
        ("over-decayed", (BLIND, {"weight_width": 0.06, "stable_rank": 1.0, "embedding_zeros": 0.3})),
        ("over-decayed", (BLIND, {"weight_width": 1e-5, "bias_width": 0.0, "embedding_size": 1e-5})),
        ("indistinguishable-tokens", (BLIND, AS_BEGUN, {"embedding_cosine": 1.0})),
        ("deep-stack", (BLIND, AS_BEGUN, {"plain_layers": 6, "variance_fading": 0.01})),
        ("tiny-hidden", (BLIND, AS_BEGUN, {"hidden_units": 6})),
        ("copies-input", ({"copy_share": 1.0, "filling_learnt": 0.99},)),
        ("padding-in-loss", ({"filling_learnt": 0.99, "filling_times": 60.0},)),
        ("small-vocabulary", ({"unknown_share": 0.6, "confidence": 0.6, "greedy_distinct": 0.06},)),
        ("double-softmax", ({"confidence": 0.95, "entropy_share": 0.05, "greedy_distinct": 0.03},)),
        ("double-softmax", (TEXT, {"confidence": 0.95, "entropy_share": 0.05, "greedy_distinct": 0.03, "overconfidence": 9.0})),
        ("overfit", (TEXT, {"overconfidence": 4.0, "confidence": 0.5})),
        ("overfit", (TEXT, {"beyond_pairs": 3.0})),
        ("overfit", ({"sampled_certainty": 0.7, "confidence": 0.7, "greedy_distinct": 1.0},)),
        ("learning-rate-too-high", ({"weight_size": 2.0, "weight_maximum": 60.0, "sampled_loops": 0.9},)),
        ("imbalanced-data", (BLIND, TEXT, {"commonest_word": 0.75, "ruling_token": 0.97, "pair_gain": 0.0})),
        ("imbalanced-data", (BLIND, {"prompt_sensitivity": 0.2, "top_token_mean": 0.6, "confidence": 0.6})),
        ("imbalanced-data", (TEXT, {"commonest_turn": 0.94, "greedy_distinct": 0.1})),
        ("context-free-data", (BLIND, TEXT, {"pair_gain": 0.0})),
        ("context-free-data", (BLIND, {"kl_unigram": 0.001})),
        ("context-free-data", (BLIND, {"kl_unigram": 0.1, "weight_maximum": 4.0})),
        ("near-zero-init", (BLIND, {"stable_rank": 1.0, "weight_width": 0.4, "bias_width": 0.3})),
    ],
)
def test_each_cause_is_known_by_its_signatures(cause: CauseId, changes: tuple[dict[str, float], ...]) -> None:
    has_text = TEXT in changes
    first = find_causes(signals(*changes), has_text=has_text)[0]
    assert first.cause == cause
    assert first.evidence
    assert first.explanation


def test_what_fits_nothing_is_unknown() -> None:
    found = find_causes(signals({"sampled_alike": 0.4}), has_text=True)
    assert [entry.cause for entry in found] == ["unknown"]
    assert found[0].confidence == 1


def test_without_text_every_confidence_is_lower() -> None:
    with_text, without = (
        find_causes(signals(BLIND, AS_BEGUN, {"embedding_cosine": 1.0}), has_text=has_text)[0] for has_text in (True, False)
    )
    assert without.confidence == pytest.approx(0.85 * with_text.confidence)


def test_what_was_asked_earlier_explains_later_findings_away() -> None:
    found = find_causes(signals(BLIND, AS_BEGUN, {"plain_layers": 6, "variance_fading": 0.01}), has_text=True)
    confidences = {entry.cause: entry.confidence for entry in found}
    # That the text might be without order is supported by .3, of which .7 count against the depth; sure of that, .7 of what speaks for
    # a stop is explained by it.
    assert confidences["deep-stack"] == pytest.approx(1 - 0.7 * 0.3)
    assert confidences["stopped-early"] < 0.31
