"""Signals of what the net says: the same prompts answered greedily and at temperature 1, which parts the net from the decoder."""

from collections import Counter
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch

from chatbot_tui.core.judgement import LOOP_REPEATS, LOOP_TOKENS
from chatbot_tui.diagnosis.measured import Measured
from chatbot_tui.diagnosis.subject import Subject
from chatbot_tui.signals.continuation import continue_texts, drawn, likeliest
from chatbot_tui.signals.divergence import entropy
from chatbot_tui.signals.one_word import REPLY_TOKENS
from chatbot_tui.signals.predictions import mean_entropy
from chatbot_tui.signals.replies import alike, commonest_share, distinct_share, loops

FOUND = 8
"""Tokens of a reply after which the net is held to have found its way from the prompt."""
PADDING_RUN = 10
"""So many padding tokens in a row are no slip."""
SEED = 0


@dataclass(frozen=True)
class Speech:
    """How the net goes on from each prompt, 48 tokens long."""

    greedy: tuple[tuple[int, ...], ...]
    sampled: tuple[tuple[int, ...], ...]
    """Drawn at temperature 1."""
    openings: tuple[int, ...]
    """The likeliest first token of an answer to each prompt, when any may be said."""
    doubt: tuple[float, ...]
    """Mean entropy of the next token over the sampled replies, one number a step, in nats."""
    padded: tuple[tuple[int, ...], ...] = ()
    """Greedily, with padding allowed; none where the vocabulary has no padding."""


@torch.inference_mode()
def speak(subject: Subject) -> Speech:
    """Go on from every prompt greedily and at temperature 1, with special tokens and the card's bans never said.

    An end of the turn would hide whether the net loops, and what it is fed where an answer begins is another question: `openings`.
    """
    model, prompts, specials = subject.checkpoint.model, subject.prompts, subject.specials
    silenced = sorted({*subject.checkpoint.banned, *specials.ids} - ({specials.unknown} - {*subject.checkpoint.banned}))
    draw = drawn(torch.Generator().manual_seed(SEED))
    doubt: list[float] = []
    hidden, state = model.hidden(prompts)
    # Both at once: a step on twice the rows takes far less than twice the time.
    half = prompts.shape[1]

    def choose(logits: torch.Tensor) -> torch.Tensor:
        doubt.append(mean_entropy(logits[half:].double().log_softmax(dim=1).cpu().numpy()))
        return torch.cat([likeliest(logits[:half]), draw(logits[half:])])

    both = continue_texts(
        model,
        torch.cat([hidden[-1], hidden[-1]]),
        (torch.cat([state[0], state[0]], dim=1), torch.cat([state[1], state[1]], dim=1)),
        REPLY_TOKENS,
        banned=silenced,
        choose=choose,
    )
    padded: tuple[tuple[int, ...], ...] = ()
    if specials.padding is not None:
        allowed = [token for token in silenced if token != specials.padding]
        padded = continue_texts(model, hidden[-1], state, REPLY_TOKENS, banned=allowed)
    if specials.end is not None:
        row = torch.full((1, prompts.shape[1]), specials.end)
        hidden, _ = model.hidden(torch.cat([row, prompts, row] if subject.checkpoint.opens_with_end else [prompts, row]))
    return Speech(both[:half], both[half:], tuple(likeliest(model.fc(hidden[-1])).tolist()), tuple(doubt), padded)


def speech_signals(speech: Speech, subject: Subject) -> dict[str, Measured]:
    """Measure what was said."""
    texts = subject.checkpoint.tokenizer.texts
    token, share = commonest_share(speech.greedy)
    begins = [begin for reply in speech.greedy if (begin := loops(reply, LOOP_REPEATS, LOOP_TOKENS)) is not None]
    quiet = {subject.specials.end, subject.specials.padding} - {None, *subject.checkpoint.banned}
    return {
        "greedy_distinct": Measured(distinct_share(speech.greedy)),
        "greedy_top_word": Measured(share, "" if token is None else texts[token].strip()),
        "greedy_loops": Measured(len(begins) / len(speech.greedy)),
        "greedy_loop_begins": Measured(float(median(begins)) if begins else None),
        "sampled_loops": Measured(
            sum(loops(reply, LOOP_REPEATS, LOOP_TOKENS) is not None for reply in speech.sampled) / len(speech.sampled)
        ),
        "sampled_alike": Measured(alike(speech.sampled, 3)),
        "sampled_certainty": Measured(certainty(speech)),
        "ends_in_padding": ends_in_padding(speech, subject),
        "silent": Measured(sum(opening in quiet for opening in speech.openings) / len(speech.openings)),
    }


def certainty(speech: Speech) -> float:
    """Return how much of the doubt about its next word a net's own speech takes away, 0 to 1, over its sampled replies.

    1 - H(next token | what was said) / H(tokens said): next to nothing for word frequencies, half and more for a text known by heart.
    The first tokens are left out, in which the net finds its way from the prompt to something that it would say.
    """
    counts = np.array(list(Counter(token for reply in speech.sampled for token in reply[FOUND:]).values()), np.float64)
    said = entropy(counts / counts.sum())
    return min(1.0, max(0.0, 1.0 - float(np.mean(speech.doubt[FOUND:])) / said)) if said > 0 else 1.0


def ends_in_padding(speech: Speech, subject: Subject) -> Measured:
    """Return the share of replies that come to nothing but padding where it is allowed; unknown without a padding token."""
    if not speech.padded:
        return Measured(None)
    run = [subject.specials.padding] * PADDING_RUN
    return Measured(sum(list(reply[-PADDING_RUN:]) == run for reply in speech.padded) / len(speech.padded))
