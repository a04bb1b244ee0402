import json
import math

import pytest

from chatbot_tui.diagnosis import rules
from chatbot_tui.diagnosis.causes import RULES
from chatbot_tui.diagnosis.measured import Measured, over_places
from chatbot_tui.diagnosis.rules import Rule, Signature, match, name_of
from chatbot_tui.diagnosis.thresholds import FILE, Threshold, thresholds

PLAIN = Threshold(2.0, 4.0)
LOG = Threshold(0.01, math.log(100), log=True)
A_LARGE, B_SMALL, C_SMALL = rules.Test("a", "above", "A is large."), rules.Test("b", "below", "B is small."), rules.Test("c", "below", "")
RULE = Rule("overfit", "Why.", (Signature("weak", (A_LARGE,), strength=0.5), Signature("strong", (A_LARGE, B_SMALL, C_SMALL))))
NUMBERS = {
    "overfit.weak.a": Threshold(0, 1),
    "overfit.strong.a": Threshold(0, 1),
    "overfit.strong.b": Threshold(0, 1),
    "overfit.strong.c": PLAIN,
}


@pytest.mark.parametrize(
    ("value", "above", "below"),
    # Half way to the scale is three quarters of the support; the threshold itself lies on either side.
    [(2.0, 0.5, 0.5), (4.0, 0.75, 0.0), (6.0, 1.0, 0.0), (99.0, 1.0, 0.0), (0.0, 0.0, 0.75), (None, 0.0, 0.0), (math.nan, 0.0, 0.0)],
)
def test_support_grows_from_a_half_at_the_threshold_to_one(value: float | None, above: float, below: float) -> None:
    assert (PLAIN.support(value, "above"), PLAIN.support(value, "below")) == (above, below)


def test_on_a_logarithmic_scale_ratios_count() -> None:
    # Ten times the threshold is half of ln 100.
    assert LOG.support(0.1, "above") == pytest.approx(0.75)
    assert LOG.support(1e-4, "below") == pytest.approx(1)
    assert LOG.support(0.0, "below") == 1
    assert LOG.support(-1.0, "below") == 1


def test_a_signature_is_as_sure_as_its_weakest_test() -> None:
    found = match(RULE, {"a": Measured(1.0, "here"), "b": Measured(-0.2), "c": Measured(-9.0)}, NUMBERS)
    assert found is not None
    assert found.confidence == pytest.approx(0.6)
    assert [(entry.signal, entry.where, entry.value, entry.threshold, entry.side) for entry in found.evidence] == [
        ("a", "here", 1.0, 0, "above"),
        ("b", "", -0.2, 0, "below"),
    ]


def test_the_best_signature_speaks() -> None:
    found = match(RULE, {"a": Measured(1.0), "b": Measured(1.0)}, NUMBERS)
    assert found is not None
    assert (found.confidence, len(found.evidence)) == (0.5, 1)


def test_what_is_unknown_supports_nothing_and_rules_nothing_out() -> None:
    assert match(RULE, {}, NUMBERS) is None
    found = match(RULE, {"a": Measured(1.0), "b": Measured(-1.0)}, NUMBERS)
    assert found is not None
    assert found.confidence == 1


def test_every_test_of_every_rule_has_its_number_and_every_number_its_test() -> None:
    wanted = [name_of(rule, signature, test) for rule in RULES for signature in rule.signatures for test in signature.tests]
    assert len(wanted) == len(set(wanted))
    assert {name for name in thresholds() if not name.startswith("verdict.")} == set(wanted)


def test_the_file_holds_no_number_twice() -> None:
    pairs = json.loads(FILE.read_text(encoding="utf-8"), object_pairs_hook=list)
    assert len({name for name, _ in pairs}) == len(pairs)


def test_the_value_that_speaks_is_the_most_extreme_one() -> None:
    assert over_places({"x": 1.0, "y": 3.0, "z": 3.0}).where == "y"
    assert over_places({"x": 1.0, "y": 3.0}, min).value == 1
    assert over_places({}).value is None
