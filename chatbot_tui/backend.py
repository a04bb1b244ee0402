"""The torch side for the UI and the command line: the one place that builds its objects."""

from collections.abc import Iterator

import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import ReplyEvent, StepFrame
from chatbot_tui.core.library import CheckpointEntry, find
from chatbot_tui.core.ports import LoadedCheckpoint, Pace, ReplyRequest, Turn
from chatbot_tui.core.safetensors_header import elements
from chatbot_tui.core.sampling import SamplingSettings, settings_from
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.engine import Engine
from chatbot_tui.model.importers.load import load_named


class LocalBackend:
    """A ChatBackend in this process."""

    def __init__(self) -> None:
        # Batch-1 decoding is bound by memory: a second thread only adds waiting.
        torch.set_num_threads(1)
        self._control = ReplyControl()
        self._engine: Engine | None = None

    def prepare(self) -> None:
        """Do nothing: what takes long is the import of this module."""

    def load(self, checkpoint: str, vocabulary: str | None = None) -> LoadedCheckpoint:
        """Make a checkpoint the one that speaks; the old one stays if this raises InputError."""
        found = find(checkpoint)
        loaded, warnings = load_named(found, vocabulary)
        sampling = settings_from(loaded.card.get("sampling", {}))
        engine = Engine(loaded)
        most_frequent = loaded.most_frequent
        self._engine = engine
        return LoadedCheckpoint(
            name=loaded.name,
            path=str(loaded.path),
            fingerprint=loaded.fingerprint,
            architecture=loaded.model.config.to_json(),
            parameters=sum(elements(list(shape)) for shape in loaded.model.config.shapes().values()),
            card=dict(loaded.card),
            sampling=sampling,
            most_frequent=None if most_frequent is None else loaded.tokenizer.texts[most_frequent],
            warnings=warnings,
            steps=found.steps if isinstance(found, CheckpointEntry) else (),
            step=loaded.step,
        )

    def reply(self, request: ReplyRequest) -> Iterator[ReplyEvent]:
        """Answer the last turn of a request. Raises InputError."""
        engine = self._loaded()
        self._control.begin(request.sampling)
        return engine.reply(request, self._control)

    def recall(self, turns: tuple[Turn, ...], *, top: int | None = 20, pinned: tuple[str, ...] = ()) -> Iterator[StepFrame]:
        """Compute again the frames of the last turn. Raises InputError."""
        engine = self._loaded()
        # What was cancelled is over; from here on a cancellation means this.
        self._control.begin(self._control.sampling)
        return engine.recall(turns, top=top, pinned=pinned, cancelled=lambda: self._control.cancelled)

    def set_sampling(self, settings: SamplingSettings) -> None:
        """Use `settings` from the next token on."""
        self._control.set_sampling(settings)

    def set_pace(self, pace: Pace) -> None:
        """Change the speed, pause or go on."""
        self._control.set_pace(pace)

    def advance(self) -> None:
        """Let one token through while paused."""
        self._control.advance()

    def cancel(self) -> None:
        """End the reply under way."""
        self._control.cancel()

    def close(self) -> None:
        """Free the network."""
        self._control.cancel()
        self._engine = None

    def _loaded(self) -> Engine:
        if self._engine is None:
            raise InputError("no checkpoint is loaded: choose one in the library")
        return self._engine
