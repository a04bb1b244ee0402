"""Measure a checkpoint on held-out text, as one record or as a table with units."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from chatbot_tui.commands.output import warn, write, write_json
from chatbot_tui.core.library import CheckpointEntry, find
from chatbot_tui.model.importers.load import load_named
from chatbot_tui.training import evaluation
from chatbot_tui.training.corpus import read_corpus
from chatbot_tui.training.counts import load_bigrams


def evaluate(*, checkpoint: str, vocabulary: str | None, corpora: Sequence[str], as_json: bool) -> None:
    """Write how well a checkpoint predicts the text of all `corpora` together.

    Raises:
        InputError: the checkpoint or a corpus is missing or malformed.
    """
    found = find(checkpoint)
    dialogues = [dialogue for source in corpora for dialogue in read_corpus(source).dialogues]
    loaded, warnings = load_named(found, vocabulary)
    for warning in warnings:
        warn(warning)
    bigrams = load_bigrams(found.path, loaded.tokenizer.size) if isinstance(found, CheckpointEntry) else None
    console = Console(stderr=True)
    columns = (TextColumn("evaluating"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("evaluating", total=None)
        measured = evaluation.evaluate(loaded, dialogues, bigrams, lambda done, total: bar.update(task, completed=done, total=total))
    if as_json:
        write_json(measured)
    else:
        write(table(measured))


def table(measured: Mapping[str, Any]) -> str:
    """Return the figures with their units, a line each."""
    hits = None if measured["hits_at_1"] is None else f"{measured['hits_at_1']:.3f} ± {measured['hits_standard_error']:.3f}"
    note = "" if measured["comparable"] else "  (the tokenizer loses part of the text: not comparable with other nets)"
    rows = (
        ("word perplexity", number(measured["word_perplexity"], 2), "a white-space word or turn's end" + note),
        ("token perplexity", number(measured["token_perplexity"], 2), "a token"),
        ("loss by word frequencies", number(measured["unigram_loss"], 3), "nats a token"),
        ("loss by pairs", number(measured["bigram_loss"], 3), "nats a token"),
        ("gain from context", number(measured["context_gain"], 3), "nats a token below word frequencies"),
        ("right reply first", hits or "unknown", "share of the cases, among 20 (chance: .05)"),
        ("text", f"{measured['words']:,}", f"words in {measured['turns']:,} turns of {measured['dialogues']:,} dialogues"),
        ("time", f"{measured['seconds']:.1f}", "s"),
    )
    names, figures = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    return "".join(f"{name.ljust(names)}  {figure.rjust(figures)}  {unit}\n" for name, figure, unit in rows)


def number(value: float | None, digits: int) -> str:
    """Return a figure with a fixed number of decimals, or that it is unknown."""
    return "unknown" if value is None else f"{value:,.{digits}f}"
