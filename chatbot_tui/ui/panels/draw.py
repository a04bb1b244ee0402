"""The draw explained: the random number on its ruler, what other strategies would have made of it, and the watched words."""

from itertools import accumulate, pairwise

from rich.cells import cell_len

from chatbot_tui.core.frames import StepFrame
from chatbot_tui.ui.cursor import Cursor
from chatbot_tui.ui.panels.candidates import stage
from chatbot_tui.ui.widgets.bar import sparkline
from chatbot_tui.ui.widgets.glyphs import clip, fit, visible
from chatbot_tui.ui.widgets.lines import BLUE, MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import probability, quantity
from chatbot_tui.ui.widgets.ruler import Stretch, cell_of, ruler

_LABEL = 10
"""Cells before the ruler: "u = .3817 "."""


def _uniform(u: float) -> str:
    """Return u with four decimals, rounded down so that it never reaches 1."""
    return f"{int(u * 10_000) / 10_000:.4f}"[1:]


def drawn_text(frame: StepFrame) -> str:
    """Return the drawn token as the vocabulary has it; the reply may have taken its leading space, or all of an end token."""
    return next((candidate.text for candidate in frame.top if candidate.token == frame.token), frame.text)


def _label(text: str) -> str:
    """Return a token without the mark of its leading space: on the ruler every cell counts."""
    return visible(text).lstrip("␣") or "␣"


def _stretches(frame: StepFrame) -> list[Stretch]:
    """Lay the kept tokens end to end in the order in which u walks; the drawn one lies where the frame says it does."""
    place = next((place for place, candidate in enumerate(frame.ruler) if candidate.token == frame.token), len(frame.ruler))
    end = frame.drawn_from + frame.p_sampled
    parts = [Stretch(_label(drawn_text(frame)), frame.drawn_from, end, marked=True)]
    for at, candidates in ((0.0, frame.ruler[:place]), (end, frame.ruler[place + 1 :])):
        marks = accumulate((candidate.p_sampled for candidate in candidates), initial=at)
        parts += [Stretch(_label(c.text), *bounds) for c, bounds in zip(candidates, pairwise(marks), strict=True)]
    return parts


def ruler_line(frame: StepFrame, width: int, *, inline: bool) -> Line:
    """Return u and the cumulative distribution it walks over, with the pointer in it if `inline`."""
    if frame.u is None:
        return [(clip("greedy: no draw, the largest logit wins", width), MUTED)]
    line: Line = [(f"u = {_uniform(frame.u)} ", ORANGE)]
    return line + ruler(_stretches(frame), width - _LABEL, MUTED, f"bold {ORANGE}", frame.u if inline else None)


def pointer_line(frame: StepFrame, width: int) -> Line:
    """Return the line under the ruler that points at u."""
    column = cell_of(frame.u or 0.0, width - _LABEL)
    name = clip(visible(drawn_text(frame)), 18)
    text = f"drew {name}, p {probability(frame.p_sampled)}"
    room = width - _LABEL - column - 2
    if cell_len(text) <= room:
        return [(" " * (_LABEL + column), ""), ("▲", f"bold {ORANGE}"), (" " + text, MUTED)]
    if cell_len(text) + 1 <= _LABEL + column:
        return [(text.rjust(_LABEL + column - 1 - cell_len(text) + len(text)) + " ", MUTED), ("▲", f"bold {ORANGE}")]
    return [(" " * (_LABEL + column), ""), ("▲", f"bold {ORANGE}")]


def counterfactual_lines(frame: StepFrame, width: int) -> list[Line]:
    """Return what other strategies would have drawn from the same random number, wrapped at `width`; a different token stands out."""
    label = "same u:" if frame.u is not None else "instead:"
    lines: list[Line] = []
    used = width
    for other in frame.counterfactuals:
        differs = other.token != frame.token
        name = clip(visible(other.text), 12)
        strategy = clip(other.strategy, width - len(label) - 4 - cell_len(name))
        size = cell_len(strategy) + 3 + cell_len(name)
        if used + 3 + size > width and (used > cell_len(label) or not lines):
            lines.append([(label if not lines else " " * len(label), MUTED)])
            used = len(label)
        joint = "  " if used > len(label) else " "
        lines[-1] += [(f"{joint}{strategy} → ", MUTED), (name, BLUE if differs else MUTED)]
        used += len(joint) + size
    return lines


def cuts_line(frame: StepFrame, width: int) -> Line:
    """Return how many tokens sampling kept, how much choice that leaves, and how many each stage cut; the last go first."""
    texts = [f"kept {frame.kept:,} of {frame.vocabulary_size:,}", f"{quantity(frame.entropy_sampled)} nats left"]
    texts += [f"{stage(name)} cut {count:,}" for name, count in frame.cuts.items() if count > 0]
    while len(texts) > 1 and len(" · ".join(texts)) > width:
        texts.pop()
    return [(clip(" · ".join(texts), width), MUTED)]


def pinned_line(place: int, cursor: Cursor, width: int) -> Line:
    """Return a watched word: its probability now, its rank, and its probability over the reply."""
    frame = cursor.frame
    if frame is None or place >= len(frame.pinned):
        return []
    word = frame.pinned[place]
    name = fit(visible(word.text), min(12, max(6, width // 5)))
    place_now = "" if word.rank is None else f"#{word.rank + 1:,}"
    numbers = f" {probability(word.p_model).rjust(6)} {place_now.rjust(6)} "
    room = width - 2 - cell_len(name) - len(numbers)
    past = cursor.history[-max(room, 1) :]
    series = [watched.p_model for step in past for watched in step.pinned if watched.token == word.token]
    # One scale for all watched words: next to a likely word an unlikely one lies on the ground.
    highest = max(watched.p_model for step in past for watched in step.pinned)
    return [("◆ ", BLUE), (name, "bold"), (numbers, ""), (sparkline(series, room, 0.0, highest), BLUE)]
