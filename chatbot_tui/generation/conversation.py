"""What the net is fed: the turns as one stream of tokens, and the state after any part of it."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import TokenScore
from chatbot_tui.core.ports import Turn
from chatbot_tui.generation.likelihood import log_probabilities
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.model.step import Array, Stepper, StepState, StepTrace

KEEP_EVERY = 512
"""A state is kept for good every so many tokens; anything between is computed again from there."""
KEEP_RECENT = 64
"""So many turn boundaries keep their state besides."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The net after the whole conversation."""

    trace: StepTrace
    """Of the last token: its features give the first distribution of the reply."""
    previous: StepState
    """The state before that token."""
    history: npt.NDArray[np.int64]
    """The conversation's tokens without end tokens."""
    scores: tuple[TokenScore, ...]
    """Surprisal of the last turn's tokens."""
    dropped: tuple[str, ...]
    """Words of the last turn that the vocabulary lacks."""


class Conversation:
    """Reads turns into a net, one token at a time, and never reads twice what has not changed.

    A fresh state, end-of-turn, each turn followed by end-of-turn; without an end token, the turns alone. A foreign net is not fed
    the first end-of-turn.
    """

    def __init__(self, checkpoint: Checkpoint, stepper: Stepper) -> None:
        self._checkpoint = checkpoint
        self._tokenizer = checkpoint.tokenizer
        self._stepper = stepper
        self._stream: npt.NDArray[np.int64] = np.zeros(0, np.int64)
        self._kept: dict[int, StepState] = {0: stepper.zero_state()}
        self._pieces = lru_cache(maxsize=32768)(checkpoint.tokenizer.pieces)

    def read(self, turns: Sequence[Turn], cancelled: Callable[[], bool] = lambda: False, *, score: bool = True) -> Reading | None:
        """Feed the conversation and return where the net stands; None if cancelled on the way.

        Raises:
            InputError: nothing of the conversation is in the vocabulary.
        """
        stream, boundaries = self._assemble(turns)
        self._forget_beyond(stream)
        last_turn = boundaries[-2] if len(boundaries) > 1 else 0
        start = self._resume_before(last_turn - 1 if score else len(stream) - 1)
        state = previous = self._kept[start]
        features: list[Array] = []
        trace: StepTrace | None = None
        keep = set(boundaries)
        position = start
        while position < len(stream):
            if position % 64 == 0 and cancelled():
                return None
            if position in keep or position % KEEP_EVERY == 0:
                self._kept[position] = state
            if position % KEEP_EVERY == 0 and whole_block(position, boundaries):
                block, state = self._stepper.read(stream[position : position + KEEP_EVERY], state)
                features += list(block) if score and position >= last_turn - 1 else []
                position += KEEP_EVERY
                continue
            trace = self._stepper.step(int(stream[position]), state)
            previous, state = state, trace.state
            if score and position >= last_turn - 1:
                features.append(trace.features)
            position += 1
        self._prune(boundaries)
        if trace is None:
            raise InputError("nothing to read: type a few words")
        end = self._tokenizer.end_id
        history = stream if end is None else stream[stream != end]
        scores, dropped = self._score(turns[-1], features, first=last_turn == 0) if score else ((), ())
        return Reading(trace, previous, history, scores, dropped)

    def tokens_of(self, turn: Turn) -> list[int]:
        """Return a turn's tokens without end tokens: as this net drew them, else, or where its record is damaged, as its text is cut."""
        size = self._checkpoint.model.config.vocab_size
        if turn.tokens and turn.checkpoint == self._checkpoint.fingerprint and all(0 <= token < size for token in turn.tokens):
            return [token for token in turn.tokens if token != self._tokenizer.end_id]
        return [token for token, _ in self._pieces(turn.text)]

    def _assemble(self, turns: Sequence[Turn]) -> tuple[npt.NDArray[np.int64], list[int]]:
        """Return the stream and the positions at which turns begin, the end of the stream last."""
        end = [] if self._tokenizer.end_id is None else [self._tokenizer.end_id]
        stream: list[int] = [*end] if self._checkpoint.opens_with_end else []
        boundaries = []
        for turn in turns:
            boundaries.append(len(stream))
            stream += self.tokens_of(turn)
            stream += end
        if turns and len(stream) - boundaries[-1] == len(end) and turns[-1].text.strip():
            if self._tokenizer.is_numbers:
                raise InputError(
                    "the net has no vocabulary and reads token ids: type some, such as 3 17, or open its file with a vocabulary (--vocab)"
                )
            words = self._tokenizer.unknown_words(turns[-1].text)
            shown = f" ({', '.join(f'{word:.40}' for word in words[:5])})" if words else ""
            raise InputError(f"none of these words is in the net's vocabulary{shown}: try others")
        boundaries.append(len(stream))
        return np.asarray(stream, np.int64), boundaries

    def _forget_beyond(self, stream: npt.NDArray[np.int64]) -> None:
        """Drop kept states that a changed conversation no longer passes through."""
        common = min(len(stream), len(self._stream))
        differs = np.flatnonzero(stream[:common] != self._stream[:common])
        valid = int(differs[0]) if differs.size else common
        self._kept = {position: state for position, state in self._kept.items() if position <= valid}
        self._stream = stream

    def _resume_before(self, position: int) -> int:
        return max((kept for kept in self._kept if kept <= max(position, 0)), default=0)

    def _prune(self, boundaries: list[int]) -> None:
        recent = set(boundaries[-KEEP_RECENT:]) | {boundary - 1 for boundary in boundaries[-KEEP_RECENT:]}
        self._kept = {position: state for position, state in self._kept.items() if position % KEEP_EVERY == 0 or position in recent}

    def _score(self, turn: Turn, features: list[Array], *, first: bool) -> tuple[tuple[TokenScore, ...], tuple[str, ...]]:
        """Return the surprisal of each token of the last turn, and its words that the vocabulary lacks."""
        pieces = self._pieces(turn.text)
        wanted = [token for token, _ in pieces]
        before = features if not first else features[:-1]
        surprisals: list[float | None] = [None] if first and wanted else []
        scored = wanted[1:] if first else wanted
        surprisals += (-log_probabilities(self._stepper, before, scored)).tolist()
        scores = tuple(TokenScore(token, text, value) for (token, text), value in zip(pieces, surprisals, strict=True))
        return scores, tuple(self._tokenizer.unknown_words(turn.text))


def whole_block(position: int, boundaries: Sequence[int]) -> bool:
    """Return whether the block of KEEP_EVERY tokens from `position` lies within one turn, so that it can be read at once.

    A function of the conversation alone: whoever reads it, now or again, reads the same tokens in the same way. The last token
    of a turn is left to be read by itself, with everything in sight.
    """
    turn = bisect_right(boundaries, position) - 1
    return 0 <= turn < len(boundaries) - 1 and position + KEEP_EVERY < boundaries[turn + 1]
