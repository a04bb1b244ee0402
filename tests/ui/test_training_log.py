from chatbot_tui.core.lab import Intervened, RunEnded, RunPrepared, RunReport, Saved
from chatbot_tui.ui.lab_view import LabView
from chatbot_tui.ui.training_log import REPORTS_KEPT, TrainingLog, first_difference, judged
from tests.fake_lab import make_report


def log(reports: int, *, floor: float = 2.5) -> TrainingLog:
    made = TrainingLog("healthy")
    made.absorb(RunPrepared(0, 200, {}))
    for number in range(reports):
        made.absorb(RunReport(0, make_report(number, floor=floor)))
    return made


def test_everything_that_happens_is_kept() -> None:
    made = log(3)
    done, ended, saved = Intervened(0, 40, "rate", "faster"), RunEnded(0, 40, "stopped"), Saved(0, 40, "mine", "/mine")
    for event in (done, ended, saved):
        made.absorb(event)
    assert (made.total_steps, made.step, made.interventions, made.ended, made.saved) == (200, 40, [done], ended, saved)


def test_a_step_between_two_reports_belongs_to_the_one_before() -> None:
    made = log(3)
    found = [made.at(step) for step in (0, 19, 20, 45)]
    assert [frame.step if frame else None for frame in found] == [0, 0, 20, 40]
    assert TrainingLog("empty").at(5) is None


def test_phases_are_stretches_of_reports() -> None:
    # Losses 7, 6.5, 6, 5.5, 5, 4.5, 4, 3.5: uniform is above 6.85, unigram above 5.3, bigram above 3.5.
    assert log(8).phases() == [("uniform", 0, 0), ("unigram", 20, 60), ("bigram", 80, 120), ("context", 140, 140)]


def test_a_long_run_keeps_its_first_and_newest_reports() -> None:
    made = log(REPORTS_KEPT + 1)
    # Of 2,001 reports the 1,999 between the ends lose every second one, 1,000 of them.
    assert len(made.frames) == 1001
    assert (made.frames[0].step, made.frames[1].step, made.step) == (0, 40, REPORTS_KEPT * 20)


def test_two_runs_differ_at_the_first_report_whose_losses_do() -> None:
    # The second stays at 5.5 from report 3 on, the first falls to 5 with report 4.
    assert first_difference(log(8), log(8, floor=5.5)) == 80
    assert first_difference(log(8), log(8)) is None
    assert first_difference(log(8), log(2)) is None


def test_held_out_text_judges_where_there_is_some() -> None:
    assert judged(make_report(2)) == 6.0
    # The loss on the training text is .1 lower a report.
    assert judged(make_report(2, valid_loss=None)) == 5.8


def test_the_view_shows_the_report_of_every_run_at_one_step() -> None:
    both = LabView((log(8), log(5)), 6)
    assert [frame.step if frame else None for frame in both.frames] == [120, 80]
    assert [len(both.history(run)) for run in (0, 1, 2)] == [7, 5, 0]
    assert not both.live
    assert LabView((log(8),)).frame == make_report(7)
    assert LabView().frame is None
    assert LabView().frames == ()
