"""The next-token panel: what the model thought, what the sampler left of it, and how one token was drawn."""

from chatbot_tui.core.frames import StepFrame
from chatbot_tui.ui.panels.candidates import heading_line, shown, tail_line, token_line
from chatbot_tui.ui.panels.draw import counterfactual_lines, cuts_line, pinned_line, pointer_line, ruler_line
from chatbot_tui.ui.panels.headed import waiting
from chatbot_tui.ui.panels.inspector import Inspector
from chatbot_tui.ui.widgets.lines import Line

_GROWTH = (
    *("token", "token", "heading", "token", "ruler", "tail", "token", "pinned", "counterfactuals", "token", "cuts", "pointer", "token"),
    *("pinned", "token", "counterfactuals", "token", "pinned", "token", "counterfactuals", "token", "pinned"),
)
"""What each further row of height is spent on, most important first; after that, tokens."""

_NAMED = 48
"""Cells from which the heading names the entropy."""


def _budget(frame: StepFrame, width: int, height: int) -> dict[str, int]:
    """Share `height` rows among the sections; none gets more rows than it can fill."""
    most = {
        "token": len(frame.top),
        "heading": 1,
        "ruler": 1,
        "pointer": 0 if frame.u is None else 1,
        "tail": 1,
        "cuts": 1,
        "pinned": len(frame.pinned),
        "counterfactuals": len(counterfactual_lines(frame, width)),
    }
    rows = dict.fromkeys(most, 0)
    wishes = iter((*_GROWTH, *("token",) * height, *("pinned",) * height, *("counterfactuals",) * height))
    for _ in range(min(height, sum(most.values()))):
        section = next((wish for wish in wishes if rows[wish] < most[wish]), None)
        if section is None:
            break
        rows[section] += 1
    return rows


class NextTokenPanel(Inspector):
    """Show the distribution of the token under the cursor before and after sampling, and the draw."""

    NAME = "next token"

    def note(self) -> str:
        """Return the step and the entropy of the model's whole distribution, and mirostat's limit where it rules."""
        frame = self.cursor.frame
        if frame is None:
            return ""
        limit = f" · limit {frame.mirostat_mu:.1f} bits" if frame.mirostat_mu is not None else ""
        named = "entropy " if self.size.width >= _NAMED and not limit else ""
        return f"step {frame.step} · {named}{frame.entropy:.1f} nats{limit}"

    def lines(self, width: int, height: int) -> list[Line]:
        """Return tokens, tail, ruler, counterfactuals and pinned words, as many of each as the height allows."""
        frame = self.cursor.frame
        if frame is None:
            return waiting("The odds of every next word appear here.", width, height)
        rows = _budget(frame, width, height)
        candidates = shown(frame, rows["token"])
        spare = height - sum(rows.values())
        lines: list[Line] = []
        if rows["heading"]:
            lines.append(heading_line(width))
        lines += [token_line(candidate, frame, width) for candidate in candidates]
        if rows["tail"]:
            lines.append(tail_line(candidates, frame, width))
        if rows["cuts"]:
            lines.append(cuts_line(frame, width))
        if spare > 1:
            lines.append([])
        if rows["ruler"]:
            lines.append(ruler_line(frame, width, inline=not rows["pointer"]))
        if rows["pointer"]:
            lines.append(pointer_line(frame, width))
        lines += counterfactual_lines(frame, width)[: rows["counterfactuals"]]
        if spare > 0 and frame.pinned:
            lines.append([])
        lines += [pinned_line(place, self.cursor, width) for place in range(rows["pinned"])]
        return lines
