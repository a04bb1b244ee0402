"""The laboratory's knobs against what a recipe may hold."""

import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.lab import LIVE_KNOBS, TrainRequest
from chatbot_tui.training.catalogue import requested_recipe
from chatbot_tui.ui.panels.knobs import CORPORA, KNOBS

WRONG = {key: ("x", "[1]") for key in KNOBS if key not in (CORPORA, "probe")} | {
    "learning_rate": ("-1", "1e9"),
    "momentum": ("-0.1", "1.5"),
    "weight_decay": ("-1", "1e9"),
    "dropout": ("-0.1", "1"),
    "clip_norm": ("-1", "nan"),
    "steps": ("0", "1.5"),
    "report_every": ("0", "-1"),
    "embedding_dim": ("0", "1e12"),
    "hidden_dim": ("0", "2.5"),
    "num_layers": ("0", "1000000"),
    "batch_size": ("0", "true"),
    "sequence_length": ("0", "-5"),
    "label_smoothing": ("-0.1", "1.1"),
    "unlikelihood": ("-1", "inf"),
    "seed": ("-1", "0.5"),
}
"""On either side of what a knob may be, or no value of its kind."""


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_knob_out_of_range_is_refused_in_a_line_that_begins_with_its_name(key: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        requested_recipe(TrainRequest("healthy", {key: value}))
    # By its first word the field is found and marked.
    assert str(caught.value).startswith(f"{key} ")
    assert "\n" not in str(caught.value)


def test_every_knob_that_can_change_in_mid_run_has_a_field() -> None:
    assert set(LIVE_KNOBS) <= set(KNOBS)
    assert {key for key, help_text in KNOBS.items() if help_text.endswith("can change in mid-run")} == set(LIVE_KNOBS)
