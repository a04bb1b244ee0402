"""The examination: every signal of one net, measured in a fixed order, with word of how far it is."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from chatbot_tui.core.diagnosis import Examining, HiddenMap, LayerReading
from chatbot_tui.diagnosis.measured import Measured, Signals, over_places
from chatbot_tui.diagnosis.measures.interventions import refit_gain, train_on_gain
from chatbot_tui.diagnosis.measures.predictions import Predictions, predict, prediction_signals
from chatbot_tui.diagnosis.measures.speech import Speech, speak, speech_signals
from chatbot_tui.diagnosis.measures.states import hidden_map, layer_readings, state_signals
from chatbot_tui.diagnosis.measures.text import read, table_of, text_signals
from chatbot_tui.diagnosis.measures.weights import non_finite_values, weight_signals
from chatbot_tui.diagnosis.subject import GivenText, Subject
from chatbot_tui.diagnosis.verdict import judge
from chatbot_tui.signals.layers import layer_traces

BLIND_PART = 4
"""A quarter of the text is enough to tell what it costs to read nothing."""


@dataclass(frozen=True)
class Examination:
    """All that was measured."""

    signals: Signals
    layers: tuple[LayerReading, ...] = ()
    map: HiddenMap | None = None
    predictions: Predictions | None = None
    speech: Speech | None = None


def examine(subject: Subject) -> Generator[Examining, None, Examination]:
    """Measure everything, yielding how far it is, and return what was found.

    A net with NaN or infinity in its weights, or whose sums overflow, is measured no further than that. The same subject gives the
    same figures.
    """
    model = subject.checkpoint.model
    yield Examining("the weights", 0.0)
    broken = non_finite_values(model)
    signals: dict[str, Measured] = {"non_finite_values": over_places(broken) if broken else Measured(0.0)}
    if broken:
        return Examination(signals)
    signals |= weight_signals(model)
    yield Examining("answers to the prompts", 0.2)
    predictions = predict(model, subject.prompts)
    if not np.isfinite(predictions.logits).all():
        signals["non_finite_values"] = Measured(float((~np.isfinite(predictions.logits)).sum()), "logits")
        return Examination(signals)
    signals |= prediction_signals(subject, predictions)
    yield Examining("hidden states and gates", 0.3)
    traces = layer_traces(model, subject.prompts)
    layers = layer_readings(traces)
    signals |= state_signals(layers, subject.prompts.shape[1])
    yield Examining("replies, greedy and sampled", 0.4)
    speech = speak(subject)
    signals |= speech_signals(speech, subject)
    if subject.text is not None:
        signals |= yield from examine_text(subject, subject.text, speech, signals)
    return Examination(signals, layers, hidden_map(traces[-1].h), predictions, speech)


def examine_text(subject: Subject, text: GivenText, speech: Speech, known: Signals) -> Generator[Examining, None, dict[str, Measured]]:
    """Measure what needs text; what is done to the net only where it is not well by what is known, and the cause a close call."""
    model = subject.checkpoint.model
    table = table_of(text)
    if len(table) < 2:
        return {}
    yield Examining("the text", 0.6)
    reading = read(model, table)
    blind = read(model, table[: len(table) // BLIND_PART + 2], blind=True)
    signals = text_signals(subject, text, reading, blind, speech)
    if judge({**known, **signals}, has_text=True).verdict == "healthy":
        return signals
    yield Examining("a new output layer on the same states", 0.75)
    signals["refit_gain"] = Measured(refit_gain(reading))
    yield Examining("some steps of training", 0.8)
    signals["train_on_gain"] = Measured(train_on_gain(subject, text))
    return signals
