"""Puts a recipe into words: what it makes happen, what it teaches, what it is compared with, and what is said to help."""

from textual.content import Content

from chatbot_tui.core.lab import RecipeCard
from chatbot_tui.ui.panels.wrapping import printable


def lesson_text(card: RecipeCard) -> Content:
    """Return what there is to read about a recipe before it is started."""
    parts: list[tuple[str, str] | str] = []
    if card.cause:
        parts += [("cause  ", "$foreground 60%"), (printable(card.cause), "bold"), "\n"]
    parts.append(f"{printable(card.teaches)}\n")
    if card.control:
        parts += [("control  ", "$foreground 60%"), printable(card.control), "\n"]
    for fix in card.fixes:
        settings = " ".join(f"{key}={value}" for key, value in fix.settings.items())
        parts += [("fix  ", "$foreground 60%"), printable(fix.name), (f"  {printable(settings)}\n", "$text-primary")]
    return Content.assemble(*parts)
