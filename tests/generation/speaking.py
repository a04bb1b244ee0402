"""What tests of a speaking engine share: a request, its frames, and the net's own forward pass over a whole stream."""

import torch

from chatbot_tui.core.frames import ReplyEvent, StepFrame
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.generation.control import ReplyControl
from chatbot_tui.generation.engine import Engine

YOU = Turn("you", "do you like the cat")


def run(engine: Engine, request: ReplyRequest) -> list[ReplyEvent]:
    control = ReplyControl()
    control.begin(request.sampling)
    return list(engine.reply(request, control))


def frames_of(events: list[ReplyEvent]) -> list[StepFrame]:
    return [event for event in events if isinstance(event, StepFrame)]


def log_p(engine: Engine, stream: list[int], said: int) -> float:
    """ln p of the last `said` tokens of a stream, by the forward pass over all of it from the zero state."""
    with torch.no_grad():
        logits, _ = engine.checkpoint.model(torch.tensor(stream)[:, None])
    rows = logits[:, 0].double().log_softmax(1)
    return sum(float(rows[place - 1, stream[place]]) for place in range(len(stream) - said, len(stream)))
