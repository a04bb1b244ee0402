import math

import pytest

from chatbot_tui.core.diagnosis import CauseFound, Diagnosis, Evidence, Prescription, PromptAnswer, Range, SignalReading
from chatbot_tui.core.diagnosis_report import command, figure, to_json, to_markdown

DIAGNOSIS = Diagnosis(
    verdict="collapsed",
    sentence="Collapsed: it says “a|b” for ever.",
    decoding="greedy loops after 3 tokens",
    confidence=0.9,
    causes=(CauseFound("near-zero-init", 0.93, (Evidence("positive_fraction", "lstm.weight_hh_l0", 0.99, 0.9, "Nearly all."),), "Why."),),
    prescription=(Prescription("near-zero-init", {"init": "xavier", "tied": True, "learning_rate": 0.002}, "Larger first weights."),),
    signals=(
        SignalReading(
            "positive_fraction", "Positive weights", 0.99, "share", "l0", {"l0": 0.99, "l1": 0.5}, Range(0.45, 0.55), Range(0.9, 1)
        ),
        SignalReading("context_gain", "Gain", None, "nats"),
        SignalReading("odd", "Odd", math.inf),
    ),
    answers=(PromptAnswer("<b>hi", (), 1.0, "the the", "a\nb", True, False),),
    remarks=("Add *text*.",),
    checkpoint="my_net",
    text="1,000 words",
    seconds=3.1,
)


def test_the_record_has_what_the_contract_names() -> None:
    record = to_json(DIAGNOSIS)
    assert (record["verdict"], record["decoding"], record["seconds"]) == ("collapsed", "greedy loops after 3 tokens", 3.1)
    assert record["prescription"] == [
        {"recipe": "near-zero-init", "set": {"init": "xavier", "tied": True, "learning_rate": 0.002}, "why": "Larger first weights."}
    ]
    (cause,) = record["causes"]
    assert (cause["cause"], cause["confidence"]) == ("near-zero-init", 0.93)
    (evidence,) = cause["evidence"]
    assert {key: evidence[key] for key in ("signal", "where", "value", "threshold", "meaning")} == {
        "signal": "positive_fraction",
        "where": "lstm.weight_hh_l0",
        "value": 0.99,
        "threshold": 0.9,
        "meaning": "Nearly all.",
    }
    assert record["signals"] == {"positive_fraction": 0.99, "context_gain": None, "odd": None}
    assert record["places"] == {"positive_fraction": {"l0": 0.99, "l1": 0.5}}


def test_markdown_shows_everything_and_obeys_nothing() -> None:
    text = to_markdown(DIAGNOSIS)
    assert text.startswith("# my\\_net: collapsed\n\nCollapsed: it says “a\\|b” for ever.\n")
    assert "| positive\\_fraction | lstm.weight\\_hh\\_l0 | 0.99 | ≥ 0.9 | Nearly all. |" in text
    assert "- `chatbot-tui train near-zero-init --set init=xavier --set tied=true --set learning_rate=0.002`: Larger first weights." in text
    assert "| Positive weights | 0.99 | share | l0 | 0.45 to 0.55 | 0.9 to 1 |" in text
    assert "| \\<b\\>hi | the the | a b |" in text
    assert "- Add \\*text\\*." in text


def test_a_diagnosis_of_nothing_is_short() -> None:
    assert to_markdown(Diagnosis("healthy", "Well.", "fine", 1.0)).count("\n\n") == 2


def test_a_command_spells_its_settings_as_the_command_line_takes_them() -> None:
    assert command(Prescription("deep-stack", {"residual": False}, "")) == "chatbot-tui train deep-stack --set residual=false"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (math.nan, "-"),
        (0.0, "0"),
        (0.12345, "0.123"),
        (1e-9, "1.0e-09"),
        (12345.6, "12,346"),
        (-2.5, "-2.5"),
        (5e7, "5.0e+07"),
    ],
)
def test_figures_have_three_digits(value: float | None, text: str) -> None:
    assert figure(value) == text
