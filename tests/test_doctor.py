"""The doctor's torch side, in this process and in a child."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chatbot_tui.core.diagnosis import Diagnosed, Diagnosis, DoctorBackend, DoctorEvent, ExamineRequest, Examining
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.paths import shipped_checkpoints
from chatbot_tui.diagnosis.doctor import LocalDoctor
from chatbot_tui.doctor_bridge import ChildDoctor

SMALL = ExamineRequest("near-zero-init")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["here", "child"])
def doctor(request: pytest.FixtureRequest) -> Iterator[DoctorBackend]:
    backend: DoctorBackend = LocalDoctor() if request.param == "here" else ChildDoctor()
    yield backend
    backend.close()


def found(events: list[DoctorEvent]) -> Diagnosis:
    assert isinstance(events[-1], Diagnosed)
    return replace(events[-1].diagnosis, seconds=0.0)


def test_an_examination_tells_how_far_it_is_and_ends_with_the_diagnosis(doctor: DoctorBackend) -> None:
    events = list(doctor.examine(SMALL))
    shares = [event.share for event in events[:-1] if isinstance(event, Examining)]
    assert len(shares) == len(events) - 1
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1
    assert found(events).verdict == "collapsed"
    assert found(list(doctor.examine(SMALL))) == found(events)


def test_what_cannot_be_examined_is_refused_and_the_next_is_examined(doctor: DoctorBackend, tmp_path: Path) -> None:
    path = tmp_path / "broken.pt"
    path.write_bytes(b"no weights at all")
    with pytest.raises(InputError):
        list(doctor.examine(ExamineRequest(str(path))))
    with pytest.raises(InputError, match="no checkpoint"):
        list(doctor.examine(ExamineRequest("nowhere")))
    assert found(list(doctor.examine(SMALL))).checkpoint == "near-zero-init"


def test_a_cancelled_examination_ends_without_a_diagnosis_and_the_next_is_whole(doctor: DoctorBackend) -> None:
    events = doctor.examine(SMALL)
    assert isinstance(next(events), Examining)
    doctor.cancel()
    assert not any(isinstance(event, Diagnosed) for event in events)
    assert found(list(doctor.examine(SMALL))).verdict == "collapsed"


def test_the_child_finds_what_this_process_finds() -> None:
    request = ExamineRequest(str(shipped_checkpoints() / "near-zero-init"))
    child = ChildDoctor()
    try:
        theirs = found(list(child.examine(request)))
    finally:
        child.close()
    ours = found(list(LocalDoctor().examine(request)))
    assert (theirs.verdict, [cause.cause for cause in theirs.causes]) == (ours.verdict, [cause.cause for cause in ours.causes])
    values = {reading.signal: reading.value for reading in ours.signals}
    # Another number of threads adds in another order.
    assert {reading.signal: reading.value for reading in theirs.signals} == {
        name: pytest.approx(value, rel=1e-3, abs=1e-5) if value is not None else None for name, value in values.items()
    }


def test_a_child_that_dies_is_told_of_and_replaced() -> None:
    child = ChildDoctor()
    try:
        events = child.examine(SMALL)
        # It has yet to import torch: there is no diagnosis that could be under way already.
        assert child.process_id is not None
        os.kill(child.process_id, signal.SIGKILL)
        with pytest.raises(InputError, match="examine again"):
            list(events)
        assert found(list(child.examine(SMALL))).verdict == "collapsed"
    finally:
        child.close()
