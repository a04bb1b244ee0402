"""Which specimens each threshold of the doctor has to tell apart, and the thresholds that do it best."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chatbot_tui.core.diagnosis import Side
from chatbot_tui.diagnosis.calibration.examined import Examined
from chatbot_tui.diagnosis.calibration.fit import Case, Fitted, Question, fit
from chatbot_tui.diagnosis.calibration.labels import HEALTHY
from chatbot_tui.diagnosis.measured import Signals
from chatbot_tui.diagnosis.rules import Rule, Signature, Test, match, name_of, support, value_of
from chatbot_tui.diagnosis.thresholds import Threshold

ENOUGH = 15
"""Cases, at least, on either side of a threshold that is fitted, else it stays as it is; a specimen is a case with each kind of text."""


LEAST_CLEARED = 0.995
"""Share of the nets of another verdict that a threshold of a verdict has to spare: a false alarm does more harm than a miss."""


@dataclass(frozen=True)
class VerdictQuestion:
    """A threshold of the verdict."""

    name: str
    signal: str
    side: Side
    positive: frozenset[str]
    """Verdicts on that side."""
    negative: frozenset[str]
    has_text: bool | None = None
    """Whether it is asked with text or without; None for both."""


def ask(name: str, signal: str, side: Side, positive: str, negative: str, has_text: bool | None = None) -> VerdictQuestion:
    """Return a question about verdicts, each side's given in one text."""
    return VerdictQuestion(f"verdict.{name}", signal, side, frozenset(positive.split()), frozenset(negative.split()), has_text)


VERDICTS = (
    ask("sampled_loops", "sampled_loops", "above", "looping", "memorised generic healthy"),
    ask("overconfidence", "overconfidence", "above", "memorised", "healthy"),
    ask("few_replies", "greedy_distinct", "below", "collapsed generic", "memorised healthy", has_text=False),
    ask("few_replies_text", "greedy_distinct", "below", "collapsed generic", "memorised healthy", has_text=True),
    ask("sampled_alike", "sampled_alike", "above", "generic", "healthy"),
)
"""The verdict's thresholds that are fitted; the others are matters of definition."""


@dataclass(frozen=True)
class Seen:
    """One specimen with one kind of text, as the fit sees it."""

    part: str
    verdict: str
    cause: str
    has_text: bool
    signals: Signals


def seen(zoo: Iterable[Examined]) -> list[Seen]:
    """Return every specimen with every kind of text, those on the border left out."""
    return [
        Seen(one.part, one.label.verdict, one.label.cause or "", given != "nothing", signals)
        for one in zoo
        if one.label.verdict is not None
        for given, signals in one.signals.items()
    ]


def fit_all(zoo: Sequence[Examined], rules: Sequence[Rule], numbers: Mapping[str, Threshold]) -> dict[str, Fitted]:
    """Return the thresholds that can be fitted, by name.

    A test of a signature is fitted to those specimens that the signature's other tests let through, since those are all that it
    decides about. It has to find those nets with the cause that no other signature of it finds, and to tell them from nets with causes
    that are asked about later, and with earlier ones where their own rule misses them.
    """
    specimens = seen(zoo)
    fitted = {
        question.name: fit(*about_verdict(question, specimens, numbers[question.name].threshold))
        for question in VERDICTS
        if question.name in numbers
    }
    unhealthy = [one for one in specimens if one.cause not in ("", HEALTHY)]
    order: dict[str, int] = {rule.cause: place for place, rule in enumerate(rules)}
    explained = [rule_matches(rules, order, one, numbers) for one in unhealthy]
    for rule, signature, test in every_test(rules):
        others = [other for other in signature.tests if other is not test]
        left = [
            Case("positive" if one.cause == rule.cause else "negative", one.part, {test.signal: value_of(one.signals, test.signal)})
            for one, is_explained in zip(unhealthy, explained, strict=True)
            if passes(rule, signature, others, one.signals, numbers)
            and (
                is_left_to(rule, signature, one.signals, numbers)
                if one.cause == rule.cause
                else order.get(one.cause, 0) > order[rule.cause] or not is_explained
            )
        ]
        name = name_of(rule, signature, test)
        fitted[name] = fit(Question(name, test.signal, test.side, frozenset({"positive"}), in_use=numbers[name].threshold), left)
    return {name: found for name, found in fitted.items() if found.value is not None and is_enough(found)}


def every_test(rules: Sequence[Rule]) -> Iterator[tuple[Rule, Signature, Test]]:
    """Yield every test of every signature of every rule."""
    for rule in rules:
        for signature in rule.signatures:
            for test in signature.tests:
                yield rule, signature, test


def rule_matches(rules: Sequence[Rule], order: Mapping[str, int], one: Seen, numbers: Mapping[str, Threshold]) -> bool:
    """Return whether the rule of a specimen's own cause finds it."""
    place = order.get(one.cause)
    return place is not None and match(rules[place], one.signals, numbers) is not None


def is_left_to(rule: Rule, signature: Signature, signals: Signals, numbers: Mapping[str, Threshold]) -> bool:
    """Return whether no other signature of the rule finds a net."""
    return not any(support(rule, other, signals, numbers) > 0 for other in rule.signatures if other is not signature)


def passes(rule: Rule, signature: Signature, tests: Iterable[Test], signals: Signals, numbers: Mapping[str, Threshold]) -> bool:
    """Return whether signals pass all of these tests."""
    return all(numbers[name_of(rule, signature, test)].support(value_of(signals, test.signal), test.side) > 0 for test in tests)


def about_verdict(question: VerdictQuestion, specimens: Iterable[Seen], in_use: float) -> tuple[Question, list[Case]]:
    """Return a question of the verdict, the threshold in use, and the specimens that it is about."""
    cases = [
        Case(one.verdict, one.part, {question.signal: value_of(one.signals, question.signal)})
        for one in specimens
        if question.has_text in (None, one.has_text)
    ]
    return Question(question.name, question.signal, question.side, question.positive, question.negative, in_use, LEAST_CLEARED), cases


def is_enough(found: Fitted) -> bool:
    """Return whether a threshold rests on enough specimens."""
    return min(found.found.total, found.cleared.total) >= ENOUGH


def with_fitted(numbers: Mapping[str, Threshold], fitted: Mapping[str, Fitted]) -> dict[str, Threshold]:
    """Return the thresholds with the fitted values in the place of the old."""
    return {
        name: replace(number, threshold=float(f"{found.value:.4g}"))
        if (found := fitted.get(name)) is not None and found.value is not None
        else number
        for name, number in numbers.items()
    }
