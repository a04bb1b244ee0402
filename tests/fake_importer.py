"""A reader of foreign files without a network: what it tells of a file is written down here."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import PromptScored, ReplyEvent, ReplyFinished, TokenScore
from chatbot_tui.core.imports import NO_VOCABULARY, FileReading, FileTensor, ImportRequest, Kept, RecognisedTensor, Recognition
from tests.fakes import PATIENCE
from tests.ui.frames import make_frame

TENSORS = (
    ("encoder.weight", (1000, 50), "embedding", "embedding.weight"),
    ("rnn.weight_ih_l0", (40, 50), "layer 1: input weights", "lstm.weight_ih_l0"),
    ("rnn.weight_hh_l0", (40, 10), "layer 1: recurrent weights", "lstm.weight_hh_l0"),
    ("rnn.bias_ih_l0", (40,), "layer 1: input bias", "lstm.bias_ih_l0"),
    ("rnn.bias_hh_l0", (40,), "layer 1: recurrent bias", "lstm.bias_hh_l0"),
    ("decoder.weight", (1000, 10), "output weights", "fc.weight"),
    ("decoder.bias", (1000,), "output bias", "fc.bias"),
    ("criterion.weight", (1000,), "", ""),
)
RECOGNISED = tuple(RecognisedTensor(name, shape, role, becomes) for name, shape, role, becomes in TENSORS if role)
RECOGNITION = Recognition(
    layout="PyTorch state_dict: encoder, rnn, decoder",
    recognised=RECOGNISED,
    ignored=("criterion.weight", "epoch"),
    warnings=("none of its tokens ends a text: replies end at their longest",),
    architecture={"vocab_size": 1000, "embedding_dim": 50, "hidden_dim": 10, "num_layers": 1},
    vocabulary="vocab.json, 1,000 words",
    end_token=None,
    unknown_token="<unk>",
    pad_token="<pad>",
    file="/nets/word_lm.pt",
    sha256="ab" * 32,
)
READING = FileReading(tuple(FileTensor(name, shape) for name, shape, _, _ in TENSORS), RECOGNISED, RECOGNITION, "", "word_lm")


@dataclass
class ScriptedImporter:
    """An ImportBackend."""

    refused: Mapping[str, str] = field(default_factory=dict)
    """Files, by the end of their path, of which nothing can be told, with the reason."""
    unfit: str = ""
    """Why no file speaks until a tensor is placed or left out by hand; empty: all speak."""
    unknown: bool = False
    """Whether no tensor of an unfit file is known."""
    aside: tuple[str, ...] = ()
    """Tensors of an unfit file that play no part by their names."""
    bare: bool = False
    """Whether nothing has a vocabulary unless one is named."""
    held: bool = False
    """Whether reading and answering wait until they are let go."""
    taken: str = ""
    """A name that a checkpoint bears already."""

    def __post_init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._cancelled = threading.Event()

    def called(self, name: str) -> list[Any]:
        return [argument for call, argument in self.calls if call == name]

    def _wait(self) -> None:
        self._cancelled.clear()
        if self.held:
            self._cancelled.wait(PATIENCE)

    def prepare(self) -> None:
        self.calls.append(("prepare", None))

    def read(self, request: ImportRequest) -> FileReading:
        self.calls.append(("read", request))
        self._wait()
        for ending, reason in self.refused.items():
            if request.file.endswith(ending):
                raise InputError(reason)
        if self.unfit and not request.choices.becomes:
            known = () if self.unknown else RECOGNISED
            return replace(READING, recognised=known, recognition=None, problem=self.unfit, aside=self.aside)
        choices = request.choices
        recognition = replace(RECOGNITION, end_token=choices.end_token or None, file=request.file)
        if self.bare and request.vocabulary is None:
            recognition = replace(recognition, vocabulary=NO_VOCABULARY, unknown_token=None, pad_token=None, warnings=())
        return replace(READING, recognition=recognition)

    def attempt(self, request: ImportRequest, text: str, seed: int) -> Iterator[ReplyEvent]:
        self.calls.append(("attempt", (request, text, seed)))
        if self.bare and request.vocabulary is None:
            raise InputError("the net reads token ids: name its vocabulary")
        yield PromptScored(
            tuple(TokenScore(n, " " + word, 3.0) for n, word in enumerate(text.split())), ("zebra",) if "zebra" in text else ()
        )
        yield replace(make_frame(0), text=" hello")
        self._wait()
        yield replace(make_frame(1), text=" there")
        yield ReplyFinished(" hello there", "length", "healthy", None, 2, 20.0)

    def keep(self, request: ImportRequest, name: str) -> Kept:
        self.calls.append(("keep", (request, name)))
        if name == self.taken:
            raise InputError(f"there is already a checkpoint {name!r}: choose another name")
        return Kept(f"/checkpoints/{name}")

    def cancel(self) -> None:
        self._cancelled.set()

    def rest(self) -> None:
        self.calls.append(("rest", None))
        self._cancelled.set()

    def close(self) -> None:
        self.calls.append(("close", None))
        self._cancelled.set()
