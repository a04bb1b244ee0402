"""The table of the next-token panel: one row a token, the model's bar beside the one after sampling."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot_tui.core.frames import Candidate, StepFrame
from chatbot_tui.core.sampling import PARAMETERS
from chatbot_tui.ui.widgets.bar import bar
from chatbot_tui.ui.widgets.glyphs import clip, fit, visible
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import probability, quantity

_NUMBER = 6
"""Cells of a probability."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells; the row is marker (2), token, logit, model, after sampling, with a blank between them."""

    token: int
    logit: int
    """0 where there is no room for it."""
    bar: int
    """Each of the two bars; a number follows it."""


def columns(width: int) -> Columns:
    """Return the widths that fill a row of `width` cells; the logit goes first where room is short."""
    token = max(6, min(18, width // 4))
    logit = 7 if width >= 46 else 0
    rest = width - 2 - token - (logit + 1 if logit else 0)
    return Columns(token, logit, max(0, (rest - 2 * (_NUMBER + 2)) // 2 - 1))


def shown(frame: StepFrame, rows: int) -> tuple[Candidate, ...]:
    """Return the `rows` likeliest tokens; the drawn one takes the last place if it is not among them."""
    chosen = frame.top[:rows]
    if rows > 0 and all(candidate.token != frame.token for candidate in chosen):
        drawn = next((candidate for candidate in frame.top if candidate.token == frame.token), None)
        chosen = (*chosen[: rows - 1], drawn) if drawn is not None else chosen
    return chosen


def heading_line(width: int) -> Line:
    """Return the names of the columns; each probability says which stage it belongs to."""
    at = columns(width)
    pair = at.bar + 1 + _NUMBER
    line: Line = [("  ", ""), (fit("token", at.token), MUTED)]
    if at.logit:
        line.append((" " + "logit".rjust(at.logit), MUTED))
    return [*line, ("  " + fit("model", pair), MUTED), ("  " + ("after sampling" if pair >= 14 else "sampled"), MUTED)]


def token_line(candidate: Candidate, frame: StepFrame, width: int) -> Line:
    """Return the row of one token; the drawn one carries >, a cut one is struck out and names the stage."""
    at = columns(width)
    drawn = candidate.token == frame.token
    cut = candidate.cut_by is not None
    name = fit(visible(candidate.text), at.token)
    bare = name.rstrip()
    line: Line = [
        ("> " if drawn else "  ", f"bold {ORANGE}"),
        (bare, "strike " + MUTED if cut else "bold" if drawn else ""),
        (name[len(bare) :], ""),
    ]
    if at.logit:
        line.append((" " + quantity(candidate.logit).rjust(at.logit), MUTED))
    line += [("  " + bar(candidate.p_model, at.bar), BLUE), (" " + probability(candidate.p_model).rjust(_NUMBER), MUTED if cut else "")]
    if candidate.cut_by is not None:
        return [*line, ("  " + clip("cut: " + stage(candidate.cut_by), at.bar + 1 + _NUMBER), MUTED)]
    after = probability(candidate.p_sampled).rjust(_NUMBER)
    return [*line, ("  " + bar(candidate.p_sampled, at.bar), ORANGE), (" " + after, "bold" if drawn else "")]


def tail_line(candidates: Sequence[Candidate], frame: StepFrame, width: int) -> Line:
    """Return how many tokens have no row of their own, and their probability before and after sampling."""
    at = columns(width)
    apart = {candidate.token for candidate in candidates}
    hidden = [candidate for candidate in frame.top if candidate.token not in apart]
    model = frame.tail_p_model + sum(candidate.p_model for candidate in hidden)
    after = frame.tail_p_sampled + sum(candidate.p_sampled for candidate in hidden)
    count, room = f"{frame.vocabulary_size - len(candidates):,}", at.token + (at.logit + 1 if at.logit else 0)
    label = f"… {count} more" if len(count) + 7 <= room else f"+{count}"
    line: Line = [("  ", ""), (fit(label, room), MUTED)]
    return [
        *line,
        ("  " + bar(model, at.bar), MUTED),
        (" " + probability(model).rjust(_NUMBER), MUTED),
        ("  " + bar(after, at.bar), MUTED),
        (" " + probability(after).rjust(_NUMBER), MUTED),
    ]


def stage(name: str) -> str:
    """Return the name of a sampling stage as people write it."""
    return PARAMETERS[name].label if name in PARAMETERS else name.replace("_", " ")
