"""What the laboratory's panels write for a report."""

import pytest

from chatbot_tui.core.lab import Intervened, RunEnded, RunReport
from chatbot_tui.ui.lab_view import LabView
from chatbot_tui.ui.panels.inside import InsidePanel, spread
from chatbot_tui.ui.panels.lab_panel import LabPanel
from chatbot_tui.ui.panels.loss import LossPanel
from chatbot_tui.ui.panels.probe import ProbePanel
from chatbot_tui.ui.panels.run_state import RunState, left
from chatbot_tui.ui.training_log import TrainingLog
from chatbot_tui.ui.widgets.lines import join
from tests.fake_lab import make_report


def log(reports: int, *, floor: float = 2.5, name: str = "healthy") -> TrainingLog:
    made = TrainingLog(name, total_steps=200)
    for number in range(reports):
        made.absorb(RunReport(0, make_report(number, floor=floor)))
    return made


def showing(panel: LabPanel, *runs: TrainingLog, index: int = -1) -> LabPanel:
    panel.set_reactive(LabPanel.view, LabView(runs, index, "how are you"))
    return panel


def written(panel: LabPanel, width: int, height: int) -> list[str]:
    return [line.rstrip() for line in str(join(panel.lines(width, height))).split("\n")]


def test_levels_stand_at_their_values_and_the_curve_falls_through_them() -> None:
    # Losses from 7.0 down to 2.5, with slack 7.135 to 2.365, on ten rows: 7.0 (.97 of the way up) is in the first, 5.5 (.66) in the fourth,
    # 3.5 (.24) in the eighth.
    rows = written(showing(LossPanel(), log(9)), 80, 12)
    assert rows[0].startswith("    ln V 7.00 ▄▄▖┄")
    assert rows[3].startswith(" unigram 5.50 ┄")
    assert rows[7].startswith("  bigram 3.50 ┄")
    assert rows[10].startswith("        phase ░")
    assert rows[11] == " " * 14 + "0" + "160 steps".rjust(65)


def test_the_band_names_the_phases() -> None:
    # 66 columns for 160 steps: unigram begins at step 20 (column 8), bigram at 80 (32 of 65), context at 140 (57).
    band = written(showing(LossPanel(), log(9)), 80, 12)[10][14:]
    assert (band[:8], band[8:11], band[-9:]) == ("░" * 8 if "uniform" not in band else band[:8], "▒▒▒", "█" * 9)
    assert " unigram " in band
    assert " bigram " in band


def test_interventions_and_the_place_one_looks_at_are_marked() -> None:
    made = log(9)
    made.absorb(Intervened(0, 80, "near-zero", "The LSTM is drawn anew."))
    rows = written(showing(LossPanel(), made, index=2), 80, 12)
    # Intervention number two in the middle (column 32), the person at step 40 (column 16).
    assert (rows[0][14 + 32], rows[0][14 + 16]) == ("2", "▼")
    assert rows[11].strip().startswith("0")
    assert "step 40" in rows[11]


def test_a_second_run_has_signs_of_its_own() -> None:
    rows = written(showing(LossPanel(), log(9), log(9, floor=5.5, name="fix")), 80, 13)
    assert sum(row.count("○") for row in rows[:10]) >= 5
    assert "≠" in rows[0]
    assert rows[11].startswith("            ○ ")
    assert "○ second 5.50" in showing(LossPanel(), log(9), log(9, floor=5.5)).note()


def test_what_explodes_runs_along_the_upper_edge() -> None:
    made = log(3)
    made.absorb(RunReport(0, make_report(3, valid_loss=1e9, loss=float("inf"))))
    rows = written(showing(LossPanel(), made), 80, 12)
    # The panel ends at 1.25 * 7 = 8.75 and its slack.
    assert len(rows) == 12
    assert any(sign in rows[0] for sign in "▀▘▝▛▜▙▟█▄▖▗▌▐▚▞")


def test_the_probe_shows_where_each_probability_goes() -> None:
    # Report 4 begins with " i" at .5; in report 3 it was second to " the" at .25. " well" rises too, " the" falls to the bottom.
    rows = written(showing(ProbePanel(), log(5)), 60, 12)
    assert rows[0].startswith("␣i ")
    assert rows[0].endswith(".50 ▲")
    assert rows[1].endswith(".25 ▲")
    assert rows[6] == "     80 › i am the the"
    assert rows[7] == "     60 › the the the"
    assert rows[8] == "     20 › swan swan swan"


def test_replies_of_two_runs_stand_below_each_other() -> None:
    rows = written(showing(ProbePanel(), log(5), log(5)), 80, 12)
    assert rows[6].startswith("     80 › i am")
    assert rows[7].startswith("     80 ○ i am")
    assert rows[0].count(".50") == 2
    # 80 cells less the gap of three: columns of 38, and the sign of the second run between them.
    assert [row[38:42] for row in rows[:2]] == [" ○ ␣", " ○ ␣"]


def test_figures_of_the_whole_net_come_first_then_those_of_each_layer() -> None:
    # Report 4: sensitivity .01 * 16 = .16, KL .8, variances .4 and .2, norms 5 and 6, saturation 20 % and 41 %.
    rows = written(showing(InsidePanel(), log(5)), 80, 8)
    starts = [row[:36].split() for row in rows]
    assert starts[0][:4] == ["prompt", "sensitivity", ".16", "nats"]
    assert starts[1][:5] == ["KL", "to", "unigram", ".80", "nats"]
    assert starts[2][:4] == ["h1", "across", "prompts", ".40"]
    assert starts[3][:4] == ["h2", "across", "prompts", ".20"]
    assert starts[4][:3] == ["h1", "norm", "5.00"]
    assert starts[6][:5] == ["gates", "1", "saturated", "20.0", "%"]


def test_stuck_gates_are_not_marked_for_a_healthy_net_has_many() -> None:
    # Report 12: 5 % times 12.
    row = written(showing(InsidePanel(), log(13)), 80, 8)[6]
    assert row[:40].split()[:4] == ["gates", "1", "saturated", "60.0"]
    assert "!" not in row


def test_a_deaf_net_is_marked() -> None:
    # Report 1: .01 nats, at most .024.
    assert "!" in written(showing(InsidePanel(), log(2)), 80, 8)[0]
    assert "!" not in written(showing(InsidePanel(), log(5)), 80, 8)[0]


def test_a_course_is_spread_over_the_whole_run() -> None:
    assert spread([1, 2, 3, 4, 5, 6], 3) == [2, 4, 6]
    assert spread([1, 2], 3) == [1, 2]


def test_the_state_says_the_most_important_first() -> None:
    made = log(9)
    assert written(showing(RunState(), made), 30, 1) == ["█ context · step 160 of 200"]
    assert written(showing(RunState(), made), 120, 2) == [
        "█ context · step 160 of 200 · loss 3.00 · healthy · 12,345 tokens/s · 40 s left",
        "› i am going home",
    ]


def test_an_intervention_is_explained_from_its_step_on() -> None:
    made = log(9)
    made.absorb(Intervened(0, 80, "near-zero", "The LSTM is drawn anew."))
    assert written(showing(RunState(), made), 80, 2)[1] == "step 80: The LSTM is drawn anew."
    assert written(showing(RunState(), made, index=2), 80, 2)[1] == "› the the the"


def test_a_run_that_failed_says_why_as_long_as_its_end_is_shown() -> None:
    made = log(9)
    made.absorb(Intervened(0, 80, "rate", "The learning rate is thirty times what it was."))
    made.absorb(RunEnded(0, 163, "failed", "training diverged at step 163: lower learning_rate"))
    assert written(showing(RunState(), made), 80, 2)[1] == "training diverged at step 163: lower learning_rate"
    assert written(showing(RunState(), made, index=5), 80, 2)[1] == "step 80: The learning rate is thirty times what it was."


def test_of_two_runs_the_second_is_named_with_its_sign() -> None:
    assert "healthy against ○ xavier" in written(showing(RunState(), log(5), log(5, name="xavier")), 120, 1)[0]


def test_what_is_being_prepared_need_not_be_chosen_any_more() -> None:
    assert "start it" in written(showing(LossPanel()), 80, 3)[0]
    assert "start it" not in written(showing(LossPanel(), log(0)), 80, 3)[0]


def test_long_times_are_told_in_minutes() -> None:
    assert (left(89), left(90), left(600)) == ("89 s left", "2 min left", "10 min left")


# Below 44 columns, 42 within a panel's padding, only the state of the run is shown.
@pytest.mark.parametrize(
    ("panel", "widths"),
    [(LossPanel, (42, 59, 60, 116)), (ProbePanel, (42, 116)), (InsidePanel, (42, 45, 116)), (RunState, (1, 9, 20, 54, 116))],
)
@pytest.mark.parametrize("runs", [0, 1, 2])
def test_nothing_ever_overflows(panel: type[LabPanel], widths: tuple[int, ...], runs: int) -> None:
    for reports in (0, 1, 9):
        shown = showing(panel(), *(log(reports) for _ in range(runs)))
        for width in widths:
            for height in (1, 2, 4, 6, 20):
                rows = written(shown, width, height)
                assert len(rows) <= height
                assert max(map(len, rows)) <= width, (width, height, rows)
