"""The table of the experiment: claim, what happened, figures; means and ranges over the seeds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from statistics import fmean
from typing import Any

from chatbot_tui.signals.sensitivity import PROMPTS
from chatbot_tui.training.experiment import Result, Trial
from chatbot_tui.training.recipes import Recipe, load_recipe

ONE_WORD = 0.95
"""Share of one word in the greedy replies from which a net says only that word."""
FEW_REPLIES = 4
"""Distinct replies to 32 prompts up to which a net gives everybody the same answer."""
WORTH_MENDING = 0.1
"""Nats of context gain that must lie between a recipe and its control before a fix can be said to bring some of them back."""

FIGURES = (
    "escape_step",
    "context_step",
    "context_gain",
    "bigram_gain",
    "prompt_sensitivity",
    "top_share",
    "distinct_replies",
    "loss",
    "valid_loss",
)
HEADINGS = (
    "recipe",
    "said",
    "what happened",
    "seeds",
    "left the unigram phase at step",
    "context gain, nats",
    "prompt sensitivity, nats",
    "top word's share",
    f"distinct replies of {PROMPTS}",
    "mended",
    "sample",
)

Row = dict[str, Any]


def rows(trials: Sequence[Trial], results: Sequence[Result]) -> list[Row]:
    """Return a row for each recipe and each fix put on it, in the order of the trials; results belong to the trials one by one."""
    variants: dict[tuple[str, str | None], list[tuple[Trial, Result]]] = {}
    for trial, result in zip(trials, results, strict=True):
        variants.setdefault((trial.recipe, trial.fix), []).append((trial, result))
    made = {variant: row(of_variant) for variant, of_variant in variants.items()}
    for (recipe, fix), found in made.items():
        own, control = made.get((recipe, None)), made.get((found["control"], None))
        found["mended"] = mended(found, own, control) if fix and own and control else None
    return list(made.values())


def row(trials: Sequence[tuple[Trial, Result]]) -> Row:
    """Return what the trials of one recipe, or of one fix put on it, came to."""
    trial = trials[0][0]
    recipe, results = load_recipe(trial.source), [result for _, result in trials]
    why = next((fix.why for fix in recipe.fixes if fix.name == trial.fix), None)
    return {
        "recipe": trial.recipe,
        "fix": trial.fix,
        "cause": recipe.cause,
        "control": recipe.control,
        "article": recipe.article,
        "claim": recipe.claim if why is None else why,
        "happened": happened(results),
        "measured_on": measured_on(trial.load(), held_out=any(result.get("valid_loss") is not None for result in results)),
        "seeds": [result["seed"] for result in results],
        **{name: spread([result.get(name) for result in results]) for name in FIGURES},
        "sample": results[0].get("sample"),
    }


def measured_on(recipe: Recipe, *, held_out: bool) -> dict[str, Any]:
    """Return what the text that a net is measured on depends on: gains on different text cannot be compared."""
    changes = ("decent_text", "limit_words", "balance", "augment")
    own_text = {} if held_out else {name: getattr(recipe, name) for name in changes}
    corpora = [share.name for share in recipe.corpora]
    return {"corpora": corpora, "vocab_size": recipe.vocab_size, "filler_share": recipe.filler_share, **own_text}


def happened(results: Sequence[Mapping[str, Any]]) -> str:
    """Return in words what the results of all seeds have in common, or how many of them did what."""
    counts = Counter(outcome(result) for result in results)
    if len(counts) == 1:
        return next(iter(counts))
    return "; ".join(f"{times} of {len(results)}: {words}" for words, times in counts.most_common())


def outcome(result: Mapping[str, Any]) -> str:
    """Return in words what came of one trial, by what its net measurably does."""
    if result["failure"]:
        return "diverges"
    gain, by_pair = result["context_gain"], result["bigram_gain"]
    if result["top_share"] >= ONE_WORD:
        return f'says only "{result["top_word"]}"{", the most frequent word" if result["top_is_most_frequent"] else ""}'
    if result["distinct_replies"] <= FEW_REPLIES:
        return "gives everybody the same answer"
    if gain is not None and gain < 0:
        return "answers, and knows new text worse than word frequencies do"
    if gain is not None and by_pair is not None and gain < by_pair:
        return "answers, and uses less context than a bigram model"
    return "answers, and uses context"


def spread(values: Sequence[float | None]) -> dict[str, float | None]:
    """Return mean, lowest and highest of the values that are known, and how many are; none is known: all None."""
    known = [value for value in values if value is not None]
    if not known:
        return {"mean": None, "low": None, "high": None, "known": 0}
    return {"mean": fmean(known), "low": min(known), "high": max(known), "known": len(known)}


def mended(fix: Row, recipe: Row, control: Row) -> float | None:
    """Return the share of the context gain between a recipe and its control that a fix brings back.

    None where hardly any is lost, or where the three are not measured on the same text.
    """
    if not fix["measured_on"] == recipe["measured_on"] == control["measured_on"]:
        return None
    with_fix, without, healthy = (found["context_gain"]["mean"] for found in (fix, recipe, control))
    if with_fix is None or without is None or healthy is None or healthy - without < WORTH_MENDING:
        return None
    return float((with_fix - without) / (healthy - without))


def markdown(found: Sequence[Row]) -> str:
    """Return the table as Markdown, a section for each recipe: what is said about it, what happened, and what each fix did."""
    lines = [line(HEADINGS), line(["---"] * len(HEADINGS))]
    for _, group in groupby(found, key=lambda each: each["recipe"]):
        lines += [line(cells(each)) for each in group]
    return "\n".join(lines) + "\n"


def cells(found: Row) -> list[str]:
    """Return one row's cells."""
    seeds = len(found["seeds"])
    left = found["escape_step"]
    never = seeds - left["known"]
    return [
        f"+ {found['fix']}" if found["fix"] else f"**{found['recipe']}**",
        ("the article: " if found["article"] and not found["fix"] else "") + found["claim"],
        found["happened"],
        str(seeds),
        "never" if never == seeds else shown(left, ".0f") + (f", never {never} of {seeds}" if never else ""),
        shown(found["context_gain"], ".2f"),
        shown(found["prompt_sensitivity"], ".3f"),
        shown(found["top_share"], ".0%"),
        shown(found["distinct_replies"], ".0f"),
        "" if found["mended"] is None else f"{found['mended']:.0%}",
        found["sample"] or "",
    ]


def shown(figure: Mapping[str, float | None], digits: str) -> str:
    """Return a mean, with the range over the seeds where it is one."""
    mean, low, high = figure["mean"], figure["low"], figure["high"]
    if mean is None or low is None or high is None:
        return "–"
    return f"{mean:{digits}}" if f"{low:{digits}}" == f"{high:{digits}}" else f"{mean:{digits}} ({low:{digits}} to {high:{digits}})"


def line(texts: Sequence[str]) -> str:
    """Return a line of a Markdown table."""
    return "| " + " | ".join(" ".join(text.replace("|", "\\|").split()) for text in texts) + " |"
