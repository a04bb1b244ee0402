"""A doctor without a network: what it finds is written down here, a stage whenever the test lets it."""

import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chatbot_tui.core.diagnosis import (
    CauseFound,
    Diagnosed,
    Diagnosis,
    DoctorEvent,
    Evidence,
    ExamineRequest,
    Examining,
    HiddenMap,
    LayerReading,
    Prescription,
    PromptAnswer,
    Range,
    SignalReading,
    TokenShare,
)
from chatbot_tui.core.errors import InputError
from tests.fakes import PATIENCE

PROMPTS = ("it is raining again", "do you like films", "my dog ran away", "seven green bottles", "who are you", "tell me more")
STAGES = (("the weights", 0.0), ("answers to the prompts", 0.25), ("replies, greedy and sampled", 0.5))


def sensitivity(value: float) -> SignalReading:
    return SignalReading(
        "prompt_sensitivity",
        "Dependence on the prompt",
        value,
        "nats",
        healthy=Range(0.3, 2.0),
        collapsed=Range(1e-12, 0.024),
        logarithmic=True,
        definition="Generalised Jensen-Shannon divergence of the distributions after 32 prompts.",
        matters="A net whose next word does not depend on what it read cannot answer.",
    )


COLLAPSED = Diagnosis(
    verdict="collapsed",
    sentence="Collapsed: what comes next hardly depends on what the net has read: greedily it says “the” for ever.",
    decoding="greedy loops from the first token; sampling at temperature 1 does not",
    confidence=0.97,
    causes=(
        CauseFound(
            "near-zero-init",
            0.85,
            (
                Evidence("positive_fraction", "lstm.weight_hh_l0", 0.96, 0.88, "Nearly all recurrent weights are positive."),
                Evidence("stable_rank", "lstm.weight_hh_l0", 1.02, 1.7, "All rows of the recurrent matrix say the same.", "below"),
            ),
            "The weights began almost at zero, and training has not parted them.",
        ),
        CauseFound("stopped-early", 0.42, (Evidence("distance_from_init", "", 0.1, 0.15, "The weights are where they began.", "below"),)),
    ),
    prescription=(
        Prescription("near-zero-init", {"init": "xavier"}, "As large as the width asks for."),
        Prescription("near-zero-init", {"freeze_embeddings": False, "learning_rate": 0.002}, "Steps that do not shrink with the gradient."),
    ),
    signals=(
        sensitivity(0.0021),
        SignalReading("greedy_distinct", "Different greedy replies", 0.031, "share", healthy=Range(0.3, 1.0), collapsed=Range(0.0, 0.07)),
        SignalReading("sampled_loops", "Sampled replies that loop", 0.0, "share", healthy=Range(0.0, 0.1)),
        SignalReading("entropy", "Entropy", 5.95, "nats", healthy=Range(1.0, 5.0)),
        SignalReading(
            "state_variance",
            "Variance of the state across prompts",
            0.0029,
            "share",
            "layer 1",
            {"layer 0": 0.012, "layer 1": 0.0029},
            Range(0.08, 0.95),
            Range(1e-12, 0.05),
            logarithmic=True,
        ),
        SignalReading("positive_fraction", "Positive recurrent weights", 0.96, "share", "lstm.weight_hh_l0", healthy=Range(0.45, 0.55)),
        SignalReading(
            "stable_rank",
            "Stable rank of the recurrent weights",
            1.02,
            healthy=Range(2.0, 12.0),
            collapsed=Range(1.0, 1.4),
            logarithmic=True,
        ),
        SignalReading("distance_from_init", "Distance from the first weights", 0.1, "share", healthy=Range(0.13, 0.5)),
        SignalReading("padding_share", "Probability of padding", None, "share", healthy=Range(0.0, 0.01)),
        SignalReading("vocabulary", "Vocabulary", 2000.0),
    ),
    layers=(
        LayerReading(0, 0.012, 2.1, 64, (0.02, 0.03, 0.61), (0.1, 0.4, 0.0), 4.2),
        LayerReading(1, 0.0029, None, 64, (0.7, 0.0, 0.0), (0.0, 0.95, 0.2), 5.7),
    ),
    map=HiddenMap(tuple((0.01 * math.cos(n), 0.01 * math.sin(n)) for n in range(32)), 0.99, 0.0029),
    answers=tuple(
        PromptAnswer(
            prompt,
            (TokenShare(0, "<eot>", 0.094), TokenShare(2, " the", 0.071), TokenShare(3, " i", 0.032), TokenShare(4, " you", 0.028)),
            5.95,
            " the" * 12,
            " political a know is wow i somewhat",
            greedy_loops=True,
            sampled_loops=False,
        )
        for prompt in PROMPTS
    ),
    remarks=("No text was given, so every confidence is lower: add --corpus.",),
    checkpoint="near-zero-init",
    seconds=3.1,
)
HEALTHY = replace(
    COLLAPSED,
    verdict="healthy",
    sentence="Healthy: what the net says depends on what it has read.",
    decoding="greedy does not loop; sampling at temperature 1 does not",
    confidence=0.9,
    causes=(),
    prescription=(),
    signals=(sensitivity(1.52), *COLLAPSED.signals[2:4]),
    layers=(LayerReading(0, 0.64, 20.5, 512, (0.02, 0.03, 0.1), (0.1, 0.4, 0.2), 9.3),),
    map=HiddenMap(tuple((0.6 * math.cos(n), 0.5 * math.sin(2 * n)) for n in range(32)), 0.31, 0.64),
    answers=tuple(
        replace(
            answer,
            top=tuple(TokenShare(place, f" w{n + place}", 0.5 / 2**place) for place in range(4)),
            greedy=" well yes",
            greedy_loops=False,
        )
        for n, answer in enumerate(COLLAPSED.answers)
    ),
    remarks=(),
    checkpoint="smalltalk",
)
UNKNOWN = replace(
    COLLAPSED,
    causes=(CauseFound("unknown", 1.0),),
    prescription=(),
    remarks=("The signals fit no known cause, or contradict each other: no cause is named rather than a wrong one.",),
)
BROKEN = Diagnosis(
    verdict="broken",
    sentence="Broken: fc.weight holds NaN or infinity, and whatever the net computes does too.",
    decoding="nothing can be decoded",
    confidence=1.0,
    causes=(CauseFound("unknown", 1.0, (), "Training that diverged leaves this."),),
    checkpoint="burst",
)
FOUND: Mapping[str, Diagnosis] = {"near-zero-init": COLLAPSED, "burst": BROKEN, "riddle": UNKNOWN}
"""Diagnoses by the last part of the checkpoint's path; every other net is healthy."""


class ScriptedDoctor:
    """A DoctorBackend. With `held` each stage waits for `release`."""

    def __init__(self, *, held: bool = False) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.error = ""
        """What the next examination raises; empty for nothing."""
        self._held = held
        self._released = 0
        self._cancelled = False
        self._changed = threading.Condition()

    def release(self, stages: int = 1) -> None:
        with self._changed:
            self._released += stages
            self._changed.notify_all()

    def called(self, name: str) -> list[Any]:
        return [argument for call, argument in self.calls if call == name]

    def examine(self, request: ExamineRequest) -> Iterator[DoctorEvent]:
        self.calls.append(("examine", request))
        with self._changed:
            self._cancelled = False
        return self._examine(request)

    def _examine(self, request: ExamineRequest) -> Iterator[DoctorEvent]:
        if self.error:
            error, self.error = self.error, ""
            raise InputError(error)
        for stage, share in STAGES:
            yield Examining(stage, share)
            with self._changed:
                self._changed.wait_for(lambda: self._cancelled or not self._held or self._released > 0, timeout=PATIENCE)
                if self._cancelled:
                    return
                self._released -= self._held
        found = FOUND.get(request.checkpoint.rpartition("/")[2], HEALTHY)
        name = request.checkpoint.rpartition("/")[2]
        yield Diagnosed(replace(found, checkpoint=name, text="77,000 words" if request.corpora else ""))

    def cancel(self) -> None:
        self.calls.append(("cancel", None))
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def close(self) -> None:
        self.calls.append(("close", None))
        self.cancel()
