"""The knobs of a recipe: its main settings as fields to fill in, the changed ones marked."""

from collections.abc import Mapping
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Label, Static

from chatbot_tui.ui.panels.headed import heading

CORPORA = "text"
"""The one field that is no setting of a recipe: files, or names of corpora."""
KNOBS = {
    CORPORA: "Files to learn from, or lab or article, with spaces between; empty: the recipe's own",
    "probe": "The prompt that the net is asked at each report",
    "optimizer": "adam, adamw, muon, sgd or sgdw; can change in mid-run",
    "learning_rate": "Size of each step; can change in mid-run",
    "momentum": "Of sgd and sgdw; can change in mid-run",
    "weight_decay": "Pull of all weights towards zero; can change in mid-run",
    "dropout": "Share of units dropped in training; can change in mid-run",
    "clip_norm": "Largest norm of the gradient, 0 for none; can change in mid-run",
    "schedule": "How the learning rate falls: constant, cosine, linear, step or plateau",
    "steps": "How many steps the run takes",
    "report_every": "Steps between two reports",
    "init": "How weights begin: default, xavier, he, uniform, uniform-small, normal or zeros",
    "embedding_dim": "Numbers a token",
    "hidden_dim": "Units a layer",
    "num_layers": "Layers of the LSTM",
    "residual": "true adds each layer's input to its output",
    "forget_bias": "Initial bias of the forget gates; empty: the initialiser's",
    "cell_activation": "tanh, relu, hardtanh or identity",
    "batch_size": "Rows of text side by side",
    "sequence_length": "Tokens before the gradient is cut",
    "class_weights": "none, inverse or square-root: rare words weigh more",
    "label_smoothing": "Share of each target that is spread over all words",
    "unlikelihood": "How much repeating a word costs",
    "seed": "Of weights and order of the text",
}
"""Settings with a field, and what they mean."""
ROOM = 17
"""Cells of a name."""


class Knobs(VerticalScroll, can_focus=False):
    """A list of fields. `fill` gives them a recipe's values."""

    @dataclass
    class Turned(Message):
        """The person has finished with a field."""

        key: str
        value: str

    def __init__(self, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self._given: dict[str, str] = {}
        self._besides: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        """Lay out a row a knob, and a line for what is wrong."""
        yield Static(id="wrong", markup=False)
        yield Static(id="besides", markup=False)
        for key, help_text in KNOBS.items():
            with Horizontal(classes="knob", id=f"knob-{key}"):
                yield Label(key.replace("_", " ").ljust(ROOM), markup=False)
                yield Input(compact=True, id=f"value-{key}", tooltip=help_text, select_on_focus=False)

    def on_mount(self) -> None:
        """Give the list a heading."""
        self.on_resize()

    def on_resize(self) -> None:
        """Stretch the heading over the new width."""
        self.border_title = heading("knobs", "enter takes it", self.size.width)

    def fill(self, settings: Mapping[str, str]) -> None:
        """Show a recipe's own values."""
        self._given = {key: settings.get(key, "") for key in KNOBS}
        self._besides = {}
        self.query_one("#besides").display = False
        self.blame("")
        for key, value in self._given.items():
            self._field(key).value = value

    def turn(self, settings: Mapping[str, str]) -> None:
        """Change some fields, as a person would; a setting that has no field is changed too, and named above them."""
        for key, value in settings.items():
            if key in KNOBS:
                self._field(key).value = value
            else:
                self._besides[key] = value
        fields = [key for key in KNOBS if key in settings]
        if fields:
            self.call_after_refresh(self._field(fields[0]).scroll_visible, animate=False)
        line = self.query_one("#besides", Static)
        line.update(" ".join(f"{key}={value}" for key, value in self._besides.items()))
        line.display = bool(self._besides)

    def _field(self, key: str) -> Input:
        return self.query_one(f"#value-{key}", Input)

    def changes(self) -> dict[str, str]:
        """Return the settings that are not the recipe's own, the text apart."""
        fields = {key: value for key in KNOBS if key != CORPORA and (value := self._field(key).value.strip()) != self._given.get(key)}
        return fields | self._besides

    @property
    def corpora(self) -> tuple[str, ...]:
        """The text to learn from; empty for the recipe's own."""
        return tuple(self._field(CORPORA).value.split())

    def blame(self, problem: str) -> None:
        """Say what is wrong, and mark the field whose name it begins with."""
        wrong = self.query_one("#wrong", Static)
        wrong.update(problem)
        wrong.display = bool(problem)
        for key in KNOBS:
            at_fault = problem.startswith(f"{key} ")
            self.query_one(f"#knob-{key}").set_class(at_fault, "-wrong")
            if at_fault:
                self._field(key).scroll_visible()

    @on(Input.Changed)
    def _mark(self, event: Input.Changed) -> None:
        event.stop()
        key = (event.input.id or "").removeprefix("value-")
        self.query_one(f"#knob-{key}").set_class(event.value.strip() != self._given.get(key, ""), "-changed")

    @on(Input.Submitted)
    def _take(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Turned((event.input.id or "").removeprefix("value-"), event.value.strip()))
