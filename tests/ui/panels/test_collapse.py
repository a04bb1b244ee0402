"""The collapse panel: the verdict in words, its numbers beside their thresholds, and what it means."""

import re
from dataclasses import replace

import pytest

from chatbot_tui.core.frames import Blame, CollapseReading, StepFrame
from chatbot_tui.ui.panels.collapse import CollapsePanel, advice, gauge_line
from tests.ui.frames import COLLAPSED, HEALTHY, LOOPING, make_frame, make_reply
from tests.ui.panels.host import at, text_of


def panel_at(*frames: StepFrame) -> CollapsePanel:
    panel = CollapsePanel()
    panel.set_reactive(CollapsePanel.cursor, at(*frames))
    return panel


def test_a_collapse_says_since_when_what_and_how_often() -> None:
    lines = text_of(panel_at(make_frame(collapse=COLLAPSED)), 60, 6)
    assert lines[0] == "✗ COLLAPSED since token 2  “the” × 14 · fixed point"
    assert lines[1] == "The net ignores what you type: no sampler cures this."
    assert lines[2].split() == ["prompt", "sensitivity", ".0020", "collapsed", "≤.024,", "healthy", "≥.3"]
    assert lines[3].split()[:4] == ["KL", "to", "unigram", ".010"]


def test_a_loop_names_its_period() -> None:
    assert text_of(panel_at(make_frame(collapse=LOOPING)), 60, 6)[0] == "↻ LOOPING since token 5  “i␣think” × 4 · period 2"


def test_healthy_is_a_word_and_a_sign() -> None:
    assert text_of(panel_at(make_frame()), 60, 6)[0] == "✓ HEALTHY"


@pytest.mark.parametrize(
    ("reading", "u", "sentence"),
    [
        (COLLAPSED, 0.3, "The net ignores what you type: no sampler cures this."),
        (LOOPING, None, "Greedy decoding loops; the net itself still has other ideas: try temperature."),
        (LOOPING, 0.3, "This strategy loops; the net itself still has other ideas: try a higher temperature."),
        (replace(LOOPING, blame="model"), 0.3, "The net itself prefers to repeat: a sampler only hides it."),
        (HEALTHY, 0.3, "What you type matters, and nothing repeats."),
        (replace(HEALTHY, prompt_sensitivity=0.1), 0.3, "What you type matters a little, and nothing repeats."),
        (replace(HEALTHY, prompt_sensitivity=0.01), 0.3, "Nothing repeats so far, but the net hardly hears what you type."),
    ],
)
def test_advice_tells_model_from_decoder(reading: CollapseReading, u: float | None, sentence: str) -> None:
    assert advice(make_frame(collapse=reading, u=u)) == sentence


@pytest.mark.parametrize(("blame", "note"), [("model", "blame: the model"), (None, "")])
def test_the_heading_says_who_is_to_blame(blame: Blame | None, note: str) -> None:
    assert panel_at(make_frame(collapse=replace(COLLAPSED, blame=blame))).note() == note


def test_a_net_without_counts_says_so() -> None:
    line = text_of(panel_at(make_frame(collapse=replace(COLLAPSED, kl_unigram=None))), 60, 6)[3]
    assert line.split() == ["KL", "to", "unigram", "no", "counts"]


@pytest.mark.parametrize(
    ("sensitivity", "column"),
    [
        # Logarithmic from .001 to 3 over 101 cells: 100 * ln(.03 / .001) / ln(3 / .001) = 42.48.
        (0.03, 42),
        (0.0, 0),
        (3.0, 100),
    ],
)
def test_the_gauge_is_logarithmic(sensitivity: float, column: int) -> None:
    text = "".join(piece for piece, _ in gauge_line(sensitivity, 101))
    assert len(text) == 101
    assert text.index("●") == column


def test_the_gauge_carries_both_thresholds() -> None:
    text = "".join(piece for piece, _ in gauge_line(0.002, 58))
    assert "┼.024" in text
    assert "┼.3" in text


@pytest.mark.parametrize("width", [38, 46, 55, 101])
def test_the_gauges_labels_are_whole_wherever_the_net_stands(width: int) -> None:
    for step in range(120):
        # From one end of the scale to the other: .001 * 3000 ** (119 / 119) = 3.
        text = "".join(piece for piece, _ in gauge_line(0.001 * 3000 ** (step / 119), width))
        assert len(text) == width
        assert text.count("●") == 1
        letters = re.sub(r"[^a-z]+", " ", text).split()
        assert set(letters) <= {"collapsed", "between", "healthy"}
    assert "collapsed" in text


def test_the_course_of_the_verdicts_has_a_sign_for_every_token() -> None:
    lines = text_of(panel_at(*make_reply(6, COLLAPSED)), 60, 8)
    # The onset is token 2: two healthy tokens, then four of the collapse.
    assert lines[-1] == "so far  ··✗✗✗✗"
