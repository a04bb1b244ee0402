"""A laboratory without a network: its nets learn along a curve that is written down here, one report whenever the test lets them."""

import threading
from collections.abc import Iterator
from typing import Any

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.frames import Candidate, Phase, TrainFrame, Yardsticks
from chatbot_tui.core.lab import (
    INTERVENTIONS,
    Fix,
    Intervened,
    LabEvent,
    RecipeCard,
    Refused,
    RunEnded,
    RunPrepared,
    RunReport,
    Saved,
    TrainRequest,
)
from tests.fakes import PATIENCE
from tests.ui.frames import make_layer

YARDSTICKS = Yardsticks(7.0, 5.5, 3.5)
STEPS = 20
"""Between two reports."""
SAMPLES = ("swan swan swan", "the the the", "i am the the", "i am going home")
WORDS = (" the", " i", " well", " yes", " my", " oh", " it", " you", " no", " so")
RECIPES = (
    RecipeCard("healthy", teaches="A healthy net learns words, then pairs.", settings={"learning_rate": "0.002", "probe": "how are you"}),
    RecipeCard(
        "near-zero-init",
        cause="near-zero-init",
        control="healthy",
        depth=1,
        teaches="Almost-zero weights stay where they are.",
        fixes=(Fix("xavier", {"init": "xavier"}, "As large as the width asks for."),),
        settings={"learning_rate": "0.1", "optimizer": "sgd", "probe": "how are you"},
    ),
)


def phase_of(loss: float) -> Phase:
    return "uniform" if loss > 6.85 else "unigram" if loss > 5.3 else "bigram" if loss > 3.5 else "context"


def make_report(number: int, *, floor: float = 2.5, total: int = 200, **changes: Any) -> TrainFrame:
    """Report `number` of a run: the held-out loss falls by half a nat each, from ln V = 7 down to `floor`."""
    loss = max(floor, 7.0 - 0.5 * number)
    step = number * STEPS
    shares = [0.5 / 2**place for place in range(len(WORDS))]
    order = WORDS[number % 3 :] + WORDS[: number % 3]
    values: dict[str, Any] = {
        "step": step,
        "total_steps": total,
        "loss": loss - 0.1 * min(number, 5),
        "valid_loss": loss,
        "learning_rate": 0.002,
        "gradient_norm": 0.31,
        "phase": phase_of(loss),
        "kl_unigram": 0.2 * number,
        "prompt_sensitivity": 0.01 * number**2,
        "sample": SAMPLES[min(number // 2, len(SAMPLES) - 1)],
        "probe_top": tuple(
            Candidate(WORDS.index(text), text, -float(place), share, share, None)
            for place, (text, share) in enumerate(zip(order, shares, strict=True))
        ),
        "state": (make_layer(0, h_norm=1.0 + number, saturated=0.05 * number), make_layer(1, h_norm=2.0 + number)),
        "tokens_per_second": 12_345.0,
        "seconds_left": float(total - step),
        "yardsticks": YARDSTICKS,
        "state_variance": (0.1 * number, 0.05 * number),
    }
    return TrainFrame(**(values | changes))


class ScriptedLab:
    """A LabBackend. Every run has ten reports after the first; with `held` each waits for `release`."""

    def __init__(self, *, held: bool = False, reports: int = 10) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.reports = reports
        self.error = ""
        """What the next run raises before anything comes of it; empty for nothing."""
        self._changed = threading.Condition()
        self._held = held
        self._released = 0
        self._paused = self._stop = self._cancelled = False
        self._wishes: list[tuple[str, Any]] = []

    # What the test does

    def release(self, reports: int = 1) -> None:
        with self._changed:
            self._released += reports
            self._changed.notify_all()

    def called(self, name: str) -> list[Any]:
        return [argument for call, argument in self.calls if call == name]

    # What the app does

    def recipes(self) -> tuple[RecipeCard, ...]:
        return RECIPES

    def check(self, request: TrainRequest) -> None:
        if request.settings.get("learning_rate") == "fast":
            raise InputError("learning_rate is 'fast': it must be a number from 0 to 1000")

    def train(self, requests: tuple[TrainRequest, ...]) -> Iterator[LabEvent]:
        self.calls.append(("train", requests))
        with self._changed:
            self._paused = self._stop = self._cancelled = False
            self._wishes.clear()
        return self._train(len(requests))

    def _train(self, runs: int) -> Iterator[LabEvent]:
        if self.error:
            error, self.error = self.error, ""
            raise InputError(error)
        for run in range(runs):
            yield RunPrepared(run, STEPS * self.reports, {})
            yield RunReport(run, make_report(0, total=STEPS * self.reports))
        number = 0
        while number < self.reports and not self._ending():
            yield from self._obey(number)
            if not self._take_turn():
                continue
            number += 1
            for run in range(runs):
                yield RunReport(run, make_report(number, floor=5.5 if run else 2.5, total=STEPS * self.reports))
        for run in range(runs):
            yield RunEnded(run, number * STEPS, "stopped" if number < self.reports else "finished")
        while not self._cancelled:
            yield from self._obey(number)
            with self._changed:
                self._changed.wait_for(lambda: self._cancelled or self._wishes, timeout=PATIENCE)

    def _ending(self) -> bool:
        return self._stop or self._cancelled

    def _take_turn(self) -> bool:
        """Wait until the next report may come; False: look again at what is wanted."""
        with self._changed:
            self._changed.wait_for(lambda: self._ending() or self._wishes or self._may_go_on(), timeout=PATIENCE)
            if self._ending() or self._wishes:
                return False
            self._released -= self._held
            return True

    def _may_go_on(self) -> bool:
        return (not self._paused or self._released > 0) and (not self._held or self._released > 0)

    def _obey(self, number: int) -> Iterator[LabEvent]:
        with self._changed:
            wishes, self._wishes = self._wishes, []
        for name, argument in wishes:
            if name == "intervene":
                meaning = next(entry.meaning for entry in INTERVENTIONS if entry.name == argument)
                yield Intervened(0, number * STEPS, argument, meaning)
            elif name == "set_knob":
                yield Intervened(0, number * STEPS, argument[0], f"{argument[0]} is now {argument[1]}")
            elif argument[1] == "taken":
                yield Refused(argument[0], "there is already a checkpoint 'taken': choose another name")
            else:
                yield Saved(argument[0], number * STEPS, argument[1], f"/checkpoints/{argument[1]}")

    def _wish(self, name: str, argument: Any) -> None:
        self.calls.append((name, argument))
        with self._changed:
            self._wishes.append((name, argument))
            self._changed.notify_all()

    def set_knob(self, key: str, value: str) -> None:
        self._wish("set_knob", (key, value))

    def intervene(self, name: str) -> None:
        self._wish("intervene", name)

    def save(self, run: int, name: str) -> None:
        self._wish("save", (run, name))

    def _set(self, **values: bool) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, f"_{name}", value)
            self._changed.notify_all()

    def set_paused(self, paused: bool) -> None:
        self.calls.append(("set_paused", paused))
        self._set(paused=paused)

    def advance(self) -> None:
        self.calls.append(("advance", None))
        self.release()

    def stop(self) -> None:
        self.calls.append(("stop", None))
        self._set(stop=True)

    def cancel(self) -> None:
        self.calls.append(("cancel", None))
        self._set(cancelled=True)

    def close(self) -> None:
        self.calls.append(("close", None))
        self._set(cancelled=True)
