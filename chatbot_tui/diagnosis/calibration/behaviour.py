"""What a specimen measurably does, whatever its weights look like: losses, replies, and how they depend on prompts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from chatbot_tui.core.judgement import LOOP_REPEATS, LOOP_TOKENS
from chatbot_tui.diagnosis.calibration.specimens import Specimen
from chatbot_tui.diagnosis.calibration.texts import Text, TokenDialogue
from chatbot_tui.diagnosis.calibration.training import Trained
from chatbot_tui.model.lstm import LanguageModel
from chatbot_tui.signals.continuation import continue_texts, drawn, likeliest
from chatbot_tui.signals.divergence import jensen_shannon, unigram
from chatbot_tui.signals.repetition import RepetitionTracker
from chatbot_tui.signals.sensitivity import PROMPT_TOKENS, PROMPTS, probe_prompts
from chatbot_tui.training.counts import BigramCounts
from chatbot_tui.training.stream import Tokens, rows

REPLY_TOKENS = 40
SAMPLE_TOKENS = 4_000
"""Tokens that a loss is taken over."""
COLUMNS = 8
OVERLAP = 6
"""Length of the n-grams by which speech is compared with the training text."""


@dataclass(frozen=True)
class Replies:
    """32 replies to prompts from the text."""

    distinct: int
    """How many differ."""
    top_share: float
    """Share of the commonest token among all."""
    top_token: int
    """That token; -1 where nobody said anything."""
    loops: float
    """Share that gets into a loop."""
    empty: float
    """Share that ends at once."""
    overlap: float
    """Share of their 6-grams that stand in the training text."""


@dataclass(frozen=True)
class Behaviour:
    """The measures of a specimen; losses in nats a token."""

    loss: float
    """On held-out text, state carried."""
    loss_fresh: float
    """On held-out dialogues, each from the zero state."""
    loss_on_training_text: float
    """The same as `loss`, on text it has learnt from."""
    unigram_loss: float
    bigram_loss: float
    training_unigram_loss: float
    sensitivity: float
    """On 32 prompts of 8 tokens of the vocabulary, in nats."""
    sensitivity_to_text: float
    """On 32 prompts of 8 tokens of held-out text, in nats."""
    top_share: float
    """Share of text prompts after which the commonest first choice is likeliest."""
    top_token: int
    copies: float
    """Share of prompts of the vocabulary after which the last token itself is likeliest."""
    entropy: float
    """Mean entropy of the next token after text prompts, in nats."""
    greedy: Replies
    """Always the likeliest token, an end token ends."""
    greedy_on: Replies
    """The same with end tokens banned."""
    sampled: Replies
    """At temperature 1, end tokens banned."""
    recited: Replies
    """Greedy, to prompts of the training text, end tokens banned."""
    text_overlap: float
    """Share of the held-out text's 6-grams that stand in the training text."""


@torch.no_grad()
def observe(specimen: Specimen, text: Text, trained: Trained, counts: tuple[np.ndarray, BigramCounts]) -> Behaviour:
    """Measure a trained specimen."""
    model, held_out, train = trained.model, text.stream(text.held_out), text.stream(text.train)
    unigrams, bigrams = counts
    p = unigram(unigrams)
    sample = held_out[:SAMPLE_TOKENS]
    specials = [token for token in (text.end, text.pad, text.unknown) if token is not None]
    vocabulary_prompts = probe_prompts(len(text.vocabulary), specials if len(specials) < len(text.vocabulary) else [])
    text_prompts = prompts_from(held_out if len(held_out) > 2 * PROMPTS else train, specimen.recipe.seed)
    by_vocabulary, by_text = after(model, vocabulary_prompts), after(model, text_prompts)
    choices = Counter(by_text.argmax(axis=1).tolist()).most_common(1)[0]
    known = ngrams(train)
    mute = [token for token in (text.pad, text.unknown) if token is not None]
    quiet = specials
    seed = specimen.recipe.seed
    return Behaviour(
        loss=carried_loss(model, sample),
        loss_fresh=fresh_loss(model, text, text.held_out[:48]),
        loss_on_training_text=carried_loss(model, train[:SAMPLE_TOKENS]),
        unigram_loss=float(-np.log(p[sample]).mean()),
        bigram_loss=float(-np.log(bigrams.probability(sample[:-1].astype(np.int64), sample[1:].astype(np.int64), len(p))).mean()),
        training_unigram_loss=float(-np.log(p[train[:SAMPLE_TOKENS]]).mean()),
        sensitivity=jensen_shannon(by_vocabulary),
        sensitivity_to_text=jensen_shannon(by_text),
        top_share=choices[1] / PROMPTS,
        top_token=choices[0],
        copies=float((by_vocabulary.argmax(axis=1) == vocabulary_prompts[-1].numpy()).mean()),
        entropy=float(-(by_text * np.log(np.maximum(by_text, 1e-300))).sum(axis=1).mean()),
        greedy=describe(reply(model, text_prompts, mute, seed, greedy=True), text.end, known),
        greedy_on=describe(reply(model, text_prompts, quiet, seed, greedy=True), None, known),
        sampled=describe(reply(model, text_prompts, quiet, seed, greedy=False), None, known),
        recited=describe(reply(model, prompts_from(train, seed), quiet, seed, greedy=True), None, known),
        text_overlap=overlap([sample.tolist()], known),
    )


def to_json(behaviour: Behaviour) -> dict[str, object]:
    """Return the measures as plain values."""
    return asdict(behaviour)


def prompts_from(stream: Tokens, seed: int) -> Tensor:
    """Return 32 stretches of 8 tokens of a text, [8, 32]."""
    starts = np.random.default_rng([seed, 8]).integers(max(1, len(stream) - PROMPT_TOKENS), size=PROMPTS)
    return torch.from_numpy(np.stack([stream[at : at + PROMPT_TOKENS] for at in starts], axis=1)).long()


def after(model: LanguageModel, prompts: Tensor) -> np.ndarray:
    """Return the distributions after prompts, [prompts, vocabulary]."""
    hidden, _ = model.hidden(prompts)
    p: np.ndarray = model.fc(hidden[-1]).double().softmax(dim=1).numpy()
    return p


def carried_loss(model: LanguageModel, stream: Tokens) -> float:
    """Return the mean of -ln p over a stream cut into eight columns, the state carried all along."""
    columns = min(COLUMNS, max(1, len(stream) // 64))
    table = torch.from_numpy(rows(stream, columns)).long()
    hidden, _ = model.hidden(table[:-1])
    return float(functional.cross_entropy(model.fc(hidden).flatten(0, 1).double(), table[1:].flatten()))


def fresh_loss(model: LanguageModel, text: Text, dialogues: Sequence[TokenDialogue]) -> float:
    """Return the mean of -ln p over dialogues, each from the zero state, at most 64 tokens of each."""
    streams = [stream for dialogue in dialogues if len(stream := text.stream([dialogue])[:64]) > 1]
    if not streams:
        return float("nan")
    table = torch.zeros(max(map(len, streams)), len(streams), dtype=torch.long)
    for column, stream in enumerate(streams):
        table[: len(stream), column] = torch.from_numpy(stream)
    counted = torch.arange(1, len(table))[:, None] < torch.tensor([len(stream) for stream in streams])
    hidden, _ = model.hidden(table[:-1])
    return float(functional.cross_entropy(model.fc(hidden[counted]).double(), table[1:][counted]))


def reply(model: LanguageModel, prompts: Tensor, banned: Sequence[int], seed: int, *, greedy: bool) -> tuple[tuple[int, ...], ...]:
    """Return what the net says after each prompt, 40 tokens each, the banned ones never."""
    hidden, state = model.hidden(prompts)
    choose = likeliest if greedy else drawn(torch.Generator().manual_seed(seed))
    return continue_texts(model, hidden[-1], state, REPLY_TOKENS, banned=banned, choose=choose)


def describe(replies: Sequence[Sequence[int]], end: int | None, known: frozenset[bytes]) -> Replies:
    """Return what replies are like, each taken up to its first end token."""
    spoken = [list(reply[: reply.index(end)] if end in reply else reply) for reply in replies]
    counts = Counter(token for reply in spoken for token in reply)
    top, times = counts.most_common(1)[0] if counts else (-1, 0)
    total = max(1, counts.total())
    loops = sum(map(loops_in, spoken)) / len(spoken)
    return Replies(
        len(set(map(tuple, spoken))), times / total, top, loops, sum(not reply for reply in spoken) / len(spoken), overlap(spoken, known)
    )


def loops_in(reply: Sequence[int]) -> bool:
    """Return whether a unit of tokens stands often enough in a row anywhere in a reply."""
    tracker = RepetitionTracker()
    for token in reply:
        tracker.push(token)
        if tracker.shortest(LOOP_REPEATS, LOOP_TOKENS) is not None:
            return True
    return False


def ngrams(tokens: Sequence[int] | Tokens) -> frozenset[bytes]:
    """Return the 6-grams of a text."""
    array = np.asarray(tokens, np.int32)
    if len(array) < OVERLAP:
        return frozenset()
    return frozenset(window.tobytes() for window in np.lib.stride_tricks.sliding_window_view(array, OVERLAP))


def overlap(texts: Sequence[Sequence[int]], known: frozenset[bytes]) -> float:
    """Return the share of the 6-grams of texts that are known."""
    grams = [
        window.tobytes()
        for text in texts
        if len(text) >= OVERLAP
        for window in np.lib.stride_tricks.sliding_window_view(np.asarray(text, np.int32), OVERLAP)
    ]
    return sum(gram in known for gram in grams) / len(grams) if grams else 0.0
