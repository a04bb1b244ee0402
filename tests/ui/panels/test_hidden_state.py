"""The hidden-state panel: norms, gates, saturation and the journey of h."""

from dataclasses import replace

import pytest

from chatbot_tui.core.frames import CollapseReading, StepFrame
from chatbot_tui.ui.panels.hidden_state import HiddenStatePanel
from tests.ui.frames import COLLAPSED, HEALTHY, LOOPING, make_frame, make_layer
from tests.ui.panels.host import at, text_of


def panel_at(*frames: StepFrame) -> HiddenStatePanel:
    panel = HiddenStatePanel()
    panel.set_reactive(HiddenStatePanel.cursor, at(*frames))
    return panel


def test_two_rows_a_layer_carry_every_number() -> None:
    lines = text_of(panel_at(make_frame()), 46, 5)
    assert lines[0].split() == ["norm", "trend", "change", "i", "f", "g", "o"]
    assert lines[1].split() == ["h1", "4.21", "▄", ".0003", ".40", ".90", "-.10", ".60"]
    # Gates as bars of four cells: .4 * 32 eighths = 12.8, that is one full cell and five eighths; .9: 29; .1: 3; .6: 19.
    assert lines[2].split() == ["c1", "9.80", "▄", "41", "%", "sat", "█▋", "███▋", "▍", "██▍"]


def test_one_row_a_layer_where_height_is_short() -> None:
    lines = text_of(panel_at(make_frame()), 60, 3)
    assert lines[1].split() == ["1", "4.21", "▄", "9.80", "▄", ".0003", "41", "%", ".40", ".90", "-.10", ".60"]
    assert lines[2].startswith("2 ")


def test_layers_without_a_row_are_counted() -> None:
    six = make_frame(state=tuple(make_layer(layer) for layer in range(6)))
    lines = text_of(panel_at(six), 40, 5)
    # A heading and four rows: two layers, the count of three more, and the last.
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "…", "6"]
    assert lines[3] == "… 3 more layers"


def test_saturation_beyond_half_is_marked_by_a_sign() -> None:
    lines = text_of(panel_at(make_frame(state=(make_layer(saturated=0.62),))), 46, 3)
    assert "62 % sat!" in lines[2]


def test_the_trend_is_that_of_the_history() -> None:
    frames = [make_frame(step, state=(make_layer(h_norm=float(step)),)) for step in range(7)]
    assert "▁▂▃▄▅▆▇" in text_of(panel_at(*frames), 60, 3)[1]


def test_noise_in_a_norm_is_not_drawn_as_a_storm() -> None:
    frames = [make_frame(step, state=(make_layer(h_norm=4 + 1e-4 * (step % 2)),)) for step in range(6)]
    assert "▄▄▄▄▄▄" in text_of(panel_at(*frames), 60, 3)[1]


@pytest.mark.parametrize(
    ("reading", "words"),
    [(COLLAPSED, "fixed point"), (LOOPING, "cycle of 2"), (HEALTHY, "wandering")],
)
def test_the_heading_says_where_h_travels(reading: CollapseReading, words: str) -> None:
    frames = [replace(make_frame(step), collapse=reading) for step in range(2)]
    assert panel_at(*frames).note() == words


def test_the_map_stands_beside_the_table_where_there_is_width() -> None:
    frames = [make_frame(step, h_position=(float(step), float(step))) for step in range(4)]
    lines = text_of(panel_at(*frames), 80, 6)
    assert "path of h  ● now" in lines[0]
    # The newest point is the largest in both directions: the upper right corner.
    assert lines[1].endswith("●")
    assert len(lines[1]) == 80


def test_the_map_stands_below_the_table_where_there_is_height() -> None:
    lines = text_of(panel_at(make_frame()), 40, 14)
    assert lines[5].startswith("path of h")
    assert len(lines) == 14


def test_a_state_that_no_longer_moves_is_called_still() -> None:
    frames = [make_frame(step, h_position=(0.5, 0.5)) for step in range(3)]
    assert "● stands still" in text_of(panel_at(*frames), 80, 6)[0]
