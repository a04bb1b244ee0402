"""Puts a recipe into words: what it puts in, what it teaches, what it is compared with, and what is said to help."""

from textual.content import Content

from chatbot_tui.core.lab import RecipeCard
from chatbot_tui.ui.panels.wrapping import printable

CAUSE_SIGN, PLAIN_SIGN = "◆", "·"
"""Before the name of a recipe that puts a cause or a mistake in, whatever comes of it, and of one that does not."""
LEGEND = f"{CAUSE_SIGN} cause put in"
INDENT = 2
"""Levels below a control that are set off from it, so that long names find room."""


def recipe_line(card: RecipeCard) -> str:
    """Return a recipe's line in the list: whether a cause is put in, and not whether the net collapses of it, which the run shows."""
    return f"{'  ' * min(card.depth, INDENT)}{CAUSE_SIGN if card.cause else PLAIN_SIGN} {printable(card.name)}"


def lesson_text(card: RecipeCard) -> Content:
    """Return what there is to read about a recipe before it is started."""
    parts: list[tuple[str, str] | str] = []
    if card.cause:
        parts += [(f"{LEGEND}  ", "$foreground 60%"), (printable(card.cause), "bold"), "\n"]
    parts.append(f"{printable(card.teaches)}\n")
    if card.control:
        parts += [("control  ", "$foreground 60%"), printable(card.control), "\n"]
    for fix in card.fixes:
        settings = " ".join(f"{key}={value}" for key, value in fix.settings.items())
        parts += [("fix  ", "$foreground 60%"), printable(fix.name), (f"  {printable(settings)}\n", "$text-primary")]
    return Content.assemble(*parts)
