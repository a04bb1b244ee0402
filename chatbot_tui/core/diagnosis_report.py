"""A diagnosis written down: as a record for programs, and as Markdown for people."""

import math
from collections.abc import Iterable
from typing import Any

from chatbot_tui.core.diagnosis import Diagnosis, Evidence, Prescription, SignalReading

SIGNS = {"above": "≥", "below": "≤"}


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return the record that `doctor --json` writes; values that are no finite number are null."""
    return {
        "checkpoint": diagnosis.checkpoint,
        "verdict": diagnosis.verdict,
        "confidence": diagnosis.confidence,
        "sentence": diagnosis.sentence,
        "decoding": diagnosis.decoding,
        "causes": [
            {
                "cause": cause.cause,
                "confidence": cause.confidence,
                "explanation": cause.explanation,
                "evidence": [
                    {
                        "signal": entry.signal,
                        "where": entry.where,
                        "value": finite(entry.value),
                        "threshold": entry.threshold,
                        "side": entry.side,
                        "meaning": entry.meaning,
                    }
                    for entry in cause.evidence
                ],
            }
            for cause in diagnosis.causes
        ],
        "prescription": [{"recipe": entry.recipe, "set": dict(entry.set), "why": entry.why} for entry in diagnosis.prescription],
        "signals": {reading.signal: finite(reading.value) for reading in diagnosis.signals},
        "places": {
            reading.signal: {place: finite(value) for place, value in reading.places.items()}
            for reading in diagnosis.signals
            if reading.places
        },
        "remarks": list(diagnosis.remarks),
        "text": diagnosis.text,
        "seconds": diagnosis.seconds,
    }


def to_markdown(diagnosis: Diagnosis) -> str:
    """Return the report as Markdown, for an issue or a notebook."""
    parts = [f"# {plain(diagnosis.checkpoint or 'Checkpoint')}: {diagnosis.verdict}", plain(diagnosis.sentence)]
    parts.append(f"Decoding: {plain(diagnosis.decoding)}. Confidence of the verdict: {diagnosis.confidence:.0%}.")
    for cause in diagnosis.causes:
        parts.append(f"## {cause.cause} ({cause.confidence:.0%})")
        parts.append(plain(cause.explanation))
        if cause.evidence:
            parts.append(table(("signal", "where", "value", "threshold", "what it means"), map(evidence_row, cause.evidence)))
    if diagnosis.prescription:
        parts.append("## What to do")
        parts.append("\n".join(f"- `{command(entry)}`: {plain(entry.why)}" for entry in diagnosis.prescription))
    if diagnosis.remarks:
        parts.append("## Remarks")
        parts.append("\n".join(f"- {plain(remark)}" for remark in diagnosis.remarks))
    if diagnosis.signals:
        parts.append("## Signals")
        parts.append(table(("signal", "value", "unit", "where", "healthy", "collapsed"), map(signal_row, diagnosis.signals)))
    spoken = diagnosis.answers[:4]
    if spoken:
        parts.append("## What it says")
        rows = ((answer.prompt, answer.greedy, answer.sampled) for answer in spoken)
        parts.append(table(("prompt", "greedy", "sampled at temperature 1"), rows))
    return "\n\n".join(parts) + "\n"


def command(prescription: Prescription) -> str:
    """Return the command line that runs a prescription."""
    settings = "".join(f" --set {key}={spelled(value)}" for key, value in prescription.set.items())
    return f"chatbot-tui train {prescription.recipe}{settings}"


def spelled(value: object) -> str:
    """Return a setting's value as the command line takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def evidence_row(entry: Evidence) -> tuple[str, ...]:
    """Return one piece of evidence as the cells of a table."""
    return entry.signal, entry.where, figure(entry.value), f"{SIGNS[entry.side]} {figure(entry.threshold)}", entry.meaning


def signal_row(reading: SignalReading) -> tuple[str, ...]:
    """Return one signal as the cells of a table."""
    ranges = ["" if span is None else f"{figure(span.low)} to {figure(span.high)}" for span in (reading.healthy, reading.collapsed)]
    return reading.title, figure(reading.value), reading.unit, reading.where, *ranges


def figure(value: float | None) -> str:
    """Return a number with three significant digits; a dash where it is unknown."""
    if value is None or not math.isfinite(value):
        return "-"
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.1e}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    cells = [tuple(head), *(tuple(row) for row in rows)]
    lines = ["| " + " | ".join(map(plain, row)) + " |" for row in cells]
    return "\n".join([lines[0], "| " + " | ".join("---" for _ in cells[0]) + " |", *lines[1:]])


def plain(text: str) -> str:
    """Return a text in one line in which nothing is taken for Markdown or HTML."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return "".join(f"\\{character}" if character in "\\`*_|<>[]#" else character for character in line)


def finite(value: float | None) -> float | None:
    """Return a value as strict JSON can hold it."""
    return value if value is not None and math.isfinite(value) else None
