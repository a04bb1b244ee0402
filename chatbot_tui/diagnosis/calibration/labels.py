"""What a specimen measurably is, whatever recipe made it: its verdict by what it does, and its cause only where harm was done."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from chatbot_tui.diagnosis.calibration.behaviour import SAMPLE_TOKENS, after, prompts_from, reply
from chatbot_tui.diagnosis.calibration.kept import Kept
from chatbot_tui.diagnosis.measures.speech import PADDING_RUN
from chatbot_tui.signals.divergence import jensen_shannon
from chatbot_tui.training.counts import BigramCounts
from chatbot_tui.training.stream import Tokens

HEALTHY = "healthy"
BLIND = 0.024
"""Sensitivity to prompts from the text, in nats, under which the next token hardly depends on them."""
NEARLY_BLIND = 0.15
"""The same for a net that besides says one word for ever, whatever the prompt."""
ONE_WORD = 0.95
"""Share of the commonest token in greedy replies that makes them one word for ever."""
LOOPS = 0.5
"""Share of replies sampled at temperature 1 that loop in a looping net; in a healthy one it is less than half of that."""
ALIKE = 0.2
"""Mean share of trigrams that two sampled replies to different prompts have in common in a generic net, see `alike`."""
SPECIAL = 0.75
"""Share of prompts after which the same special token, unknown or padding, is likeliest in a net that has learnt to say nothing."""
BY_HEART = 1.5
"""Nats a token by which the text learnt from is predicted better than other text by a net that knows it by heart."""
LEARNT = 0.6
"""Share of what a smoothed bigram model gains over frequencies that a healthy net gains at least."""
FEW = 4
"""Different greedy replies to 32 prompts that are too few for a healthy net."""
NOTHING = 0.1
"""The same share for a net that has learnt hardly more than frequencies: twice as many replies are too few for it."""


@dataclass(frozen=True)
class Evidence:
    """The measures that a label rests on, in nats where they have a unit."""

    gain: float
    """Loss of word frequencies less the net's, on held-out text, state carried."""
    bigram_gain: float
    """The same of a bigram model with Witten-Bell smoothing."""
    gain_on_training_text: float
    sensitivity: float
    """On prompts from the text, ends and padding left out: what follows those is another question."""
    distinct: int
    """Different greedy replies to 32 prompts, end tokens banned."""
    top_share: float
    """Share of the commonest token in them."""
    sampled_loops: float
    alike: float
    """How alike replies sampled to different prompts are."""
    speechless: float
    """Share of prompts after which the unknown token or padding is the likeliest."""
    unknown: float
    """The same share where that token is the unknown one, a word like any other to the net."""
    pads: float
    """Share of greedy replies to turns that have come to their end that go on with nothing but padding."""


@dataclass(frozen=True)
class Label:
    """What a specimen is to be told to be."""

    verdict: str | None
    """None on the border between healthy and not: no threshold is fitted to such a net, and none is judged by it."""
    cause: str | None
    """Its recipe's where that did harm, healthy where the net is; None on the border, or where a harmless recipe came to nothing."""


def label(kept: Kept) -> Label:
    """Return a specimen's label."""
    return judge(weigh(kept), kept.expected)


def judge(evidence: Evidence, expected: str) -> Label:
    """Return the label of a net with that evidence, whose recipe is known to make `expected` happen."""
    verdict = verdict_of(evidence)
    if verdict == HEALTHY:
        return Label(HEALTHY, HEALTHY)
    return Label(verdict, None if verdict is None or expected == HEALTHY else expected)


def verdict_of(evidence: Evidence) -> str | None:
    """Return collapsed, looping, memorised, generic or healthy in this order of questions; None on the border."""
    says_one_word = (evidence.distinct <= 2 and evidence.top_share >= ONE_WORD) or evidence.unknown >= SPECIAL
    if evidence.sensitivity <= BLIND or (says_one_word and evidence.sensitivity <= NEARLY_BLIND):
        return "collapsed"
    if evidence.sampled_loops >= LOOPS:
        return "looping"
    if evidence.gain_on_training_text - evidence.gain >= BY_HEART:
        return "memorised"
    few = 2 * FEW if evidence.gain <= NOTHING * max(evidence.bigram_gain, 0.0) else FEW
    if evidence.alike >= ALIKE or evidence.distinct <= few or evidence.speechless >= SPECIAL or evidence.pads >= LOOPS:
        return "generic"
    learnt = evidence.gain >= LEARNT * evidence.bigram_gain and evidence.gain > 0
    sound = evidence.sampled_loops < LOOPS / 2 and evidence.alike < ALIKE / 4 and evidence.distinct > 2 * FEW
    knows_by_heart = evidence.gain_on_training_text - evidence.gain >= BY_HEART * 2 / 3
    return HEALTHY if learnt and sound and not knows_by_heart else None


@torch.no_grad()
def weigh(kept: Kept) -> Evidence:
    """Measure what a label rests on; what took the whole training text was measured when the specimen was bred."""
    seen, text = kept.behaviour, kept.text
    counts, bigrams = kept.counts()
    held_out, train = text.stream(text.held_out)[:SAMPLE_TOKENS], text.stream(text.train)[:SAMPLE_TOKENS]
    p = frequencies(counts, text.pad)
    model, seed = kept.model(), int(kept.facts["specimen"]["recipe"]["seed"])
    specials = [token for token in (text.end, text.pad, text.unknown) if token is not None]
    prompts = prompts_from(held_out if len(held_out) > 64 else train, seed)
    spoken = np.concatenate([held_out, train])
    words = spoken[~np.isin(spoken, [token for token in (text.end, text.pad) if token is not None])]
    sampled = reply(model, prompts, specials, seed, greedy=False)
    by_frequency = -float(np.log(p[held_out]).mean()) if len(held_out) else 0.0
    return Evidence(
        gain=by_frequency - loss(seen, "loss"),
        bigram_gain=by_frequency - bigram_loss(held_out, counts, bigrams, p),
        gain_on_training_text=-float(np.log(p[train]).mean()) - loss(seen, "loss_on_training_text"),
        sensitivity=jensen_shannon(after(model, prompts_from(words if len(words) > 64 else spoken, seed))),
        distinct=int(seen["greedy_on"]["distinct"]),
        top_share=float(seen["greedy_on"]["top_share"]),
        sampled_loops=float(seen["sampled"]["loops"]),
        alike=alike(sampled),
        speechless=float(seen["top_share"]) if seen["top_token"] in (text.unknown, text.pad) else 0.0,
        unknown=float(seen["top_share"]) if text.unknown is not None and seen["top_token"] == text.unknown else 0.0,
        pads=0.0 if text.pad is None else padding_share(kept, text.pad),
    )


def loss(seen: Mapping[str, Any], name: str) -> float:
    """Return a loss in nats; one that was no finite number is as bad as can be."""
    value = seen[name]
    return float("inf") if value is None else float(value)


def frequencies(counts: npt.NDArray[np.int64], pad: int | None) -> npt.NDArray[np.float64]:
    """Return how frequent each token is, one added to each count, padding left out."""
    kept = counts.astype(np.float64) + 1.0
    if pad is not None:
        kept[pad] = 1.0
    shares: npt.NDArray[np.float64] = kept / kept.sum()
    return shares


def bigram_loss(stream: Tokens, counts: npt.NDArray[np.int64], bigrams: BigramCounts, p: npt.NDArray[np.float64]) -> float:
    """Return the loss in nats a token of a bigram model with Witten-Bell smoothing (Chen and Goodman 1998, equation 15).

    P(b | a) = (c(a, b) + t(a) p(b)) / (c(a) + t(a)), t(a) the number of different tokens that followed a.
    """
    if len(stream) < 2:
        return 0.0
    before, after = stream[:-1].astype(np.int64), stream[1:].astype(np.int64)
    types = np.diff(bigrams.row_starts)
    cumulative = np.concatenate([[0], np.cumsum(bigrams.counts)])
    totals = cumulative[bigrams.row_starts[1:]] - cumulative[bigrams.row_starts[:-1]]
    size = len(counts)
    keys = np.repeat(np.arange(size), types) * size + bigrams.columns
    wanted = before * size + after
    places = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    pairs = np.where(keys[places] == wanted, bigrams.counts[places], 0) if len(keys) else np.zeros(len(wanted))
    own, seen = totals[before], types[before]
    backed = np.divide(pairs + seen * p[after], own + seen, out=p[after].copy(), where=(own + seen) > 0)
    return -float(np.log(backed).mean())


def alike(replies: Sequence[Sequence[int]]) -> float:
    """Return the mean over every two replies of the trigrams they have in common, as a share: sum of lesser by sum of greater counts."""
    grams = [Counter(tuple(reply[at : at + 3]) for at in range(len(reply) - 2)) for reply in replies]
    pairs = [(a & b).total() / (a | b).total() for a, b in combinations(grams, 2) if a or b]
    return sum(pairs) / len(pairs) if pairs else 0.0


def padding_share(kept: Kept, pad: int) -> float:
    """Return after how many of up to 32 whole turns the net says padding ten times in a row, when it may, as a share."""
    text, model = kept.text, kept.model()
    turns = [turn for dialogue in text.held_out or text.train for turn in dialogue][:32]
    said = 0
    for turn in turns:
        prompt = torch.tensor([*turn, *(() if text.end is None else (text.end,))])[:, None]
        answer = reply(model, prompt, (), 0, greedy=True)[0]
        said += answer[:PADDING_RUN] == (pad,) * PADDING_RUN
    return said / len(turns) if turns else 0.0
