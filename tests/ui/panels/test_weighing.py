"""What the re-ranking panel writes: exact figures, best first, and nothing that a net says as markup."""

from typing import Any

import pytest

from chatbot_tui.core.frames import StepFrame
from chatbot_tui.core.sampling import SamplingSettings
from chatbot_tui.ui.cursor import EMPTY, Cursor
from chatbot_tui.ui.panels.inspector import Inspector
from chatbot_tui.ui.panels.weighing import Departure, WeighingPanel
from tests.ui.frames import make_frame, make_weighing
from tests.ui.panels.host import at, text_of


def panel_at(*frames: object) -> WeighingPanel:
    panel = WeighingPanel()
    panel.set_reactive(Inspector.cursor, at(*frames) if frames else EMPTY)  # type: ignore[arg-type]  # frames alone
    return panel


def test_candidates_stand_best_first_with_what_they_are_worth_here_and_alone() -> None:
    panel = panel_at(make_frame(0, weighing=make_weighing("fine thanks")))
    assert text_of(panel, 70, 6) == [
        "    score   here  alone, ln p in nats: score = here - alone",
        ">    5.50  -12.5  -18.0  fine thanks",
        "     1.75  -9.25  -11.0  i like [b]it[/b] …",
        "      .50  -4.00  -4.50  i don't know ×2",
    ]
    assert panel.note() == "number 2 of 4 drawn"


@pytest.mark.parametrize(
    ("weight", "meaning"), [(0.5, "here - .50 x alone"), (1.0, "here - alone"), (1.25, "here - 1.25 x alone"), (0.0, "here")]
)
def test_the_weight_stands_in_the_formula(weight: float, meaning: str) -> None:
    panel = panel_at(make_frame(0, weighing=make_weighing("fine", pmi_weight=weight)))
    assert text_of(panel, 76, 6)[0] == f"    score   here  alone, ln p in nats: score = {meaning}"
    # What an inspecting column has room for in a window of 120 columns.
    assert text_of(panel, 55, 6)[0].endswith(f" = {meaning}" if len(meaning) <= 13 else f", nats: {meaning}")


def test_a_score_heeds_the_weight() -> None:
    # -12.5 + .5 * 18
    assert text_of(panel_at(make_frame(0, weighing=make_weighing("fine", pmi_weight=0.5))), 76, 6)[1].startswith(">   -3.50")


def test_the_figures_are_explained_where_there_is_room() -> None:
    panel = panel_at(make_frame(0, weighing=make_weighing("fine thanks")))
    written = text_of(panel, 38, 12)
    assert written[0] == "    score, nats"
    assert " ".join(written[5:]) == (
        "score = here - alone; here is ln p of the reply after what was said, alone is ln p after nothing. "
        "A reply that suits everything is likely alone too: it scores low."
    )
    # Four rows of replies, one left empty and five of explanation: whole or not at all.
    assert [len(text_of(panel, 38, height)) for height in (9, 10, 11)] == [4, 10, 10]
    indifferent = panel_at(make_frame(0, weighing=make_weighing("fine thanks", pmi_weight=0.0)))
    assert "scores low" not in " ".join(text_of(indifferent, 38, 12))


@pytest.mark.parametrize(
    ("width", "height", "lines"),
    [
        (38, 6, 4),
        # A title needs three rows; what does not fit is counted.
        (38, 3, 3),
        (38, 2, 2),
        (38, 1, 1),
        (12, 6, 4),
    ],
)
def test_it_fits_everywhere_and_always_shows_what_is_said(width: int, height: int, lines: int) -> None:
    written = text_of(panel_at(make_frame(0, weighing=make_weighing("fine thanks"))), width, height)
    assert len(written) == lines
    assert all(len(line) <= width for line in written)
    assert any(line.startswith(">") for line in written)


def test_two_more_are_counted_where_there_is_no_room() -> None:
    assert text_of(panel_at(make_frame(0, weighing=make_weighing("fine"))), 40, 3)[-1] == "  … 2 more"


def test_a_reply_of_its_own_leaves_the_panel_idle() -> None:
    assert panel_at().idle
    lone = panel_at(make_frame(0))
    assert lone.idle
    assert lone.note() == ""
    # In a narrow terminal the panel has a tab of its own.
    for width, height in ((70, 1), (38, 2), (20, 9)):
        assert " ".join(text_of(lone, width, height)) == "alt+r chooses each reply among several by mutual information."
    assert not panel_at(make_frame(0, weighing=make_weighing("fine"))).idle


def test_it_says_from_where_on_the_reply_went_another_way() -> None:
    weighing, began = make_weighing("fine"), SamplingSettings(candidates=4)
    frames = [make_frame(step, weighing=weighing, sampling=began if step < 2 else SamplingSettings()) for step in range(4)]
    assert panel_at(*frames).note() == "number 2 of 4, until step 2"
    assert panel_at(*frames[:2]).note() == "number 2 of 4 drawn"


def test_it_reads_a_reply_once_however_one_walks_through_it() -> None:
    weighing, began = make_weighing("fine"), SamplingSettings(candidates=4)
    frames = Counted(make_frame(step, weighing=weighing, sampling=began if step < 30 else SamplingSettings()) for step in range(40))
    departure = Departure()
    walked = [*range(40), *range(39, -1, -1), 5, 35]
    told = [departure.before(Cursor(frames, index, live=False)) for index in walked]
    assert told == [30 if index >= 30 else None for index in walked]
    # Each time the first token and the one looked at; besides, steps 0 to 30 once.
    assert frames.taken == 2 * len(walked) + 31
    # Another reply begins anew.
    other = [make_frame(step, weighing=make_weighing("well"), sampling=began) for step in range(3)]
    assert departure.before(at(*other)) is None


class Counted(list[StepFrame]):
    """Frames that count how often one is taken out."""

    taken = 0

    def __getitem__(self, index: Any) -> Any:
        self.taken += 1
        return super().__getitem__(index)
