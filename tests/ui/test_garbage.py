"""Old objects are searched only when nobody types."""

import gc
from collections.abc import Iterator

import pytest

from chatbot_tui.ui import garbage
from chatbot_tui.ui.garbage import IdleCollector


class Ring:
    """Refers to itself, so that only a search finds it once it is forgotten."""

    alive = 0

    def __init__(self) -> None:
        self.me = self
        Ring.alive += 1

    def __del__(self) -> None:
        Ring.alive -= 1


@pytest.fixture
def usual_collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("usual_collector")
def test_a_search_waits_until_nobody_has_typed_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(garbage, "monotonic", lambda: now)
    collector = IdleCollector()
    gc.disable()
    collector.begin()
    assert gc.isenabled()
    gc.disable()
    Ring()
    collector.touch()

    now += garbage.IDLE_SECONDS - 0.1
    assert not collector.search()
    assert Ring.alive == 1
    now += 0.2
    assert collector.search()
    assert Ring.alive == 0


@pytest.mark.usefixtures("usual_collector")
def test_whoever_types_on_and_on_does_not_put_it_off_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(garbage, "monotonic", lambda: now)
    collector = IdleCollector()

    searched = []
    for _ in range(61):
        now += 1
        collector.touch()
        searched.append(collector.search())

    assert [second for second, done in enumerate(searched, 1) if done] == [30, 60]
