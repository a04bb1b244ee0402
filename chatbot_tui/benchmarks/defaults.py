"""Entry point of `python -m chatbot_tui.benchmarks.defaults`: which sampling, and which re-ranking, makes the best of one net.

The judge is another model: how likely it finds a reply after the opener tells of fluency, by how much the opener makes it likelier
(pointwise mutual information) of fit. Nobody is his own judge here: a net finds its greedy replies likeliest.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from chatbot_tui.benchmarks.entry import Parser, run, use_threads, write
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import ReplyCandidate
from chatbot_tui.core.ports import ReplyRequest, Turn
from chatbot_tui.core.sampling import SamplingSettings

if TYPE_CHECKING:
    from chatbot_tui.benchmarks.peers.kept import Subject
    from chatbot_tui.generation.engine import Engine

TEMPERATURES, TOP_P = (0.5, 0.7, 0.85, 1.0), (0.9, 1.0)
CANDIDATES, WEIGHTS = (1, 4, 8, 16, 32), (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Drawn:
    """What a net might say to one opener under one way of sampling."""

    opener: str
    candidates: tuple[ReplyCandidate, ...]

    def said(self, candidates: int, weight: float) -> ReplyCandidate:
        """Return what would be said of the first so many candidates: as the re-ranker chooses, ties: the earlier one."""
        return max(self.candidates[:candidates], key=lambda one: one.log_p - weight * one.log_p_alone)


def draw(engine: "Engine", openers: Sequence[str], settings: SamplingSettings, seed: int) -> list[Drawn]:
    """Draw the candidates for each opener at the beginning of a conversation; the n-th has the seed that is n higher."""
    weighings = [engine.weigh(ReplyRequest((Turn("you", opener),), settings, seed=seed + n)) for n, opener in enumerate(openers)]
    return [Drawn(opener, weighing.candidates) for opener, weighing in zip(openers, weighings, strict=True) if weighing is not None]


def judged(judge: "Subject", drawn: Sequence[Drawn]) -> dict[tuple[str, str], tuple[float, float, int]]:
    """Return for each opener and reply what the judge thinks: ln p after the opener, ln p after nothing, and the tokens it read.

    Raises:
        InputError: the judge knows no end of a turn.
    """
    end = judge.tokenizer.end_id
    if end is None:
        raise InputError("the judge has no end-of-turn token: choose a model that this program trained")
    pairs = sorted({(one.opener, candidate.text) for one in drawn for candidate in one.candidates})
    replies = [judge.tokenizer.encode(reply) for _, reply in pairs]
    openers = [(end, *judge.tokenizer.encode(opener), end) for opener, _ in pairs]
    whole = judge.predictor.score([(*opener, *reply, end) for opener, reply in zip(openers, replies, strict=True)]).log_p
    before = judge.predictor.score(openers).log_p
    alone = judge.predictor.score([(end, *reply, end) for reply in replies]).log_p
    figures = zip((whole - before).tolist(), alone.tolist(), map(len, replies), strict=True)
    return {pair: (here, nothing, tokens + 1) for pair, (here, nothing, tokens) in zip(pairs, figures, strict=True)}


def rows(engine: "Engine", judge: "Subject", openers: Sequence[str], seed: int) -> Iterator[dict[str, Any]]:
    """Yield the figures of every combination of the grid, those of one way of drawing together."""
    from chatbot_tui.benchmarks.peers.replies import Reply, figures

    for temperature, top_p in product(TEMPERATURES, TOP_P):
        drawn = draw(engine, openers, SamplingSettings(temperature=temperature, top_p=top_p, candidates=max(CANDIDATES)), seed)
        opinions = judged(judge, drawn)
        for candidates, weight in product(CANDIDATES, WEIGHTS):
            if candidates == 1 and weight != WEIGHTS[0]:
                continue
            said = [one.said(candidates, weight) for one in drawn]
            views = [opinions[one.opener, choice.text] for one, choice in zip(drawn, said, strict=True)]
            common = figures([Reply(choice.text, choice.finished, ()) for choice in said])
            del common["replies"]
            yield {
                "temperature": temperature,
                "top_p": top_p,
                "candidates": candidates,
                "pmi_weight": weight if candidates > 1 else None,
                "judge_nats_a_token": -sum(here for here, _, _ in views) / sum(tokens for _, _, tokens in views),
                "judge_mutual_information": fmean(here - alone for here, alone, _ in views),
                **common,
            }


def parser() -> Parser:
    """Return the options."""
    top = Parser(prog="python -m chatbot_tui.benchmarks.defaults", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    grid = commands.add_parser("grid", help="write a line of JSON for each way of sampling")
    grid.add_argument("--checkpoint", required=True, metavar="C")
    grid.add_argument("--judge", required=True, metavar="DIR_OR_CHECKPOINT", help="another model of the same text")
    grid.add_argument("--openers", default="tests/openers.txt", metavar="FILE")
    grid.add_argument("--seed", type=int, default=0)
    return top


def grid(options: argparse.Namespace) -> None:
    """Write the figures of the grid. Raises InputError."""
    from chatbot_tui.benchmarks.peers.measuring import load_subject
    from chatbot_tui.benchmarks.peers.replies import read_openers
    from chatbot_tui.core.library import find
    from chatbot_tui.generation.engine import Engine
    from chatbot_tui.model.importers.load import load_named

    use_threads(1)
    openers = read_openers(Path(options.openers))
    checkpoint, _ = load_named(find(options.checkpoint))
    for row in rows(Engine(checkpoint), load_subject(options.judge), openers, options.seed):
        write(row)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status."""
    return run("defaults", parser(), {"grid": grid}, arguments)


if __name__ == "__main__":
    sys.exit(main())
