"""Builders of frames for the tests of the UI: consistent probabilities, no network and no chance."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chatbot_tui.core.frames import Candidate, CollapseReading, Counterfactual, Gates, LayerState, ReplyCandidate, StepFrame, Weighing

WORDS: tuple[tuple[str, float], ...] = ((" the", 0.41), (" a", 0.14), (" movie", 0.06), (" you", 0.05), (" it", 0.03), (" beatles", 0.01))
"""(text, model's probability), likeliest first; together .70, so that .30 is left for the tail."""

HEALTHY = CollapseReading("healthy", None, 1, "", None, 0.84, 0.46, None)
COLLAPSED = CollapseReading("collapsed", 2, 14, " the", 1, 0.0104, 0.002, "model")
LOOPING = CollapseReading("looping", 5, 4, " i think", 2, 0.91, 0.46, "decoder")


def make_layer(layer: int = 0, **changes: Any) -> LayerState:
    values: dict[str, Any] = {
        "layer": layer,
        "h_norm": 4.21,
        "c_norm": 9.8,
        "h_change": 0.0003,
        "gates": Gates(i=0.4, f=0.9, g=-0.1, o=0.6),
        "saturated": 0.41,
    }
    return LayerState(**(values | changes))


def make_weighing(said: str, chosen: int = 1, pmi_weight: float = 1.0) -> Weighing:
    """Four candidates, of which two say the same; the one that is said has the highest score, 5.5 nats at a weight of 1."""
    figures = [("i don't know", -4.0, -4.5), (said, -12.5, -18.0), ("i like\n[b]it[/b]", -9.25, -11.0), ("i don't know", -4.0, -4.5)]
    candidates = [ReplyCandidate(text, 4, place != 2, p, q, p - pmi_weight * q) for place, (text, p, q) in enumerate(figures)]
    return Weighing(tuple(candidates), chosen, pmi_weight)


def make_frame(
    step: int = 0,
    *,
    drawn: int = 0,
    kept: int = 2,
    words: Sequence[tuple[str, float]] = WORDS,
    vocabulary_size: int = 8000,
    **changes: Any,
) -> StepFrame:
    """A frame in which top-k let the first `kept` words through and word number `drawn` of them was drawn, with u in its middle."""
    mass = sum(p for _, p in words[:kept])
    top = tuple(
        Candidate(
            token=token,
            text=text,
            logit=10 + math.log(p) if p else -50.0,
            p_model=p,
            p_sampled=p / mass if token < kept else 0.0,
            cut_by=None if token < kept else "top_k",
        )
        for token, (text, p) in enumerate(words)
    )
    chosen = top[drawn]
    drawn_from = sum(candidate.p_sampled for candidate in top[:drawn])
    values: dict[str, Any] = {
        "step": step,
        "token": chosen.token,
        "text": chosen.text,
        "p_model": chosen.p_model,
        "p_sampled": chosen.p_sampled,
        "rank": drawn,
        "entropy": 3.21,
        "entropy_sampled": 0.57,
        "u": drawn_from + chosen.p_sampled / 2,
        "top": top,
        "tail_p_model": 1 - sum(p for _, p in words),
        "tail_p_sampled": 0.0,
        "vocabulary_size": vocabulary_size,
        "kept": kept,
        "cuts": {"top_k": vocabulary_size - kept},
        "ruler": top[:kept],
        "drawn_from": drawn_from,
        "counterfactuals": (
            Counterfactual("greedy", top[0].token, top[0].text),
            Counterfactual("T .7", top[:2][-1].token, top[:2][-1].text),
            Counterfactual("top-k 5", top[0].token, top[0].text),
        ),
        "pinned": (replace(top[0], rank=0),),
        "state": (make_layer(0), make_layer(1, h_norm=2.5, c_norm=3.75)),
        "h_position": (math.cos(step), math.sin(step)),
        "collapse": HEALTHY,
        "is_end": False,
    }
    return StepFrame(**(values | changes))


def make_reply(count: int = 12, reading: CollapseReading = HEALTHY) -> tuple[StepFrame, ...]:
    """A reply of `count` frames in which norms and probabilities move; from the onset on they stand still."""
    onset = count if reading.onset_step is None else reading.onset_step
    frames = []
    for step in range(count):
        moving = min(step, onset)
        peak = 0.30 + 0.25 * math.sin(moving / 2) ** 2
        words = ((" the", peak), *WORDS[1:])
        state = tuple(
            make_layer(
                layer,
                h_norm=3 + layer + math.sin(moving / 3 + layer),
                c_norm=6 + moving / 4 + layer,
                h_change=0.4 / (1 + moving) if step <= onset else 0.0003,
                saturated=0.2 + 0.02 * moving,
            )
            for layer in range(2)
        )
        frames.append(
            make_frame(
                step,
                drawn=1 if reading.verdict == "healthy" and step % 3 == 1 else 0,
                words=words,
                state=state,
                h_position=(math.cos(moving * 1.3) * (1 + moving / 9), math.sin(moving * 0.9)),
                collapse=reading if step >= onset else HEALTHY,
            )
        )
    return tuple(frames)
