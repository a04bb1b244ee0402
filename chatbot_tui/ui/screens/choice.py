"""What the library gives back, apart from it so that the chat need not read the library to start."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """The checkpoint that a person wants to speak with."""

    checkpoint: str
    """Name, or path."""
    vocabulary: str = ""
    """Path of the vocabulary of a foreign file; empty for none."""
    step: int | None = None
    """One of the steps that it keeps, to look at: the next start has the checkpoint of before. None: the finished net."""
