"""What a checkpoint answers to many openers, as anybody would get it: its own settings, each opener at the beginning of a conversation."""

from collections.abc import Sequence

from chatbot_tui.core.frames import ReplyFinished
from chatbot_tui.core.library import find
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import settings_from
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.engine import Engine
from chatbot_tui.model.importers.load import load_named


def replies_of_checkpoint(name: str, openers: Sequence[str], seed: int) -> list[str]:
    """Return a reply an opener; the n-th has the seed that is n higher. Raises InputError."""
    checkpoint, _ = load_named(find(name))
    engine, sampling = Engine(checkpoint), settings_from(checkpoint.card.get("sampling", {}))
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
