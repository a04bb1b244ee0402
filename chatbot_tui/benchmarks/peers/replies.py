"""What replies to many openers have in common: how varied they are, how often they repeat themselves, and whether they end."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from chatbot_tui.benchmarks.peers.kept import Subject
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.ports import MAX_TOKENS
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.core.strict_json import read_bounded
from chatbot_tui.generation.sampler import Step, sample
from chatbot_tui.model.text import normalise
from chatbot_tui.training.decency import offences

MAX_BYTES = 1 << 20
GREEDY = SamplingSettings(greedy=True)
DEFAULT = SamplingSettings(temperature=0.7, top_p=0.9)
SEED = 0


@dataclass(frozen=True)
class Reply:
    """One answer."""

    text: str
    ended: bool
    """Whether it came to an end by itself."""
    seconds: tuple[float, ...]
    """What each token took of the processor's time after the first, whose probability comes with reading the opener; drawing it is
    left out."""


def read_openers(path: Path) -> list[str]:
    """Return the lines of a text file that are not empty. Raises InputError."""
    try:
        lines = read_bounded(path, MAX_BYTES).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text: convert it first") from None
    openers = [text for line in lines if (text := normalise(line))]
    if not openers:
        raise InputError(f"{path} holds no opener: write one a line")
    return openers


def reply(subject: Subject, opener: str, number: int, settings: SamplingSettings) -> Reply:
    """Answer an opener at the beginning of a conversation; its number chooses the random numbers, so that replies differ in them."""
    end = subject.tokenizer.end_id
    asked = subject.tokenizer.encode(opener)
    stream = [*asked] if end is None else [end, *asked, end]
    if not stream:
        return Reply("", False, ())
    subject.voice.restart()
    logits = subject.voice.read(stream)
    said: list[int] = []
    seconds: list[float] = []
    while len(said) < MAX_TOKENS:
        step = Step(history=[*asked, *said], banned=subject.banned, seed=SEED, reply=number, step=len(said))
        token = sample(logits, settings, step).token
        if token == end:
            return Reply(subject.tokenizer.decode(said), True, tuple(seconds))
        said.append(token)
        began = time.process_time()
        logits = subject.voice.read([token])
        seconds.append(time.process_time() - began)
    return Reply(subject.tokenizer.decode(said), False, tuple(seconds))


def figures(replies: Sequence[Reply]) -> dict[str, Any]:
    """Return what replies have in common, in white-space words; None where there is nothing to count.

    Returns:
        distinct_1 and distinct_2 (different n-grams of all replies / their n-grams; Li et al. 2016), seq_rep_4 and seq_rep_2 (1 -
        different n-grams / n-grams of a reply, the mean over those that have any; Welleck et al. 2020), mean_words, ended (share that
        came to an end by itself), identical (share of the commonest reply), profane (replies with something profane or personal), and
        the texts.
    """
    texts = [normalise(reply.text) for reply in replies]
    spoken = [text.split() for text in texts]
    return {
        "distinct_1": distinct([gram for words in spoken for gram in ngrams(words, 1)]),
        "distinct_2": distinct([gram for words in spoken for gram in ngrams(words, 2)]),
        "seq_rep_4": repeated(spoken, 4),
        "seq_rep_2": repeated(spoken, 2),
        "mean_words": fmean(map(len, spoken)),
        "ended": fmean(reply.ended for reply in replies),
        "identical": Counter(texts).most_common(1)[0][1] / len(texts),
        "profane": sum(bool(offences(text)) for text in texts),
        "replies": texts,
    }


def ngrams(words: Sequence[str], length: int) -> list[tuple[str, ...]]:
    """Return the n-grams of a text in their order."""
    return [tuple(words[begin : begin + length]) for begin in range(len(words) - length + 1)]


def distinct(grams: Sequence[tuple[str, ...]]) -> float | None:
    """Return the share of different ones; None of none."""
    return len(set(grams)) / len(grams) if grams else None


def repeated(spoken: Sequence[Sequence[str]], length: int) -> float | None:
    """Return the share of n-grams that came before in the same reply, the mean over replies that have any; None without such."""
    shares = [1 - len(set(grams)) / len(grams) for words in spoken if (grams := ngrams(words, length))]
    return fmean(shares) if shares else None
