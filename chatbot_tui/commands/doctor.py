"""Say why a checkpoint collapsed: the verdict, the causes with their evidence, and what to do, as text, record or Markdown."""

import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from chatbot_tui.commands.output import columns, warn, write, write_json
from chatbot_tui.core.diagnosis import CauseFound, Diagnosed, Diagnosis
from chatbot_tui.core.diagnosis_report import SIGNS, command, figure, to_json, to_markdown
from chatbot_tui.core.errors import InputError
from chatbot_tui.diagnosis.diagnose import diagnose
from chatbot_tui.diagnosis.subject import Subject, read_subject

MAX_WIDTH = 120
KEY_SIGNALS = ("prompt_sensitivity", "context_gain", "greedy_distinct", "sampled_loops", "confidence", "overconfidence")
"""What a person sees of a healthy net; the rest stands in the record and in the Markdown."""


def doctor(*, checkpoint: str, vocabulary: str | None, corpora: Sequence[str], as_json: bool, markdown: str | None) -> int:
    """Write the diagnosis of a checkpoint, and return the exit status: 0 healthy, 1 anything else.

    Raises:
        InputError: the checkpoint, its vocabulary or a corpus is missing or malformed, or the Markdown cannot be written.
    """
    subject = read_subject(checkpoint, vocabulary, corpora)
    diagnosis = examined(subject)
    for warning in subject.warnings:
        warn(warning)
    if markdown is not None:
        save(Path(markdown), to_markdown(diagnosis))
    if as_json:
        write_json(to_json(diagnosis))
    else:
        write(report(diagnosis, min(shutil.get_terminal_size((100, 24)).columns, MAX_WIDTH)))
    return 0 if diagnosis.verdict == "healthy" else 1


def examined(subject: Subject) -> Diagnosis:
    """Return the diagnosis, with a bar on standard error while it is made."""
    console = Console(stderr=True)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), console=console, disable=not console.is_terminal, transient=True)
    with bar:
        task = bar.add_task("examining", total=1.0)
        for event in diagnose(subject):
            if isinstance(event, Diagnosed):
                return event.diagnosis
            bar.update(task, completed=event.share, description=f"examining {event.stage}")
    raise AssertionError("an examination ends with a diagnosis")


def save(path: Path, text: str) -> None:
    """Write a report to a file. Raises InputError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}; name another file") from None


def report(diagnosis: Diagnosis, width: int) -> str:
    """Return the diagnosis as a person reads it in a terminal of that width."""
    parts = [folded(diagnosis.sentence, width), folded(f"Decoding: {diagnosis.decoding}.", width)]
    parts += [cause_text(cause, width) for cause in diagnosis.causes]
    if diagnosis.verdict == "healthy":
        known = {reading.signal: reading for reading in diagnosis.signals}
        rows = [(known[name].title, figure(known[name].value), known[name].unit) for name in KEY_SIGNALS if name in known]
        parts.append(columns(rows, width))
    if diagnosis.prescription:
        lines = [folded(entry.why, width, "  ") + f"    {command(entry)}\n" for entry in diagnosis.prescription]
        parts.append("What to do\n" + "".join(lines))
    parts += [folded(remark, width) for remark in diagnosis.remarks]
    return "\n".join(parts)


def cause_text(cause: CauseFound, width: int) -> str:
    """Return one cause with its evidence: the numbers beside their thresholds, and what each means below."""
    lines = []
    for entry in cause.evidence:
        place = f" in {entry.where}" if entry.where else ""
        lines.append(f"  {entry.signal} {figure(entry.value)} ({SIGNS[entry.side]} {figure(entry.threshold)}){place}\n")
        lines.append(folded(entry.meaning, width, "    "))
    return f"{cause.cause}, {cause.confidence:.0%} sure\n" + folded(cause.explanation, width, "  ") + "".join(lines)


def folded(text: str, width: int, indent: str = "") -> str:
    """Return a paragraph in lines of at most `width` cells."""
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent) + "\n"
