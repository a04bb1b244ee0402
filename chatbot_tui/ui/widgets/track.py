"""The arithmetic of a slider: which value a cell means, which cell a value falls on, and how the value is written."""

from dataclasses import dataclass

from chatbot_tui.ui.widgets.lines import MUTED, Line


@dataclass(frozen=True, slots=True)
class Track:
    """One number that can be set, and the stretch of its values that the slider covers."""

    key: str
    label: str
    low: float
    """Left end of the slider."""
    high: float
    """Right end of the slider; keys may go on to `maximum`."""
    minimum: float
    """Smallest value allowed."""
    maximum: float
    off: float
    """Value that means: does nothing."""
    usual: float
    """Value taken when switched on."""
    step: float
    whole: bool = False
    help: str = ""

    @property
    def switchable(self) -> bool:
        """Whether there is a value that means off."""
        return self.off != self.usual

    def snap(self, value: float) -> float:
        """Return the nearest value on the grid of steps that is allowed; an int where only whole numbers make sense."""
        grid = round(round(value / self.step) * self.step, 10)
        return self._typed(min(max(grid, self.minimum), self.maximum))

    def stepped(self, value: float, steps: int) -> float:
        """Return the value some steps on, within what is allowed; a value between two steps keeps its remainder."""
        return self._typed(min(max(round(value + steps * self.step, 10), self.minimum), self.maximum))

    def _typed(self, value: float) -> float:
        return int(value) if self.whole else float(value)

    def value_at(self, cell: int, cells: int) -> float:
        """Return the value of a cell on a slider of `cells` cells."""
        share = min(max(cell / max(1, cells - 1), 0.0), 1.0)
        return self.snap(self.low + share * (self.high - self.low))

    def cell_at(self, value: float, cells: int) -> int:
        """Return the cell on which a value falls; values beyond an end fall on it."""
        share = (value - self.low) / (self.high - self.low)
        return round(min(max(share, 0.0), 1.0) * (cells - 1))

    def text(self, value: float) -> str:
        """Return the value with the decimals of its step (more where it has more), without the zero before the point."""
        if self.whole:
            return str(int(value))
        decimals = max(0, len(f"{self.step:.10f}".rstrip("0").split(".")[1]))
        text = f"{value:.{decimals}f}"
        text = text if abs(float(text) - value) < 1e-12 else f"{value:g}"
        return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text

    def line(self, value: float, cells: int, style: str, *, on: bool) -> Line:
        """Return the slider in exactly `cells` cells: ━━━●──── when on, ────○──── when off."""
        if cells <= 0:
            return []
        at = self.cell_at(value, cells)
        return [("━" * at if on else "─" * at, style if on else MUTED), ("●" if on else "○", style), ("─" * (cells - at - 1), MUTED)]
