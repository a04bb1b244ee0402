"""The torch side of the laboratory: trains one net or several in lockstep, and obeys whoever watches."""

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.lab import Intervened, LabEvent, RecipeCard, Refused, RunEnded, RunReport, Saved, TrainRequest
from chatbot_tui.training.catalogue import recipe_cards, requested_recipe
from chatbot_tui.training.lab_run import LabRun

Wish: TypeAlias = tuple[Literal["knob"], str, str] | tuple[Literal["intervene"], str] | tuple[Literal["save"], int, str]
"""Something to be done between two steps."""


@dataclass(frozen=True)
class Orders:
    """What is to be done next."""

    wishes: tuple[Wish, ...]
    may_step: bool
    single: bool
    """Whether the step is one of its own, to be reported."""
    stop: bool
    cancelled: bool


class LabControl:
    """What the training thread asks before each step, and what others change meanwhile. Any thread may."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.begin()

    def begin(self) -> None:
        """Forget what was asked of an earlier run."""
        with self._changed:
            self._wishes: deque[Wish] = deque()
            self._paused = self._stop = self._cancelled = False
            self._singles = 0

    def wish(self, wish: Wish) -> None:
        """Have something done before the next step."""
        with self._changed:
            self._wishes.append(wish)
            self._changed.notify_all()

    def set_paused(self, paused: bool) -> None:
        """Hold the runs, or let them go on."""
        with self._changed:
            self._paused, self._singles = paused, 0
            self._changed.notify_all()

    def advance(self) -> None:
        """Let one step through while paused."""
        with self._changed:
            self._singles += self._paused
            self._changed.notify_all()

    def stop(self) -> None:
        """End the training."""
        with self._changed:
            self._stop = True
            self._changed.notify_all()

    def cancel(self) -> None:
        """Let go of the runs."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    @property
    def cancelled(self) -> bool:
        """Whether the runs are to be let go."""
        return self._cancelled

    def orders(self, *, training: bool) -> Orders:
        """Wait until there is something to do, and return it; with nothing left to train only wishes and the end count."""
        with self._changed:
            while not (self._wishes or self._cancelled or (training and (self._stop or not self._paused or self._singles))):
                self._changed.wait()
            wishes = tuple(self._wishes)
            self._wishes.clear()
            single = training and self._paused and self._singles > 0
            self._singles -= single
            may_step = training and (single or not self._paused) and not self._stop
            return Orders(wishes, may_step, single, self._stop, self._cancelled)


class LocalLab:
    """A LabBackend in this process."""

    def __init__(self) -> None:
        # One core is left to whoever looks at the training.
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))
        self._control = LabControl()

    def recipes(self) -> tuple[RecipeCard, ...]:
        """List the recipes. Raises InputError."""
        return recipe_cards()

    def check(self, request: TrainRequest) -> None:
        """Raise InputError if a setting of the request is wrong."""
        requested_recipe(request)

    def train(self, requests: tuple[TrainRequest, ...]) -> Iterator[LabEvent]:
        """Train one net, or several in lockstep. Raises InputError."""
        self._control.begin()
        return self._train(requests)

    def _train(self, requests: Sequence[TrainRequest]) -> Iterator[LabEvent]:
        with ExitStack() as stack:
            runs: list[LabRun] = []
            for number, request in enumerate(requests):
                runs.append(stack.enter_context(LabRun(number, request)))
                if runs[-1].remark:
                    yield Refused(number, runs[-1].remark)
                yield runs[-1].prepared()
                yield RunReport(number, runs[-1].look())
                if self._control.cancelled:
                    return
            yield from self._lockstep(runs)

    def _lockstep(self, runs: Sequence[LabRun]) -> Iterator[LabEvent]:
        while True:
            going = [run for run in runs if not run.over]
            asked = time.perf_counter()
            orders = self._control.orders(training=bool(going))
            for wish in orders.wishes:
                yield fulfil(runs, wish)
            if orders.cancelled:
                return
            for run in going:
                run.trainer.rest(time.perf_counter() - asked)
                if orders.may_step:
                    yield from step(run, single=orders.single)
                elif orders.stop:
                    run.over = True
                    yield RunEnded(run.number, run.step, "stopped")

    def set_knob(self, key: str, value: str) -> None:
        """Turn a knob of the first run before its next step."""
        self._control.wish(("knob", key, value))

    def intervene(self, name: str) -> None:
        """Do something to the first run before its next step."""
        self._control.wish(("intervene", name))

    def set_paused(self, paused: bool) -> None:
        """Hold all runs, or let them go on."""
        self._control.set_paused(paused)

    def advance(self) -> None:
        """Let all runs take one step while paused."""
        self._control.advance()

    def stop(self) -> None:
        """End the training."""
        self._control.stop()

    def save(self, run: int, name: str) -> None:
        """Have a run's net written to the person's library."""
        self._control.wish(("save", run, name))

    def cancel(self) -> None:
        """Let go of the runs."""
        self._control.cancel()

    def close(self) -> None:
        """End everything."""
        self._control.cancel()


def fulfil(runs: Sequence[LabRun], wish: Wish) -> Intervened | Saved | Refused:
    """Do what was asked for, or say why not."""
    number = 0
    try:
        match wish:
            case ("knob", key, value):
                return changeable(runs[0]).turn_knob(key, value)
            case ("intervene", name):
                return changeable(runs[0]).intervene(name)
            case ("save", number, name):
                return runs[number].save(name)
    except InputError as error:
        return Refused(number, str(error))


def changeable(run: LabRun) -> LabRun:
    """Return the run. Raises InputError where it is over."""
    if run.over:
        raise InputError("this run has ended: start another to change something in it")
    return run


def step(run: LabRun, *, single: bool) -> Iterator[LabEvent]:
    """Let a run take one step, and tell what came of it."""
    try:
        frame = run.advance(report=single)
    except InputError as error:
        run.over = True
        yield RunEnded(run.number, run.step, "failed", str(error))
        return
    if frame is not None:
        yield RunReport(run.number, frame)
    if run.finished:
        run.over = True
        yield RunEnded(run.number, run.step, "finished")
