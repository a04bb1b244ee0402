"""The lines above the laboratory: which net trains, how far it is, in which phase, what it says; all that a tiny terminal shows."""

from __future__ import annotations

from textual.reactive import reactive

from chatbot_tui.ui.panels.lab_panel import PHASES, SECOND_SIGN, LabPanel
from chatbot_tui.ui.panels.probe import visible_text
from chatbot_tui.ui.training_log import judged
from chatbot_tui.ui.widgets.glyphs import clip
from chatbot_tui.ui.widgets.lines import MUTED, ORANGE, Line
from chatbot_tui.ui.widgets.numbers import quantity


class RunState(LabPanel):
    """Say in one line how a run stands, and in a second what was done to it last, or what it says."""

    doing: reactive[str] = reactive("")
    """Preparing, held, stopped and the like; empty while it simply trains."""

    def lines(self, width: int, height: int) -> list[Line]:
        """Return the most important figures that fit whole."""
        view = self.view
        if not view.runs:
            hint = "  choose a recipe, turn its knobs, start it with enter or f5"
            return [[(clip("laboratory", width), "bold"), (clip(hint, max(0, width - len("laboratory"))), MUTED)]]
        names = f" against {SECOND_SIGN} ".join(run.name for run in view.runs)
        frame = view.frame
        if frame is None:
            return [[(clip(f"{names} · preparing text and net …", width), "bold")]]
        sign, colour = PHASES[frame.phase]
        total = view.runs[0].total_steps
        parts: list[tuple[str, str]] = [
            (f"{sign} {frame.phase}", f"bold {colour}"),
            (f"step {frame.step:,} of {total:,}", ""),
            (f"loss {quantity(judged(frame))}", ""),
            *([(self.doing, f"bold {ORANGE}")] if self.doing else []),
            (names, "bold"),
            *(
                [(f"{frame.tokens_per_second:,.0f} tokens/s", MUTED), (left(frame.seconds_left), MUTED)]
                if view.live and not self.doing
                else []
            ),
        ]
        first: Line = []
        used = 0
        for text, style in parts:
            if used + len(text) + (3 if first else 0) > width:
                continue
            first += [(" · ", MUTED)] * bool(first) + [(text, style)]
            used += len(text) + (3 if used else 0)
        return [first, self._second(width)][:height]

    def _second(self, width: int) -> Line:
        """Return why a run failed, the last intervention that has had an effect at the step shown, or the greedy reply."""
        frame = self.view.frame
        failed = [run.ended.explanation for run in self.view.runs if run.ended and run.ended.explanation]
        if failed and self.view.live:
            return [(clip(failed[0], width), ORANGE)]
        done = [entry for entry in self.view.runs[0].interventions if frame is not None and entry.step <= frame.step]
        if done:
            return [(clip(f"step {done[-1].step:,}: {done[-1].meaning}", width), ORANGE)]
        return [(clip(f"› {visible_text(frame.sample.strip()) or '(silence)'}", width) if frame is not None else "", MUTED)]


def left(seconds: float) -> str:
    """Return how long training will still take."""
    return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"
