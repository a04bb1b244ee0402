"""From a subject to a diagnosis: examine, judge, find causes, prescribe."""

import time
from collections.abc import Iterator

import numpy as np

from chatbot_tui.core.diagnosis import CauseFound, Diagnosed, Diagnosis, DoctorEvent, Evidence, PromptAnswer, Side, TokenShare
from chatbot_tui.core.judgement import LOOP_REPEATS, LOOP_TOKENS
from chatbot_tui.diagnosis.catalogue import signal_readings
from chatbot_tui.diagnosis.causes import find_causes
from chatbot_tui.diagnosis.causes_of_training import PADDING, RATE
from chatbot_tui.diagnosis.causes_of_weights import TINY
from chatbot_tui.diagnosis.examination import Examination, examine
from chatbot_tui.diagnosis.measured import Signals
from chatbot_tui.diagnosis.prescriptions import prescribe
from chatbot_tui.diagnosis.rules import match
from chatbot_tui.diagnosis.subject import Subject
from chatbot_tui.diagnosis.thresholds import thresholds
from chatbot_tui.diagnosis.verdict import Verdict, judge
from chatbot_tui.diagnosis.words import TRACE, decoding, remarks, sentence
from chatbot_tui.signals.replies import loops

TOP = 8
"""Tokens of each distribution that a diagnosis lists."""

HARMLESS = 0.7
"""What is left of the confidence in a cause where it has done no harm that can be heard."""

DIVERGED = (
    "Some numbers of the net are NaN or infinite, so everything that it computes is. Training that diverged leaves this, mostly at too "
    "high a learning rate or without a limit on the gradient; so does a damaged file."
)
NO_HARM = "It has done no harm that can be heard."
BY_HEART = (
    "The net is as sure of its words as nets are that know their training text by heart. Whether it does cannot be told without text: "
    "give some that it has not learnt from."
)
GREEDY = (
    "The net is well: it is the decoder that runs in circles. The likeliest word each time is a poor way to speak, since every "
    "repetition makes the next one likelier."
)


def diagnose(subject: Subject) -> Iterator[DoctorEvent]:
    """Examine a net, yielding how far it is, and at last the diagnosis. The same subject gives the same, but for `seconds`."""
    began = time.perf_counter()
    examination = yield from examine(subject)
    yield Diagnosed(conclude(subject, examination, time.perf_counter() - began))


def conclude(subject: Subject, examination: Examination, seconds: float) -> Diagnosis:
    """Return the diagnosis that the measurements lead to."""
    signals, has_text = examination.signals, subject.text is not None
    verdict = judge(signals, has_text=has_text)
    causes = causes_of(verdict, examination, has_text=has_text)
    return Diagnosis(
        verdict=verdict.verdict,
        sentence=sentence(verdict, signals),
        decoding=decoding(signals),
        confidence=verdict.confidence,
        causes=causes,
        prescription=prescribe(causes),
        signals=signal_readings(signals),
        layers=examination.layers,
        map=examination.map,
        answers=answers(subject, examination),
        remarks=remarks(subject, verdict, examination, causes),
        checkpoint=subject.checkpoint.name,
        text="" if subject.text is None else f"{subject.text.words:,} words",
        seconds=seconds,
    )


def causes_of(verdict: Verdict, examination: Examination, *, has_text: bool) -> tuple[CauseFound, ...]:
    """Return what explains the verdict; for a healthy net what is worth knowing all the same, such as that the decoder loops."""
    signals = examination.signals
    if verdict.verdict == "broken":
        measured = signals["non_finite_values"]
        meaning = "These numbers are NaN or infinite."
        return (
            CauseFound("unknown", 1.0, (Evidence("non_finite_values", measured.where, measured.value or 0.0, 0.0, meaning),), DIVERGED),
        )
    if verdict.verdict != "healthy":
        return find_causes(signals, has_text=has_text)
    return (*by_heart(verdict, signals), *harmless(signals), *greedy_decoding(verdict, signals))


def by_heart(verdict: Verdict, signals: Signals) -> tuple[CauseFound, ...]:
    """Return that it is unknown whether a net that looks healthy knows its text by heart, where it is as sure as those that do."""
    if not verdict.too_sure:
        return ()
    numbers = thresholds()
    tests: tuple[tuple[str, Side, str], ...] = (
        ("confidence", "above", "On average it is this sure of its first choice, after words that make no sense together."),
        ("entropy_share", "below", "Of the doubt that its vocabulary allows it has only this part."),
    )
    evidence = tuple(
        Evidence(name, "", signals[name].value or 0.0, numbers[f"verdict.too_sure.{name}"].threshold, meaning, side)
        for name, side, meaning in tests
    )
    return (CauseFound("unknown", 0.5, evidence, BY_HEART),)


def harmless(signals: Signals) -> Iterator[CauseFound]:
    """Yield what is wrong with a net that speaks well all the same: it could be better, or would be worse if it were trained on."""
    numbers = thresholds()
    for rule in (RATE, PADDING, TINY):
        found = match(rule, signals, numbers)
        if found is not None and found.confidence >= TRACE:
            yield CauseFound(rule.cause, found.confidence * HARMLESS, found.evidence, f"{NO_HARM} {rule.explanation}")


def greedy_decoding(verdict: Verdict, signals: Signals) -> tuple[CauseFound, ...]:
    """Return the finding that the decoder loops where the net does not."""
    if not verdict.decoder_loops:
        return ()
    numbers = thresholds()
    greedy, sampled = signals["greedy_loops"].value or 0.0, signals["sampled_loops"].value or 0.0
    limit, samples = numbers["verdict.greedy_loops"].threshold, numbers["verdict.sampled_loops"].threshold
    return (
        CauseFound(
            "greedy-decoding",
            numbers["verdict.greedy_loops"].support(greedy, "above"),
            (
                Evidence("greedy_loops", "", greedy, limit, "Taking the likeliest word each time, its replies run in circles."),
                Evidence("sampled_loops", "", sampled, samples, "Drawn at temperature 1, the same net's replies do not.", "below"),
            ),
            GREEDY,
        ),
    )


def answers(subject: Subject, examination: Examination) -> tuple[PromptAnswer, ...]:
    """Return what the net made of each prompt."""
    predictions, speech = examination.predictions, examination.speech
    if predictions is None or speech is None:
        return ()
    tokenizer = subject.checkpoint.tokenizer
    p = predictions.p
    found = []
    for number, prompt in enumerate(subject.prompts.T.tolist()):
        # Stable: the lower id first of equals, as everywhere.
        top = np.argsort(-p[number], kind="stable")[:TOP].tolist()
        greedy, sampled = speech.greedy[number], speech.sampled[number]
        found.append(
            PromptAnswer(
                prompt=tokenizer.decode(prompt),
                top=tuple(TokenShare(token, tokenizer.texts[token], float(p[number, token])) for token in top),
                entropy=float(-(p[number] * np.maximum(predictions.log_p[number], -1e300)).sum()),
                greedy=tokenizer.decode(greedy),
                sampled=tokenizer.decode(sampled),
                greedy_loops=loops(greedy, LOOP_REPEATS, LOOP_TOKENS) is not None,
                sampled_loops=loops(sampled, LOOP_REPEATS, LOOP_TOKENS) is not None,
            )
        )
    return tuple(found)
