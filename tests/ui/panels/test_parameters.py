"""What the sampling panel knows about the options."""

import pytest

from chatbot_tui.core.sampling import PARAMETERS, PRESETS, SamplingSettings
from chatbot_tui.ui.panels import parameters


def test_every_option_has_a_slider_within_what_is_allowed() -> None:
    assert [track.key for track in parameters.TRACKS] == list(PARAMETERS)
    for track in parameters.TRACKS:
        for value in (track.low, track.high, track.stepped(track.off, -1), track.stepped(track.off, 1), track.usual):
            SamplingSettings().changed(**{track.key: track.snap(value)})


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_is_recognised(name: str) -> None:
    assert parameters.preset(PRESETS[name]) == name


def test_a_preset_keeps_its_name_whatever_its_value_and_order() -> None:
    assert parameters.preset(SamplingSettings(temperature=1.3, order="llama.cpp")) == "temperature"


def test_a_combination_has_no_name() -> None:
    assert parameters.preset(SamplingSettings(temperature=0.7, top_k=40)) is None
    assert parameters.preset(SamplingSettings(greedy=True, repetition_penalty=1.2)) is None


def test_greedy_ignores_all_but_penalties() -> None:
    idle = parameters.idle(SamplingSettings(greedy=True))
    assert {"temperature", "top_k", "mirostat_tau"} <= idle
    assert not {"repetition_penalty", "no_repeat_ngram_size", "dry_multiplier"} & idle


def test_mirostat_replaces_the_cuts_but_not_temperature() -> None:
    idle = parameters.idle(SamplingSettings(mirostat_tau=5.0))
    assert {"top_k", "top_p", "xtc_probability"} <= idle
    assert not {"temperature", "mirostat_eta", "repetition_penalty"} & idle


def test_a_part_of_an_option_that_is_off_is_idle() -> None:
    assert {"dry_base", "xtc_threshold", "mirostat_eta"} <= parameters.idle(SamplingSettings())
    assert "dry_base" not in parameters.idle(SamplingSettings(dry_multiplier=0.8))


def test_setting_what_greedy_ignores_ends_greedy() -> None:
    greedy = SamplingSettings(greedy=True)
    assert parameters.changed(greedy, "top_k", 40) == SamplingSettings(top_k=40)
    assert parameters.changed(greedy, "repetition_penalty", 1.2) == SamplingSettings(greedy=True, repetition_penalty=1.2)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (SamplingSettings(), "plain softmax"),
        (SamplingSettings(greedy=True, top_k=40, repetition_penalty=1.2), "greedy + repetition penalty 1.20"),
        (SamplingSettings(temperature=0.8, top_k=40), "temperature .80 + top-k 40"),
        # Without candidates their weight has no effect.
        (SamplingSettings(temperature=0.8, pmi_weight=1.0), "temperature .80"),
        (SamplingSettings(temperature=0.8, candidates=8), "candidates 8 + temperature .80"),
        (SamplingSettings(temperature=0.8, candidates=8, pmi_weight=1.0), "candidates 8 + PMI weight 1.00 + temperature .80"),
    ],
)
def test_the_summary_names_what_has_an_effect(settings: SamplingSettings, text: str) -> None:
    assert parameters.summary(settings) == text


def test_the_brief_summary_uses_short_names() -> None:
    settings = SamplingSettings(temperature=0.7, top_p=0.9, candidates=8)
    assert parameters.summary(settings, brief=True) == "best of 8 + T .70 + top-p .90"
