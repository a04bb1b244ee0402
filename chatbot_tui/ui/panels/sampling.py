"""The sampling panel: which strategy draws the next token, its numbers, the seed and the speed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Input, Label

from chatbot_tui.core.ports import Pace
from chatbot_tui.core.sampling import ORDERS, PRESETS, SamplingSettings
from chatbot_tui.ui.panels import parameters
from chatbot_tui.ui.panels.headed import heading
from chatbot_tui.ui.panels.parameters import SPEEDS
from chatbot_tui.ui.widgets.chooser import Chooser, Option
from chatbot_tui.ui.widgets.sliders import Sliders
from chatbot_tui.ui.widgets.stepper import Stepper
from chatbot_tui.ui.widgets.toggle import Toggle

_ORDER_HELP = {
    "hf": "Hugging Face's order: temperature first, then the cuts",
    "llama.cpp": "llama.cpp's order: the cuts first, temperature last",
}


def _speed(tokens_per_second: float | None) -> str:
    return "flat out" if tokens_per_second is None else f"{tokens_per_second:g}/s"


def _presets() -> list[Option]:
    """Return the named strategies."""
    return [Option(name, name, parameters.meaning(name)) for name in PRESETS]


class SamplingPanel(Vertical):
    """Choose how the next token is drawn; every change is posted at once and governs the very next token."""

    settings: reactive[SamplingSettings] = reactive(SamplingSettings())
    """How tokens are drawn."""
    seed: reactive[int] = reactive(0)
    """Seed of the random numbers of the next reply."""
    pace: reactive[Pace] = reactive(Pace())
    """How fast tokens come, and whether they wait."""

    @dataclass
    class SettingsChanged(Message):
        """The user changed how tokens are drawn."""

        settings: SamplingSettings

    @dataclass
    class SeedChanged(Message):
        """The user entered another seed."""

        seed: int

    @dataclass
    class PaceChanged(Message):
        """The user changed the speed, paused or went on."""

        pace: Pace

    def compose(self) -> ComposeResult:
        """Lay out the strategies, the sliders, and one row for seed and speed."""
        yield Chooser(_presets(), id="preset", help="Strategy: arrow keys or a click")
        with VerticalScroll(id="options", can_focus=False):
            yield Sliders(parameters.TRACKS, id="sliders")
            yield Chooser(
                [Option(order, order, _ORDER_HELP[order]) for order in ORDERS],
                label="  order",
                help="In which order the filters run; it matters when temperature meets a cut",
                id="order",
            )
        with Horizontal(id="run"):
            yield Label("seed ")
            yield Input(str(self.seed), id="seed", compact=True, restrict=r"\d{0,10}", tooltip="Seed of the next reply's random numbers")
            yield Label("speed ", id="speed-label")
            yield Stepper([_speed(speed) for speed in SPEEDS], help="Tokens a second", id="speed")
            yield Toggle("paused", help="Hold the reply before its next token", id="paused")

    def on_mount(self) -> None:
        """Show the values that were set before the widgets existed."""
        self._show_settings()
        self._show_pace()

    @property
    def _complete(self) -> bool:
        # Settings may change before the parts are there, and while they are taken away.
        return self.is_mounted and bool(self.query("#paused"))

    def on_resize(self) -> None:
        """Stretch the heading, and drop labels where they do not fit."""
        self.set_class(self.size.width < 46, "-narrow")
        self._head()
        if self._complete:
            # Fewer rows may have left the slider that matters out of sight.
            self.call_after_refresh(self.query_one(Sliders).show_row)

    def watch_settings(self) -> None:
        """Show new settings, wherever they came from."""
        if self._complete:
            self._show_settings()

    def watch_seed(self, seed: int) -> None:
        """Show a new seed unless it is the one being typed."""
        if not self._complete:
            return
        field = self.query_one("#seed", Input)
        if field.value != str(seed) and not (field.has_focus and field.value == ""):
            with self.prevent(Input.Changed):
                field.value = str(seed)

    def watch_pace(self) -> None:
        """Show a new speed."""
        if self._complete:
            self._show_pace()

    def _head(self) -> None:
        self.border_title = heading("sampling", parameters.summary(self.settings, brief=True), self.size.width)

    def _show_settings(self) -> None:
        self.query_one("#preset", Chooser).value = parameters.preset(self.settings)
        self.query_one("#order", Chooser).value = self.settings.order
        sliders = self.query_one(Sliders)
        before, sliders.values = sliders.values, parameters.values(self.settings)
        sliders.idle = parameters.idle(self.settings)
        self._follow(before)
        self._head()

    def _follow(self, before: Mapping[str, float]) -> None:
        """Go to the first slider that was switched on or moved, unless the person is at one: most of the list is out of sight."""
        sliders = self.query_one(Sliders)
        moved = {key for key, value in sliders.values.items() if value != before[key]}
        if not moved or sliders.has_focus:
            return
        active = [place for place, track in enumerate(parameters.TRACKS) if track.key in self.settings.active()]
        news = [place for place in active if parameters.TRACKS[place].key in moved]
        sliders.row = next(iter(news or active), 0)

    def _show_pace(self) -> None:
        speed = self.query_one("#speed", Stepper)
        rate = self.pace.tokens_per_second
        known = rate in SPEEDS
        nearest = min(range(len(SPEEDS) - 1), key=lambda place: abs((SPEEDS[place] or 0) - (rate or 0)))
        speed.place = SPEEDS.index(rate) if known else nearest
        speed.other = "" if known else _speed(rate)
        self.query_one("#paused", Toggle).value = self.pace.paused

    def _change(self, settings: SamplingSettings) -> None:
        if settings != self.settings:
            self.settings = settings
            self.post_message(self.SettingsChanged(settings))

    @on(Chooser.Chosen, "#preset")
    def _take_preset(self, event: Chooser.Chosen) -> None:
        event.stop()
        self._change(PRESETS[event.key].changed(order=self.settings.order))

    @on(Chooser.Chosen, "#order")
    def _take_order(self, event: Chooser.Chosen) -> None:
        event.stop()
        self._change(self.settings.changed(order=event.key))

    @on(Sliders.Changed)
    def _take_value(self, event: Sliders.Changed) -> None:
        event.stop()
        self._change(parameters.changed(self.settings, event.key, event.value))

    @on(Stepper.Changed, "#speed")
    def _take_speed(self, event: Stepper.Changed) -> None:
        event.stop()
        self.pace = replace(self.pace, tokens_per_second=SPEEDS[event.place])
        self.post_message(self.PaceChanged(self.pace))

    @on(Toggle.Changed, "#paused")
    def _take_pause(self, event: Toggle.Changed) -> None:
        event.stop()
        self.pace = replace(self.pace, paused=event.value)
        self.post_message(self.PaceChanged(self.pace))

    @on(Input.Changed, "#seed")
    def _take_seed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value and int(event.value) != self.seed:
            self.seed = int(event.value)
            self.post_message(self.SeedChanged(self.seed))

    @on(Input.Submitted, "#seed")
    @on(Input.Blurred, "#seed")
    def _restore_seed(self, event: Input.Submitted | Input.Blurred) -> None:
        """Write the seed again after an empty field was left."""
        event.stop()
        with self.prevent(Input.Changed):
            event.input.value = str(self.seed)
