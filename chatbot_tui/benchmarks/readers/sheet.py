"""The sheet that a reader fills in: replies of several speakers to the same openers, in an order that gives nobody away."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NET, PEOPLE = "net", "people"
"""Who speaks besides the peer, which has a name of its own."""


@dataclass(frozen=True)
class Line:
    """One reply on the sheet."""

    number: int
    """From 1; all that a reader's answer names."""
    opener: str
    reply: str
    speaker: str
    """Who said it: on the key, never on the sheet."""

    def unnamed(self) -> dict[str, Any]:
        """Return what a reader sees."""
        return {"number": self.number, "opener": self.opener, "reply": self.reply}

    def named(self) -> dict[str, Any]:
        """Return what the key holds."""
        return self.unnamed() | {"speaker": self.speaker}


def make_sheet(openers: Sequence[str], replies: Mapping[str, Sequence[str]], seed: int) -> list[Line]:
    """Mix the speakers' replies: openers in a random order, and each opener's replies in another for each.

    Args:
        openers: What was said.
        replies: For each speaker one reply an opener.
        seed: Fixes both orders.
    """
    # A stream of its own, independent of what else is drawn.
    rng = random.Random(f"sheet {seed}")  # noqa: S311  # no secret
    order = list(range(len(openers)))
    rng.shuffle(order)
    lines: list[Line] = []
    for place in order:
        speakers = sorted(replies)
        rng.shuffle(speakers)
        lines += [
            Line(len(lines) + 1 + offset, openers[place], replies[speaker][place], speaker) for offset, speaker in enumerate(speakers)
        ]
    return lines
