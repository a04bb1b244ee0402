"""What the README says of the experiment, of the doctor and of the small talk is what came out of it."""

from tests import readme_calibration, readme_findings, readme_smalltalk


def test_the_findings_have_the_figures_of_the_results() -> None:
    assert readme_findings.written() == readme_findings.current()


def test_every_cause_was_made_to_happen_three_times() -> None:
    causes = [row for row in readme_findings.results().values() if row["fix"] is None]
    assert len(causes) >= 20
    assert {tuple(row["seeds"]) for row in causes} == {(0, 1, 2)}


def test_how_often_the_doctor_is_right_is_what_its_calibration_found() -> None:
    assert readme_calibration.written() == readme_calibration.current()


def test_how_good_the_small_talk_is_is_what_was_measured() -> None:
    assert readme_smalltalk.written() == readme_smalltalk.current()
    assert (readme_smalltalk.folder() / "peers.md").read_text(encoding="utf-8") == readme_smalltalk.page()
