"""The laboratory: choose a recipe, train it, watch it learn or collapse, and lay hands on it while it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.getters import query_one
from textual.reactive import var
from textual.widgets import Footer, Input, Static

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.lab import INTERVENTIONS, LIVE_KNOBS
from chatbot_tui.ui.lab_session import LabSession
from chatbot_tui.ui.lab_view import LabView
from chatbot_tui.ui.panels.deck import PanelDeck
from chatbot_tui.ui.panels.doctor_words import spelled
from chatbot_tui.ui.panels.inside import InsidePanel
from chatbot_tui.ui.panels.knobs import CORPORA, Knobs
from chatbot_tui.ui.panels.loss import LossPanel
from chatbot_tui.ui.panels.probe import ProbePanel
from chatbot_tui.ui.panels.recipe_choice import RecipeChoice, Run
from chatbot_tui.ui.panels.run_state import RunState
from chatbot_tui.ui.screens.keeping import KeepingScreen
from chatbot_tui.ui.screens.looking import RECORDED_KEYS, UNTOUCHABLE
from chatbot_tui.ui.training_log import TrainingLog

if TYPE_CHECKING:
    from chatbot_tui.core.diagnosis import Prescription
    from chatbot_tui.core.library import CheckpointEntry

PANELS = Path(__file__).parent.parent / "panels"
WIDE = 118
"""Columns from which recipes and panels stand side by side."""
SETUP = 42
"""Columns of the recipes beside the panels."""
HIGH = 30
"""Rows from which all panels stand below each other."""
SLIM = 74
"""Columns below which the footer's keys would be cut off."""
SHORT = 20
"""Rows below which a recipe's lesson gives way to its knobs."""
TINY = (44, 11)
"""Columns and rows below which only the state of the run is shown."""
PAGE = 10
"""Reports that page up and down leap over."""


class LabScreen(KeepingScreen):
    """Shows the runs of a session. Gives back the checkpoint that the person wants to speak with, or None.

    With a prescription its recipe is chosen and its knobs are turned, but nothing is started.
    """

    CSS_PATH: ClassVar = [
        "lab.tcss",
        *(PANELS / f"{name}.tcss" for name in ("run_state", "loss", "probe", "inside", "knobs")),
    ]
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="lab-back", tooltip="Go back to the chat; training goes on"),
        Binding("f5", "start", "Start", id="lab-start", tooltip="Train the chosen recipe with these knobs", priority=True),
        Binding("f6", "compare", "Compare", id="lab-compare", tooltip="Train it beside its control or with a fix", priority=True),
        Binding("ctrl+f", "pause", "Pause", id="lab-pause", tooltip="Hold the training, or let it go on", priority=True),
        Binding("ctrl+g", "step", "Step", id="lab-step", tooltip="Take one step while held", show=False, priority=True),
        Binding("f7", "halt", "Stop", id="lab-stop", tooltip="End the training; its net can still be saved", priority=True),
        Binding("ctrl+s", "save", "Save", id="lab-save", tooltip="Keep the net as it is now", show=False, priority=True),
        Binding("ctrl+o", "open", "Open", id="lab-open", tooltip="Save the net and speak with it in the chat", priority=True),
        Binding(
            "f8", "birth", "Birth", id="lab-birth", tooltip="Walk through a training that was recorded: nothing is trained", show=False
        ),
        Binding("f4", "setup", "Recipes", id="lab-setup", tooltip="Show the recipes, or the run", show=False, priority=True),
        Binding("ctrl+l", "next_panel", "Next panel", id="lab-next-panel", tooltip="Show the next tab", show=False, priority=True),
        Binding("left", "look(-1)", "Report before", id="lab-before", tooltip="Look at the report before this one", show=False),
        Binding("right", "look(1)", "Report after", id="lab-after", tooltip="Look at the report after this one", show=False),
        Binding("pageup", f"look(-{PAGE})", "Ten back", id="lab-page-back", tooltip="Look ten reports back", show=False),
        Binding("pagedown", f"look({PAGE})", "Ten on", id="lab-page-on", tooltip="Look ten reports on", show=False),
        Binding("home", "first", "First report", id="lab-first", tooltip="Look at the first report", show=False),
        Binding("end", "live", "Newest report", id="lab-live", tooltip="Follow the newest report", show=False),
        *(
            Binding(str(key), f"intervene('{entry.name}')", entry.title, id=f"lab-{entry.name}", tooltip=entry.meaning, show=False)
            for key, entry in enumerate(INTERVENTIONS, 1)
        ),
    ]

    deck = query_one(PanelDeck)
    choice = query_one(RecipeChoice)
    knobs = query_one(Knobs)

    setting_up: var[bool] = var(True)
    """Whether the recipes are shown where there is no room for both."""

    def __init__(self, session: LabSession, prescription: Prescription | None = None) -> None:
        super().__init__(session)
        self._prescription = prescription
        self.set_reactive(LabScreen.setting_up, not session.runs or prescription is not None)
        self.set_class(self.setting_up, "-setup")

    def compose(self) -> ComposeResult:
        """Lay out the state of the run, the recipes with their knobs, and the panels."""
        yield RunState().data_bind(LabScreen.view)
        with Horizontal(id="lab"):
            yield RecipeChoice(id="setup")
            yield PanelDeck(titles=("loss", "probe", "inside"))
        yield Static(IDLE_KEYS, id="keys", markup=False)
        yield Footer()

    async def on_mount(self) -> None:
        """List the recipes, and show the run that goes on."""
        await self.deck.fill(*(panel().data_bind(LabScreen.view) for panel in (LossPanel, ProbePanel, InsidePanel)))
        self._offer()
        if self.setting_up:
            self.choice.recipes.focus()
        self.show_runs()

    def _offer(self) -> None:
        """List the recipes; one that runs, or is prescribed, has its knobs turned."""
        turned = {request.recipe: dict(request.settings) for request in self.session.requests[:1]}
        wanted = next(iter(turned), "")
        if self._prescription is not None:
            wanted = self._prescription.recipe
            turned[wanted] = {key: spelled(value) for key, value in self._prescription.set.items()}
        try:
            self.choice.fill(self.session.recipes, wanted, turned)
        except InputError as error:
            self.report(str(error))

    def on_resize(self, event: events.Resize) -> None:
        """Arrange for the new size."""
        width, height = event.size
        self.set_class(width >= WIDE, "-wide")
        # Two cells of the edge are not the title's, beside the panels three.
        self.choice.stretch(SETUP - 3 if width >= WIDE else width - 2)
        self.set_class(width < SLIM, "-slim")
        self.set_class(height < SHORT, "-short")
        self.set_class(width < TINY[0] or height < TINY[1], "-tiny")
        self.deck.tabbed = width < WIDE or height < HIGH
        self._show_keys()

    def watch_setting_up(self) -> None:
        """Show recipes or run where there is no room for both."""
        self.set_class(self.setting_up, "-setup")

    # What is shown

    @property
    def shown_runs(self) -> tuple[TrainingLog, ...]:
        """The recording, or else the session's runs."""
        return self.session.runs if self.recording is None else (self.recording.log,)

    def show_runs(self) -> None:
        """Bring everything in line with what is known of the runs."""
        session, runs = self.session, self.shown_runs
        if self.recording is None:
            session.look()
        if not runs:
            # Nothing came of what was started.
            self.setting_up = True
        index = -1
        if runs and self.step_shown is not None:
            steps = [frame.step for frame in runs[0].frames]
            index = steps.index(self.step_shown) if self.step_shown in steps[:-1] else -1
        self.step_shown = None if index < 0 else self.step_shown
        self.view = LabView(runs, index, self._probe())
        self.query_one(RunState).doing = self._doing()
        training = session.state == "training" and self.recording is None
        self.set_class(training, "-training")
        self.set_class(self.recording is not None, "-recorded")
        self.set_class(not runs, "-idle")
        self._show_keys()

    def _show_keys(self) -> None:
        """Name the keys for what can be done now, as far as there is room."""
        training = self.session.state == "training" and self.recording is None
        keys = TINY_KEYS if self.has_class("-tiny") else KEYS if training else RECORDED_KEYS if self.recording is not None else IDLE_KEYS
        self.query_one("#keys", Static).update(keys, layout=False)

    def play(self, entry: CheckpointEntry) -> None:
        """Open a checkpoint's recording at its first report, in the place of the recipes where there is no room for both."""
        super().play(entry)
        self.setting_up = self.setting_up and self.recording is None

    def _probe(self) -> str:
        if self.recording is not None:
            return self.recording.probe
        if not self.session.requests:
            return ""
        request = self.session.requests[0]
        card = self.choice.named(request.recipe)
        return request.settings.get("probe", "" if card is None else card.settings.get("probe", ""))

    def _doing(self) -> str:
        if self.recording is not None:
            return "recorded"
        if self.session.state == "ended":
            reasons = [run.ended.reason for run in self.session.runs if run.ended]
            return reasons[0] if reasons else "ended"
        if self.session.paused:
            return "held"
        return "" if self.view.live else "looking back"

    def report(self, problem: str) -> None:
        """Show a problem that stops nothing."""
        self.notify(problem, severity="warning", timeout=10, markup=False)

    # Starting and stopping

    @on(RecipeChoice.Started)
    async def action_start(self) -> None:
        """Train the chosen recipe with these knobs."""
        card = self.choice.card
        if card is not None:
            await self._begin(self.choice.run_of(card))

    async def _begin(self, *runs: Run) -> None:
        self.recording, self.step_shown = None, None
        try:
            await self.session.begin(tuple(run.request for run in runs), tuple(run.name for run in runs))
        except InputError as error:
            self.knobs.blame(str(error))
            self.setting_up = True
            self.report(str(error))
            return
        self.choice.keep(self.session.requests)
        # A notice from before the start, such as the one that enter starts it, would lie on the keys for what can be done now.
        self.app.clear_notifications()
        self.knobs.blame("")
        self.setting_up = False
        self.set_focus(None)

    def action_compare(self) -> None:
        """Train the chosen recipe beside its control, or beside itself with one of its fixes."""
        from chatbot_tui.ui.screens.dialogs.pick import PickDialog

        card = self.choice.card
        if card is None:
            return
        own, rivals = self.choice.run_of(card), self.choice.rivals_of(card)
        if not rivals:
            self.notify("Turn a knob first: this recipe has neither a control nor a fix to compare it with.", markup=False)
            return

        async def start(place: int | None) -> None:
            if place is not None:
                await self._begin(own, rivals[place].run)

        names = [f"{rival.kind} {rival.run.name}" for rival in rivals]
        self.app.push_screen(PickDialog(f"Compare {card.name} with", names), start)

    def action_pause(self) -> None:
        """Hold the training, or let it go on."""
        if self._training():
            self.session.pause(not self.session.paused)

    def action_step(self) -> None:
        """Take one step, and hold."""
        if self._training():
            self.session.advance()

    def action_halt(self) -> None:
        """End the training."""
        if self._training():
            self.session.backend.stop()

    def _training(self) -> bool:
        if self.recording is not None:
            self.notify(UNTOUCHABLE, markup=False)
            return False
        if self.session.state == "training":
            return True
        self.notify("Nothing is being trained: start a recipe first.", markup=False)
        return False

    def action_leave(self) -> None:
        """Go back: from a field to the run, from a recording or an old report to the newest, then to the chat."""
        if isinstance(self.focused, Input):
            self.set_focus(None)
        elif self.recording is not None:
            self.close_recording()
        elif not self.view.live:
            self.action_live()
        else:
            self.dismiss(None)

    # Laying hands on the net

    def action_intervene(self, name: str) -> None:
        """Do something to the net."""
        if self._training():
            self.session.backend.intervene(name)

    @on(Knobs.Turned)
    def _turn(self, event: Knobs.Turned) -> None:
        card = self.choice.card
        running = self.session.state == "training" and card is not None and self.session.requests[0].recipe == card.name
        if running and event.key in LIVE_KNOBS:
            self.session.backend.set_knob(event.key, event.value)
            return
        if card is not None and event.key != CORPORA:
            try:
                self.session.backend.check(self.choice.run_of(card).request)
            except InputError as error:
                self.knobs.blame(str(error))
                return
        self.knobs.blame("")
        if running:
            self.notify(f"{event.key.replace('_', ' ')} counts from the next start on.", markup=False)

    # Looks

    def action_next_panel(self) -> None:
        """Show the next tab."""
        self.setting_up = False
        self.deck.next_panel()

    def action_setup(self) -> None:
        """Show the recipes, or the run."""
        self.setting_up = not self.setting_up
        if self.setting_up:
            self.choice.recipes.focus()
        else:
            self.set_focus(None)


IDLE_KEYS = "f8 plays the birth of a net that was recorded: nothing is trained"
TINY_KEYS = "esc back · needs a larger terminal"
KEYS = "  ".join(f"{key}\N{NO-BREAK SPACE}{entry.name}" for key, entry in enumerate(INTERVENTIONS, 1))
