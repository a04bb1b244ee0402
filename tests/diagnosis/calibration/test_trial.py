from collections.abc import Mapping
from dataclasses import replace

import pytest

from chatbot_tui.core.diagnosis import CauseFound
from chatbot_tui.diagnosis import rules
from chatbot_tui.diagnosis.calibration import trial
from chatbot_tui.diagnosis.calibration.examined import Examined
from chatbot_tui.diagnosis.calibration.labels import Label
from chatbot_tui.diagnosis.calibration.questions import fit_all, with_fitted
from chatbot_tui.diagnosis.calibration.report import Calibration
from chatbot_tui.diagnosis.calibration.statistics import Rate
from chatbot_tui.diagnosis.calibration.trial import try_doctor
from chatbot_tui.diagnosis.measured import Measured, Signals
from chatbot_tui.diagnosis.rules import Rule, Signature
from chatbot_tui.diagnosis.thresholds import Threshold
from chatbot_tui.diagnosis.verdict import Verdict

FIRST = Rule("near-zero-init", "", (Signature("small", (rules.Test("width", "below", "small"), rules.Test("age", "below", ""))),))
SECOND = Rule("stopped-early", "", (Signature("young", (rules.Test("age", "below", "young"),)),))
NUMBERS = {
    "verdict.few_replies": Threshold(0.13, 1.0, log=True),
    "near-zero-init.small.width": Threshold(0.5, 1.0),
    "near-zero-init.small.age": Threshold(50.0, 1.0),
    "stopped-early.young.age": Threshold(20.0, 1.0),
}


def examined(verdict: str | None, cause: str | None, values: Mapping[str, float], part: str = "fit", name: str = "one") -> Examined:
    signals = {signal: Measured(value) for signal, value in values.items()}
    return Examined(name, cause or "healthy", part, Label(verdict, cause), {"nothing": signals})


def off(name: str, threshold: float) -> dict[str, Threshold]:
    """Return the numbers in use, one of them where it tells nothing apart."""
    return NUMBERS | {name: replace(NUMBERS[name], threshold=threshold)}


def zoo() -> list[Examined]:
    small = [examined("collapsed", "near-zero-init", {"width": 0.1 + n / 100, "age": 10.0, "greedy_distinct": 0.001}) for n in range(16)]
    young = [examined("collapsed", "stopped-early", {"width": 0.9 + n / 100, "age": 10.0, "greedy_distinct": 0.001}) for n in range(16)]
    old = [examined("collapsed", "over-decayed", {"width": 0.2, "age": 90.0 + n, "greedy_distinct": 0.001}) for n in range(16)]
    well = [examined("healthy", "healthy", {"width": 0.1, "age": 5.0, "greedy_distinct": 1.0}) for _ in range(16)]
    return small + young + old + well


def test_a_test_is_fitted_to_what_the_other_tests_of_its_signature_let_through() -> None:
    width, age = "near-zero-init.small.width", "near-zero-init.small.age"
    fitted = fit_all(zoo(), (FIRST, SECOND), off(width, 2.0))[width]
    # Widths of the young ones alone stand against those of the small: the old are out by their age. Middle of .25 and .9.
    assert fitted.value == pytest.approx((0.25 * 0.9) ** 0.5)
    assert fitted.cleared == Rate(16, 16)
    # Ages of 10 and 90 and more.
    assert fit_all(zoo(), (FIRST, SECOND), off(age, 200.0))[age].value == pytest.approx(30.0)


def test_a_threshold_that_tells_all_apart_stays() -> None:
    fitted = fit_all(zoo(), (FIRST, SECOND), NUMBERS)
    assert {name: found.value for name, found in fitted.items()} == {name: number.threshold for name, number in NUMBERS.items()}


def test_a_signature_need_not_find_what_another_of_its_rule_does() -> None:
    named = Signature("named", (rules.Test("age", "below", "young"),))
    rule = Rule(FIRST.cause, "", (*FIRST.signatures, named))
    numbers = NUMBERS | {"near-zero-init.named.age": Threshold(200.0, 1.0)}
    fitted = fit_all(zoo(), (rule, SECOND), numbers)
    # By its age each is found, whatever its width: nothing is left for the first signature to find.
    assert "near-zero-init.small.width" not in fitted


def test_a_later_rule_need_not_know_what_an_earlier_one_finds() -> None:
    # The small ones are young too, but their own rule comes first and finds them: only the old stand against the young.
    fitted = fit_all(zoo(), (FIRST, SECOND), NUMBERS)
    assert fitted["stopped-early.young.age"].found == Rate(16, 16)
    assert fitted["stopped-early.young.age"].cleared == Rate(16, 16)


def test_a_threshold_of_the_verdict_is_fitted_by_verdicts() -> None:
    # .001 against 1, nine tenths of the way towards those that give few replies.
    fitted = fit_all(zoo(), (FIRST, SECOND), off("verdict.few_replies", 2.0))
    assert fitted["verdict.few_replies"].value == pytest.approx(0.001**0.9)


def test_too_few_specimens_leave_a_threshold_as_it_is() -> None:
    assert fit_all(zoo()[::3], (FIRST, SECOND), NUMBERS) == {}


def test_fitted_thresholds_take_the_place_of_the_old_and_keep_their_scale() -> None:
    before = off("near-zero-init.small.age", 200.0)
    numbers = with_fitted(before, fit_all(zoo(), (FIRST, SECOND), before))
    assert numbers["near-zero-init.small.age"] == Threshold(30.0, 1.0)
    assert numbers["verdict.few_replies"].log
    assert set(numbers) == set(NUMBERS)


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a doctor in the place of the real one who reads verdict and causes off two signals."""
    causes = {0.0: (), 1.0: ("near-zero-init", "stopped-early"), 2.0: ("unknown", "stopped-early")}

    def judge(signals: Signals, *, has_text: bool) -> Verdict:  # noqa: ARG001 (the real one has it)
        return Verdict("collapsed" if signals["ill"].value else "healthy", 1.0, decoder_loops=False)

    def find_causes(signals: Signals, *, has_text: bool) -> tuple[CauseFound, ...]:  # noqa: ARG001 (the real one has it)
        return tuple(CauseFound(cause, 1.0) for cause in causes[signals["causes"].value or 0.0])  # type: ignore[arg-type]  # names of causes

    monkeypatch.setattr(trial, "judge", judge)
    monkeypatch.setattr(trial, "find_causes", find_causes)


@pytest.mark.usefixtures("doctor")
def test_what_the_doctor_says_is_counted_against_what_is_so() -> None:
    found = try_doctor(
        [
            examined("collapsed", "near-zero-init", {"ill": 1, "causes": 1}, name="right"),
            examined("collapsed", "stopped-early", {"ill": 1, "causes": 1}, name="second"),
            examined("collapsed", "stopped-early", {"ill": 1, "causes": 2}, name="abstained"),
            examined("collapsed", "overfit", {"ill": 0, "causes": 0}, name="missed"),
            examined("collapsed", None, {"ill": 1, "causes": 1}, name="cause not known"),
            examined("healthy", "healthy", {"ill": 1, "causes": 1}, name="alarmed"),
            examined("healthy", "healthy", {"ill": 0, "causes": 0}, name="well"),
            examined(None, None, {"ill": 1, "causes": 1}, name="on the border"),
        ],
        "nothing",
    )
    assert found.verdicts.correct == Rate(5, 7)
    assert found.first_two == Rate(3, 4)
    assert found.alarms == Rate(1, 2)
    assert found.misses == Rate(1, 5)
    assert found.abstentions == Rate(1, 4)
    assert found.causes.row("stopped-early") == Rate(0, 2)
    assert [name for name, _, _ in found.wrong] == ["second", "abstained", "missed", "alarmed"]


@pytest.mark.usefixtures("doctor")
def test_the_report_has_a_section_for_each_kind_of_text_and_the_thresholds() -> None:
    cases = [examined("collapsed", "near-zero-init", {"ill": 1, "causes": 1})]
    numbers = off("near-zero-init.small.age", 200.0)
    fitted = fit_all(zoo(), (FIRST, SECOND), numbers)
    text = Calibration(zoo(), numbers, fitted, [try_doctor(cases, "nothing")]).markdown()
    assert "64 nets by their kind" in text
    assert "## Held-out nets, given nothing" in text
    assert "| right verdict | 100.0 % (1 of 1; 20.7 to 100.0) |" in text
    assert "| near-zero-init.small.age | below | 200 | 30 |" in text
