"""What a checkpoint answers to many openers, each at the beginning of a conversation, by its own settings or others."""

from collections.abc import Sequence

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import ReplyFinished
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings, settings_from
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.engine import Engine
from chatbot_tui.model.checkpoint import Checkpoint
from chatbot_tui.training.recipes import read_value


def sampling_of(checkpoint: Checkpoint, changes: str = "") -> SamplingSettings:
    """Return the settings that the card names, changed as `key=value,...` says. Raises InputError."""
    settings = settings_from(checkpoint.card.get("sampling", {}))
    pairs = [change.partition("=") for change in changes.split(",") if change]
    if any(not mark for _, mark, _ in pairs):
        raise InputError(f"{changes!r} is not of the form key=value,key=value: write for instance candidates=8,pmi_weight=0.5")
    return settings.changed(**{key.strip(): read_value(value) for key, _, value in pairs})


def replies_of_checkpoint(checkpoint: Checkpoint, openers: Sequence[str], sampling: SamplingSettings, seed: int) -> list[str]:
    """Return a reply an opener; the n-th has the seed that is n higher."""
    engine = Engine(checkpoint)
    return [reply_of(engine, ReplyRequest((Turn("you", opener),), sampling, seed=seed + place)) for place, opener in enumerate(openers)]


def reply_of(engine: Engine, request: ReplyRequest) -> str:
    """Return the text of a reply."""
    control = ReplyControl()
    control.begin(request.sampling)
    said = ""
    for event in engine.reply(request, control):
        if isinstance(event, ReplyFinished):
            said = event.reply
    return said
