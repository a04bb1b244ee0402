"""The doctor's screen: examinations begun, followed, let go and found again; findings read, tried in the laboratory and written down."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from chatbot_tui.core.diagnosis import ExamineRequest
from chatbot_tui.core.lab import TrainRequest
from chatbot_tui.core.paths import checkpoints_folder
from chatbot_tui.ui.panels.findings import FindingsText
from chatbot_tui.ui.panels.knobs import Knobs
from chatbot_tui.ui.screens.doctor import DoctorScreen, corpora
from chatbot_tui.ui.screens.lab import LabScreen
from chatbot_tui.ui.screens.library import LibraryScreen
from chatbot_tui.ui.widgets.lines import join
from tests.core.checkpoint_folders import write_checkpoint
from tests.fake_doctor import ScriptedDoctor
from tests.fake_lab import ScriptedLab
from tests.fakes import ScriptedBackend
from tests.ui.playground import Playground, playground


class Surgery:
    """The app with a doctor, and what a test does in it."""

    def __init__(self, place: Playground, doctor: ScriptedDoctor, lab: ScriptedLab) -> None:
        self.place = place
        self.doctor = doctor
        self.lab = lab

    @property
    def screen(self) -> DoctorScreen:
        screen = self.place.app.screen
        assert isinstance(screen, DoctorScreen)
        return screen

    async def press(self, *keys: str) -> None:
        await self.place.pilot.press(*keys)
        await self.place.pilot.pause()

    async def open(self) -> None:
        await self.press("f10")
        await self.place.until(lambda: isinstance(self.place.app.screen, DoctorScreen) and self.screen.query(FindingsText))
        await self.place.pilot.pause()

    async def until_state(self, state: str) -> None:
        await self.place.until(lambda: self.screen.view.state == state)
        await self.place.pilot.pause()

    async def examined(self) -> None:
        await self.open()
        await self.until_state("done")

    def text(self) -> str:
        return self.place.screen_text()

    def findings(self) -> str:
        """All that the findings say, of which the screen may show a part."""
        return str(join(self.screen.query_one(FindingsText).lines(400, 10_000)))


@asynccontextmanager
async def surgery(
    folder: Path, *, held: bool = False, size: tuple[int, int] = (120, 40), checkpoint: str = "near-zero-init", kept: tuple[int, ...] = ()
) -> AsyncIterator[Surgery]:
    doctor, lab = ScriptedDoctor(held=held), ScriptedLab()
    backend = ScriptedBackend(kept={checkpoint: kept} if kept else {})
    async with playground(folder, backend, size=size, checkpoint=checkpoint, lab=lab, doctor=doctor) as place:
        yield Surgery(place, doctor, lab)


async def test_the_loaded_checkpoint_is_examined_at_once(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        assert room.doctor.called("examine") == [ExamineRequest("/checkpoints/near-zero-init")]
        text = room.text()
        for words in (
            "✗ COLLAPSED",
            "What comes next hardly depends on what the net has read",
            "near-zero-init: weights that began almost at zero (85%)",
            "very likely",
            "as good as certain, 97%",
            "without text",
        ):
            assert words in text


async def test_a_checkpoint_at_an_earlier_step_is_examined_at_that_step(tmp_path: Path) -> None:
    async with surgery(tmp_path, checkpoint="smalltalk", kept=(0, 60, 600)) as room:
        await room.press("alt+left")
        await room.place.until(lambda: room.place.chat.loaded is not None and room.place.chat.loaded.step == 60)
        await room.examined()
        assert room.doctor.called("examine") == [ExamineRequest("/checkpoints/smalltalk@60")]


async def test_a_foreign_file_is_examined_with_its_vocabulary(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        room.place.chat.load("/elsewhere/model.pt", "/elsewhere/words.txt")
        await room.place.until(lambda: room.place.chat.loaded is not None and "model" in room.place.chat.loaded.name)
        await room.examined()
        (request,) = room.doctor.called("examine")
        assert request.vocabulary == "/elsewhere/words.txt"


async def test_what_is_looked_at_and_how_far_it_is_stands_there(tmp_path: Path) -> None:
    async with surgery(tmp_path, held=True) as room:
        await room.open()
        room.doctor.release(2)
        await room.place.until(lambda: room.screen.view.stage == "replies, greedy and sampled")
        await room.place.pilot.pause()
        text = room.text()
        assert "examining near-zero-init" in text
        assert "50% replies, greedy and sampled" in text


async def test_an_examination_goes_on_behind_the_chat_and_its_result_stays(tmp_path: Path) -> None:
    async with surgery(tmp_path, held=True) as room:
        await room.open()
        await room.press("f10")
        assert room.place.app.screen is room.place.chat
        assert "doctor: 0%" in room.text()
        assert await room.place.hear("hello") == " the" * 14
        room.doctor.release(3)
        await room.place.until(lambda: "doctor:" not in room.text())
        await room.open()
        assert room.screen.view.state == "done"
        assert len(room.doctor.called("examine")) == 1
        await room.press("escape")
        assert room.place.app.screen is room.place.chat


async def test_another_checkpoint_is_examined_anew(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        await room.press("escape")
        room.place.chat.load("smalltalk")
        await room.place.until(lambda: room.place.chat.loaded is not None and room.place.chat.loaded.name == "smalltalk")
        await room.examined()
        assert [request.checkpoint for request in room.doctor.called("examine")] == [
            "/checkpoints/near-zero-init",
            "/checkpoints/smalltalk",
        ]
        assert "✓ HEALTHY" in room.text()
        assert "Nothing is wrong with this net." in room.text()


async def test_escape_lets_an_examination_go_and_r_begins_another(tmp_path: Path) -> None:
    async with surgery(tmp_path, held=True) as room:
        await room.open()
        await room.press("escape")
        await room.until_state("cancelled")
        assert "was let go" in room.text()
        assert room.screen.view.diagnosis is None
        await room.press("r")
        room.doctor.release(3)
        await room.until_state("done")
        assert len(room.doctor.called("examine")) == 2


async def test_what_cannot_be_examined_is_told_in_a_line_and_the_chat_goes_on(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        room.doctor.error = "the vocabulary has 12 tokens, the net 2000: give the net's own"
        await room.open()
        await room.until_state("failed")
        assert "NOT EXAMINED" in room.text()
        assert "the vocabulary has 12 tokens, the net 2000: give the net's own" in room.text()
        await room.press("enter", "s")
        assert "There is nothing to save yet" in room.place.notices()
        await room.press("escape")
        assert await room.place.hear("hello") == " the" * 14
        await room.examined()
        assert len(room.doctor.called("examine")) == 2


async def test_an_unknown_cause_is_said_to_be_unknown(tmp_path: Path) -> None:
    async with surgery(tmp_path, checkpoint="riddle") as room:
        await room.examined()
        assert "cause  I do not know" in room.text()
        assert "no cause is named rather than a wrong one" in room.findings()
        await room.press("enter")
        assert "The laboratory has no recipe against this" in room.place.notices()


async def test_a_broken_net_has_a_verdict_and_empty_panels(tmp_path: Path) -> None:
    async with surgery(tmp_path, checkpoint="burst") as room:
        await room.examined()
        text = room.text()
        for words in ("✗ BROKEN", "Fc.weight holds NaN", "No layer could be measured", "There is no state to map", "It could not be asked"):
            assert words in text


async def test_the_findings_tell_evidence_what_it_means_and_why_it_matters(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        findings = room.findings()
        for words in (
            "Stable rank of the recurrent weights 1.02 (≤ 1.70)",
            "All rows of the recurrent matrix say the same.",
            "stopped-early: training ended too early",
            "42% possible",
            "✗ Dependence on the prompt .0021 nats (healthy .30 to 2.00)",
            "why this matters: A net whose next word does not depend on what it read cannot answer.",
            "every confidence is lower",
            "t gives it text",
        ):
            assert words in findings


async def test_the_highlighted_signal_is_explained(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        assert isinstance(room.screen.focused, OptionList)
        # Three pieces of evidence, a heading, and then what is unlike healthy nets, the dependence on the prompt first.
        await room.press("down", "down", "down")
        text = room.text()
        assert "why this matters: A net whose next word" in text
        assert "healthy .30 to 2.00 · collapsed 1.0e-12 to .024" in text
        await room.press("down", "down", "down")
        assert "layer 0 .012  layer 1 .0029" in room.text()


async def test_other_prompts_are_shown_with_left_and_right(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        assert "“it is raining again”" in room.text()
        await room.press("right")
        assert "“it is raining again”" not in room.text()
        assert "“seven green bottles”" in room.text()
        assert "4-6 of 6" in room.text()
        await room.press("right", "left")
        assert "1-3 of 6" in room.text()


async def test_enter_opens_the_laboratory_with_what_helps_and_starts_nothing(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        await room.press("enter")
        await room.place.until(lambda: "near-zero-init with init=xavier: enter starts it" in room.place.notices())
        await room.place.until(lambda: isinstance(room.place.app.screen, LabScreen) and room.place.app.screen.choice.recipes.option_count)
        await room.place.pilot.pause()
        lab = room.place.app.screen
        assert isinstance(lab, LabScreen)
        assert lab.choice.card is not None
        assert lab.choice.card.name == "near-zero-init"
        assert lab.query_one(Knobs).changes() == {"init": "xavier"}
        assert room.lab.called("train") == []
        await room.press("enter")
        await room.place.until(lambda: room.lab.called("train"))
        assert room.lab.called("train") == [(TrainRequest("near-zero-init", {"init": "xavier"}),)]


async def test_a_remedy_without_a_knob_of_its_own_goes_with_the_request_too(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        await room.press("2")
        await room.place.until(lambda: isinstance(room.place.app.screen, LabScreen) and room.place.app.screen.choice.recipes.option_count)
        await room.place.pilot.pause()
        assert "freeze_embeddings=false" in room.text()
        await room.press("f5")
        await room.place.until(lambda: room.lab.called("train"))
        settings = {"freeze_embeddings": "false", "learning_rate": "0.002"}
        assert room.lab.called("train") == [(TrainRequest("near-zero-init", settings),)]


async def test_the_diagnosis_is_found_again_after_the_laboratory(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        await room.press("enter")
        await room.place.until(lambda: isinstance(room.place.app.screen, LabScreen))
        await room.press("f11")
        await room.examined()
        assert len(room.doctor.called("examine")) == 1


async def test_text_is_added_and_the_net_examined_with_it(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        await room.press("t")
        room.place.app.screen.query_one(Input).value = "chats.txt 'more talk.jsonl'"
        await room.press("enter")
        await room.place.until(lambda: len(room.doctor.called("examine")) == 2)
        await room.until_state("done")
        assert room.doctor.called("examine")[1].corpora == ("chats.txt", "more talk.jsonl")
        assert "with text: 77,000 words" in room.text()
        await room.press("t")
        assert room.place.app.screen.query_one(Input).value == "chats.txt 'more talk.jsonl'"
        await room.press("enter")
        assert len(room.doctor.called("examine")) == 2


def test_a_path_with_spaces_that_is_there_needs_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "my talk.txt"
    path.touch()
    assert corpora(f" {path} ") == (str(path),)
    assert corpora("one.txt two.txt") == ("one.txt", "two.txt")
    assert corpora("it's.txt") == ("it's.txt",)
    assert corpora("  ") == ()


async def test_a_report_is_written_and_never_over_another(tmp_path: Path) -> None:
    async with surgery(tmp_path) as room:
        await room.examined()
        await room.press("s")
        assert room.place.app.screen.query_one(Input).value.endswith("reports/near-zero-init-collapsed")
        target = tmp_path / "deep" / "report"
        room.place.app.screen.query_one(Input).value = str(target)
        await room.press("enter")
        assert f"Written: {target}.md, {target}.json" in room.place.notices().replace("\n", "")
        assert json.loads(Path(f"{target}.json").read_text())["causes"][0]["cause"] == "near-zero-init"
        before = Path(f"{target}.md").read_text()
        assert before.startswith("# near-zero-init: collapsed")
        await room.press("s")
        room.place.app.screen.query_one(Input).value = f"{target}.md"
        await room.press("enter")
        assert "there is already a file" in room.place.notices()
        assert room.place.app.screen.query_one(Input).value == f"{target}.md"
        assert Path(f"{target}.md").read_text() == before


async def test_the_library_sends_a_checkpoint_to_the_doctor(tmp_path: Path) -> None:
    write_checkpoint(checkpoints_folder() / "mine")
    async with surgery(tmp_path) as room:
        await room.press("ctrl+o")
        await room.place.until(lambda: isinstance(room.place.app.screen, LibraryScreen))
        library = room.place.app.screen
        assert isinstance(library, LibraryScreen)
        names = [str(option.prompt) for option in library.options.options]
        library.options.highlighted = next(place for place, name in enumerate(names) if " mine " in name)
        await room.press("e")
        await room.place.until(lambda: isinstance(room.place.app.screen, DoctorScreen))
        await room.until_state("done")
        assert room.doctor.called("examine") == [ExamineRequest("mine")]
        assert room.place.chat.loaded is not None
        assert room.place.chat.loaded.name == "near-zero-init"
        await room.press("escape")
        assert room.place.app.screen is room.place.chat


@pytest.mark.parametrize("size", [(160, 50), (120, 40), (80, 24), (60, 20), (44, 11)])
async def test_verdict_cause_and_remedy_stand_on_every_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with surgery(tmp_path, size=size) as room:
        await room.examined()
        text = " ".join(room.text().split())
        for words in ("✗ COLLAPSED", "What comes next hardly depends", "cause near-zero-init", "try near-zero-init with init=xavier"):
            assert words in text


async def test_tabs_lead_through_all_panels_where_there_is_no_room(tmp_path: Path) -> None:
    async with surgery(tmp_path, size=(80, 24)) as room:
        await room.examined()
        assert "the evidence" in room.text()
        for words in ("unlike healthy nets", "of 64 directions", "one heap", "“do you like films”"):
            await room.press("ctrl+l")
            await room.place.pilot.pause()
            assert words in room.text()
        await room.press("right")
        assert "“seven green bottles”" in room.text()


async def test_without_a_doctor_f10_says_so(tmp_path: Path) -> None:
    async with playground(tmp_path) as place:
        await place.pilot.press("f10")
        await place.pilot.pause()
        assert "This playground has no doctor" in place.notices()
