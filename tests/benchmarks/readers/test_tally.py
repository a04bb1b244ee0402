"""Sheets that give nobody away, and figures from answers, by hand."""

import pytest

from chatbot_tui.benchmarks.readers.people import answers_of_people
from chatbot_tui.benchmarks.readers.report import cell, report
from chatbot_tui.benchmarks.readers.sheet import Line, make_sheet
from chatbot_tui.benchmarks.readers.tally import Judgement, agreement, tallies
from chatbot_tui.core.errors import InputError

REPLIES = {"net": ["fine", "pizza", "no"], "people": ["good", "pasta", "yes"]}
OPENERS = ["how are you?", "what do you eat?", "do you swim?"]


def judged(reader: str, *yes: tuple[int, ...]) -> Judgement:
    """Answers that say yes to both questions for the given numbers of six, no to the others."""
    numbers = {number for group in yes for number in group}
    return Judgement(reader, {number: {"fluent": number in numbers, "fits": number in numbers} for number in range(1, 7)})


def test_every_reply_stands_once_beside_its_opener_and_no_line_tells_who_spoke() -> None:
    lines = make_sheet(OPENERS, REPLIES, 0)
    assert [line.number for line in lines] == [1, 2, 3, 4, 5, 6]
    assert {(line.speaker, line.opener, line.reply) for line in lines} == {
        (speaker, opener, reply) for speaker, said in REPLIES.items() for opener, reply in zip(OPENERS, said, strict=True)
    }
    assert all(set(line.unnamed()) == {"number", "opener", "reply"} for line in lines)
    assert make_sheet(OPENERS, REPLIES, 0) == lines
    assert len({tuple(line.speaker for line in make_sheet(OPENERS, REPLIES, seed)) for seed in range(20)}) > 4


def test_the_majority_decides() -> None:
    lines = [Line(number, "hi", "yo", "net" if number <= 4 else "people") for number in range(1, 7)]
    readers = [judged("a", (1, 2, 5)), judged("b", (1, 3, 5)), judged("c", (1, 2, 6))]
    # Line 1 has three votes, 2 two, 3 one, 4 none; 5 two, 6 one.
    assert [(tally.speaker, tally.replies, tally.yes["fits"]) for tally in tallies(lines, readers)] == [("net", 4, 2), ("people", 2, 1)]


def test_agreement_is_that_of_fleiss() -> None:
    lines = [Line(number, "hi", "yo", "net") for number in range(1, 7)]
    readers = [judged("a", (1, 2, 5)), judged("b", (1, 3, 5)), judged("c", (1, 2, 6))]
    # Votes 3, 2, 1, 0, 2, 1: pairs that agree, of 3 a line: 3, 1, 1, 3, 1, 1, so 10 / 18; by chance .5 and .5, so .5.
    assert agreement(lines, readers, "fluent") == pytest.approx((10 / 18 - 0.5) / 0.5)
    assert agreement(lines, [judged("a"), judged("b"), judged("c")], "fluent") == 1
    # Votes 3, 3, 3, 3, 2, 1: 14 / 18 pairs agree; yes is 15 of 18 answers, so by chance 25 / 36 + 1 / 36 = 13 / 18.
    readers = [judged("a", (1, 2, 3, 4, 5, 6)), judged("b", (1, 2, 3, 4, 5)), judged("c", (1, 2, 3, 4))]
    assert agreement(lines, readers, "fits") == pytest.approx((14 / 18 - 13 / 18) / (5 / 18))


def test_answers_that_are_missing_are_named() -> None:
    lines = [Line(7, "hi", "yo", "net")]
    with pytest.raises(InputError, match="b has not judged line 7"):
        tallies(lines, [Judgement("b", {7: {"fluent": True}})])
    with pytest.raises(InputError, match="2 readers have no majority"):
        tallies(lines, [judged("a"), judged("b")])


def test_answers_to_another_sheet_are_told() -> None:
    # Six answers, and a key of four lines: they were given to other replies, and whom they speak for nobody knows.
    lines = [Line(number, "hi", "yo", "net") for number in range(1, 5)]
    with pytest.raises(InputError, match="b has judged line 5"):
        tallies(lines, [Judgement("a", {number: {"fluent": True, "fits": True} for number in range(1, 5)}), judged("b"), judged("c")])


def test_a_sheet_without_lines_and_a_reader_without_others_are_told() -> None:
    with pytest.raises(InputError, match="the key holds no line"):
        report([], [judged("a")] * 3, "")
    with pytest.raises(InputError, match="one reader has nobody to agree with"):
        report([Line(1, "hi", "yo", "net")], [Judgement("a", {1: {"fluent": True, "fits": True}})], "")


def test_people_are_asked_what_is_most_like_the_opener() -> None:
    dialogues = [
        ["do you like the sea", "i do , it is big", "do you like the cinema", "only on mondays"],
        ["do you like the cinema", "what the hell no", "the the the", "never mind"],
    ]
    # "cinema" is rarer than the other words; the profane answer to the same question does not stand; a turn serves once.
    assert answers_of_people(["cinema?", "Do you like the cinema?", "xyzzy"], dialogues) == [
        ("do you like the cinema", "only on mondays"),
        ("do you like the sea", "i do , it is big"),
        ("", ""),
    ]


def test_the_report_shows_figures_and_sheet_and_text_is_never_markup() -> None:
    lines = [Line(number, "hi", "yo | <b>" if number == 1 else "", "net") for number in range(1, 7)]
    text = report(lines, [judged("a", (1, 2, 3, 4, 5, 6))] * 3, "Seed 3.")
    # Wilson's interval of 6 out of 6: 6 / (6 + 1.96 squared) = .61.
    assert "| net | 6 | 6 (61 to 100 %) | 6 (61 to 100 %) | 0 |" in text
    assert "| hi | yo \\| \\<b\\> | net | 3 | 3 |" in text
    assert "(nothing)" in text
    assert cell("a\n*b*") == "a \\*b\\*"
