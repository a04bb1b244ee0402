"""The lines under a turn: how a reply ended, and how surprising a person's words were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.widgets.numbers import quantity

if TYPE_CHECKING:
    from chatbot_tui.core.frames import TokenScore

ENDINGS = {"length": "stopped at the limit of {tokens} tokens", "cancelled": "stopped", "interrupted": "cut off"}
LONGEST_WORD = 20
"""Characters of a word that are shown."""


def ending(reason: str, tokens: int, verdict: str, onset: int | None) -> str:
    """Return the line under a reply that did not end by itself, or went wrong."""
    parts = [ENDINGS[reason].format(tokens=tokens)] if reason in ENDINGS else []
    if verdict != "healthy" and onset is not None:
        parts.append(f"{verdict} since token {onset}")
    return " · ".join(parts)


def surprise(tokens: Sequence[TokenScore], dropped: Sequence[str]) -> str:
    """Return the line under what a person typed: the mean of -ln p over its tokens, the most surprising one, and unknown words."""
    scored = [(token.surprisal, token.text) for token in tokens if token.surprisal is not None]
    parts = []
    if scored:
        parts.append(f"surprisal {quantity(sum(nats for nats, _ in scored) / len(scored))} nats a token")
    if len(scored) > 1:
        nats, text = max(scored, key=lambda pair: pair[0])
        parts.append(f"most: {printable(text).strip()[:LONGEST_WORD] or '␣'} {quantity(nats)}")
    if dropped:
        parts.append(f"not in its vocabulary: {', '.join(map(printable, dropped))}")
    return " · ".join(parts)
