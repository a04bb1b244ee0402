"""Reads foreign files for the screens: tells what is in one, lets the net try a sentence, and keeps it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from chatbot_tui.core.checkpoint_names import free_name, suggested_name, untaken
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import ReplyEvent
from chatbot_tui.core.imports import FileReading, FileTensor, ImportChoices, ImportRequest, Kept, RecognisedTensor
from chatbot_tui.core.ports import Pace, ReplyRequest, Turn
from chatbot_tui.core.sampling import settings_from
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.engine import Engine
from chatbot_tui.model.importers.containers import read_foreign
from chatbot_tui.model.importers.foreign import ForeignFile
from chatbot_tui.model.importers.load import PART, Foreign, is_aside, keep, listed, net_of, path_of, read_net, recognise

MAX_SUSPECTS = 100
"""Tensors of a file of which each is left out in turn, to find the one that stands in the way; usual nets have fewer."""
TRIED_TOKENS = 40
"""Longest answer to a sentence that is tried."""


class LocalImporter:
    """An ImportBackend in this process. It remembers the net that was read last."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self._control = ReplyControl()
        self._control.set_pace(Pace(None))
        self._request: ImportRequest | None = None
        self._foreign: Foreign | None = None
        self._engine: Engine | None = None

    def prepare(self) -> None:
        """Do nothing: what takes long is the import of this module."""

    def read(self, request: ImportRequest) -> FileReading:
        """Tell what a file holds. Raises InputError where that cannot be told at all."""
        self.rest()
        path = path_of(request.file)
        file = read_foreign(path)
        tensors = tuple(FileTensor(name, tensor.shape) for name, tensor in file.tensors.items())
        name = untaken(suggested_name(path))
        try:
            foreign = net_of(file, None if request.vocabulary is None else path_of(request.vocabulary), request.choices)
        except InputError as error:
            aside = tuple(tensor.name for tensor in file.tensors.values() if is_aside(tensor))
            return FileReading(tensors, recognised_in(file, request.choices), None, str(error), name, aside)
        self._request, self._foreign = request, foreign
        return FileReading(tensors, foreign.recognition.recognised, foreign.recognition, "", name)

    def attempt(self, request: ImportRequest, text: str, seed: int) -> Iterator[ReplyEvent]:
        """Have the net answer one sentence by the settings of its card. Raises InputError."""
        foreign = self._net(request)
        if self._engine is None:
            self._engine = Engine(foreign.checkpoint)
        settings = settings_from(foreign.checkpoint.card.get("sampling", {}))
        self._control.begin(settings)
        asked = ReplyRequest((Turn("you", text),), settings, seed=seed, max_tokens=TRIED_TOKENS, top=1)
        return self._engine.reply(asked, self._control)

    def keep(self, request: ImportRequest, name: str) -> Kept:
        """Make the net a checkpoint of one's own. Raises InputError."""
        return Kept(str(keep(self._net(request), free_name(name.strip()))))

    def cancel(self) -> None:
        """End the answer under way."""
        self._control.cancel()

    def rest(self) -> None:
        """Forget the net."""
        self._request = self._foreign = self._engine = None

    def close(self) -> None:
        """Free everything."""
        self.cancel()
        self.rest()

    def _net(self, request: ImportRequest) -> Foreign:
        """Return the net of a request; another process than the one that is asked now may have read it before."""
        if self._foreign is None or self._request != request:
            self.rest()
            vocabulary = None if request.vocabulary is None else path_of(request.vocabulary)
            self._foreign = read_net(path_of(request.file), vocabulary, request.choices)
            self._request = request
        return self._foreign


def recognised_in(file: ForeignFile, choices: ImportChoices) -> tuple[RecognisedTensor, ...]:
    """Return what each tensor was taken for; nothing where that is what cannot be told.

    Where just one tensor stands in the way, or those alone that bear no name of a part, the others are told.
    """
    suspects = tuple(file.tensors) if len(file.tensors) <= MAX_SUSPECTS else ()
    without_one = (without(choices, [name]) for name in suspects)
    without_strangers = without(choices, [name for name in file.tensors if not PART.search(name) and name not in choices.becomes])
    for tried in ([choices], without_one, [without_strangers]):
        found = [rows for rows in (recognised_with(file, some) for some in tried) if rows]
        if found:
            return found[0] if len(found) == 1 else ()
    return ()


def without(choices: ImportChoices, names: Sequence[str]) -> ImportChoices:
    """Return the choices with more tensors left out."""
    return replace(choices, becomes={**choices.becomes, **dict.fromkeys(names)})


def recognised_with(file: ForeignFile, choices: ImportChoices) -> tuple[RecognisedTensor, ...]:
    """Return what each tensor is taken for by certain choices; nothing where that cannot be told."""
    try:
        _, roles, _ = recognise(file, choices)
    except InputError:
        return ()
    return listed(roles)
