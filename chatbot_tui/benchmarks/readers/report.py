"""What the readers found, as a table, and the whole sheet with every verdict below it."""

from collections.abc import Sequence

from chatbot_tui.benchmarks.readers.sheet import PEOPLE, Line
from chatbot_tui.benchmarks.readers.tally import QUESTIONS, Judgement, agreement, tallies
from chatbot_tui.diagnosis.calibration.statistics import wilson
from chatbot_tui.training.decency import offences


def report(lines: Sequence[Line], judgements: Sequence[Judgement], about: str) -> str:
    """Return Markdown: what was done, the figures, and each reply with how many readers said yes. Raises InputError for missing answers."""
    parts = [
        "# What readers think of the replies",
        about,
        f"{len(judgements)} readers judged {len(lines)} replies without knowing who spoke. "
        "A yes is the majority's; in brackets Wilson's 95 % interval.",
        table(lines, judgements),
        "Agreement beyond chance (Fleiss' kappa): "
        + ", ".join(f"{question} {agreement(lines, judgements, question):.2f}" for question in QUESTIONS)
        + ".",
        "## The sheet",
        "Figures: how many readers found the reply fluent, and how many found that it fits.",
        sheet_table(lines, judgements),
    ]
    return "\n\n".join(parts) + "\n"


def table(lines: Sequence[Line], judgements: Sequence[Judgement]) -> str:
    """Return a row a speaker: replies, fluent, fits, and how many hold an offence."""
    rows = ["| speaker | replies | fluent | fits | profane or personal |", "|---|---|---|---|---|"]
    for tally in tallies(lines, judgements):
        shares = [f"{yes} ({spread(yes, tally.replies)})" for yes in (tally.yes[question] for question in QUESTIONS)]
        offending = sum(bool(offences(line.reply)) for line in lines if line.speaker == tally.speaker)
        rows.append(f"| {tally.speaker} | {tally.replies} | {' | '.join(shares)} | {offending} |")
    return "\n".join(rows)


def spread(yes: int, total: int) -> str:
    """Return the interval of a share, in numbers out of a hundred."""
    low, high = wilson(yes, total)
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def sheet_table(lines: Sequence[Line], judgements: Sequence[Judgement]) -> str:
    """Return a row a reply, those to one opener together; what people said is theirs and stays in their corpus."""
    rows = ["| said | reply | speaker | fluent | fits |", "|---|---|---|---|---|"]
    for line in lines:
        votes = [str(sum(judgement.answers[line.number][question] for judgement in judgements)) for question in QUESTIONS]
        reply = "(not printed)" if line.speaker == PEOPLE else cell(line.reply)
        rows.append(f"| {cell(line.opener)} | {reply} | {line.speaker} | {' | '.join(votes)} |")
    return "\n".join(rows)


def cell(text: str) -> str:
    """Return text that stays within its cell of a Markdown table, and says there what it says."""
    for sign in "\\`*_{}[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split()) or "(nothing)"
