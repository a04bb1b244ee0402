"""Puts a checkpoint's card into words."""

from collections.abc import Mapping
from typing import Any

from textual.content import Content

from chatbot_tui.core.library import CheckpointEntry
from chatbot_tui.ui.panels.wrapping import printable, wrap

MEASURES = {
    "word_perplexity": ("word perplexity", "{}, as if in doubt among so many words"),
    "token_perplexity": ("token perplexity", "{}"),
    "hits_at_1": ("right reply", "found {:.1%} of the time among 20; by chance 5%"),
    "context_gain": ("context gain", "{} nats a token over mere word frequencies"),
}
"""Metrics worth showing, in this order, with what they are called and what they mean."""
IMPORTED = {"file": "imported from", "layout": "layout", "sha256": "SHA-256"}
"""What a card tells of a net from another program."""
MAX_ANSWERS = 8
PROMPTS = 32
"""How many prompts the card's greedy figures are taken over."""
ONE_WORD = 0.9
"""Share of one word among a net's greedy replies from which it says hardly anything else."""
LABEL = 16
"""Cells of the names before the values."""
WIDE = 10_000
"""Cells in which every line fits."""


def card_text(entry: CheckpointEntry, width: int = WIDE) -> Content:
    """Return what a checkpoint is, what it teaches, how good it is and what it was made from; values hang beside their names."""
    parts: list[Content | tuple[str, str] | str] = [(printable(entry.name), "bold"), f"  {entry.source}\n\n"]
    if entry.problem:
        parts += [("cannot be loaded: ", "bold $warning"), printable(entry.problem), "\n\n"]
    if entry.teaches:
        parts.append(f"{printable(entry.teaches)}\n\n")
    if isinstance(limits := entry.card.get("limits"), str) and limits.strip():
        parts += [("bad at  ", "$foreground 60%"), f"{printable(limits)}\n\n"]
    for name, value in facts(entry):
        parts += [(f"{name:<{LABEL}}", "$foreground 60%"), f" {hanging(value, LABEL + 1, width)}\n"]
    for prompt, reply in greedy_answers(entry):
        parts += ["\n", (f"you  {hanging(prompt, 5, width)}\n", "$foreground 60%"), f"bot  {hanging(reply, 5, width)}\n"]
    return Content.assemble(*parts)


def hanging(text: str, indent: int, width: int) -> str:
    """Return a text in rows of at most `width` cells, of which those after the first are indented."""
    text = printable(text)
    return ("\n" + " " * indent).join(text[start:end] for start, end in wrap(text, max(12, width - indent)))


def says_one_word(entry: CheckpointEntry) -> bool:
    """Return whether the card tells of a net whose greedy replies are hardly more than one word."""
    greedy = entry.card.get("greedy")
    share = greedy.get("top_share") if isinstance(greedy, Mapping) else None
    return isinstance(share, int | float) and share >= ONE_WORD


def greedy_answers(entry: CheckpointEntry) -> list[tuple[str, str]]:
    """Return what the card shows of the net's greedy replies: (prompt, reply)."""
    greedy = entry.card.get("greedy")
    answers = greedy.get("answers") if isinstance(greedy, Mapping) else None
    shown = answers.items() if isinstance(answers, Mapping) else ()
    return [(prompt, reply) for prompt, reply in shown if isinstance(reply, str)][:MAX_ANSWERS]


def greedy_habit(entry: CheckpointEntry) -> list[tuple[str, str]]:
    """Return what the greedy replies have in common, in a line; nothing where the card does not say."""
    greedy = entry.card.get("greedy")
    if not isinstance(greedy, Mapping) or not all(is_number(greedy.get(key)) for key in ("top_share", "distinct_replies")):
        return []
    return [
        ("greedy replies", f'{greedy["distinct_replies"]} of {PROMPTS} differ, {greedy["top_share"]:.0%} is "{greedy.get("top_word")}"')
    ]


def facts(entry: CheckpointEntry) -> list[tuple[str, str]]:
    """Return (name, value) lines about the network, its quality and its corpora."""
    lines = [("parameters", f"{entry.parameters:,}"), ("size", f"{entry.bytes / 1e6:.1f} MB")]
    shape = entry.architecture
    lines.append(
        ("network", f"{number(shape, 'num_layers')} × {number(shape, 'hidden_dim')} units, embedding {number(shape, 'embedding_dim')}")
    )
    lines.append(("vocabulary", f"{number(shape, 'vocab_size')} tokens"))
    recipe = entry.card.get("recipe")
    if isinstance(recipe, Mapping) and isinstance(recipe.get("control"), str) and recipe["control"] != recipe.get("name"):
        lines.append(("compare with", recipe["control"]))
    if recipe:
        # Our own cards hold the whole recipe, of which the name is enough here.
        name = recipe.get("name", "?") if isinstance(recipe, Mapping) else recipe
        lines.append(("recipe", f"{name}, seed {entry.card.get('seed', '?')}, {number(entry.card, 'steps')} steps"))
    imported = entry.card.get("imported")
    if isinstance(imported, Mapping):
        lines += [(label, str(imported[key])) for key, label in IMPORTED.items() if isinstance(imported.get(key), str)]
    if entry.steps:
        lines.append(("steps kept", ", ".join(f"{step:,}" for step in entry.steps)))
    lines += [
        (name, measured(meaning, entry.metrics[key])) for key, (name, meaning) in MEASURES.items() if is_number(entry.metrics.get(key))
    ]
    lines += greedy_habit(entry)
    corpora = entry.card.get("corpus")
    for corpus in corpora if isinstance(corpora, list) else []:
        if isinstance(corpus, Mapping):
            lines.append(
                ("corpus", f"{corpus.get('name', '?')}: {number(corpus, 'words')} words, {corpus.get('licence', 'licence not given')}")
            )
    return lines


def measured(meaning: str, value: float) -> str:
    """Return a metric with its unit; in four digits that count, or in as many as its whole part has."""
    return meaning.format(value if ":" in meaning else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}")


def number(values: Mapping[str, Any], key: str) -> str:
    """Return a number with its thousands apart, or a question mark: cards are made by hand too."""
    value = values.get(key)
    return f"{value:,}" if is_number(value) else "?"


def is_number(value: object) -> bool:
    """Return whether a value can be shown as a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
