"""The recipes of the laboratory with what each teaches and its knobs: what a person chooses before a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.getters import query_one
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chatbot_tui.core.lab import RecipeCard, TrainRequest
from chatbot_tui.ui.panels.headed import heading
from chatbot_tui.ui.panels.knobs import Knobs
from chatbot_tui.ui.panels.lesson import LEGEND, lesson_text, recipe_line


@dataclass(frozen=True)
class Run:
    """What can be started, and what it is called."""

    name: str
    request: TrainRequest


@dataclass(frozen=True)
class Rival:
    """What a recipe can be compared with."""

    kind: str
    """What it is to the recipe: its control, the fix, or the unchanged."""
    run: Run


class RecipeChoice(Vertical):
    """A list of recipes, the lesson of the one that is highlighted, and its knobs."""

    class Started(Message):
        """The person wants to train the highlighted recipe."""

    recipes = query_one("#recipes", OptionList)
    knobs = query_one(Knobs)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self._cards: tuple[RecipeCard, ...] = ()
        self._turned: Mapping[str, Mapping[str, str]] = {}

    def compose(self) -> ComposeResult:
        """Lay out list, lesson and knobs."""
        recipes = OptionList(id="recipes", markup=False, compact=True)
        recipes.tooltip = "Enter starts the recipe"
        yield recipes
        with VerticalScroll(id="lesson", can_focus=False):
            yield Static(id="lesson-text")
        yield Knobs()

    def fill(self, cards: Sequence[RecipeCard], wanted: str, turned: Mapping[str, Mapping[str, str]]) -> None:
        """List the recipes and highlight `wanted`, or the first; `turned` holds knobs to be turned, by the name of the recipe."""
        self._cards, self._turned = tuple(cards), turned
        self.recipes.add_options([Option(recipe_line(card)) for card in self._cards])
        names = [card.name for card in self._cards]
        if names:
            self.recipes.highlighted = names.index(wanted) if wanted in names else 0

    def keep(self, requests: Sequence[TrainRequest]) -> None:
        """Have a recipe come back with the knobs that it was started with."""
        self._turned = {**self._turned, **{request.recipe: request.settings for request in requests[:1]}}

    def stretch(self, width: int) -> None:
        """Fit the heading of the list into so many cells."""
        self.recipes.border_title = heading("recipes", LEGEND, width)

    @property
    def card(self) -> RecipeCard | None:
        """The recipe that is highlighted."""
        place = self.recipes.highlighted
        return self._cards[place] if place is not None and place < len(self._cards) else None

    def named(self, name: str) -> RecipeCard | None:
        """Return the recipe of that name."""
        return next((card for card in self._cards if card.name == name), None)

    def run_of(self, card: RecipeCard) -> Run:
        """Return a recipe with the knobs as they are; a star tells that some are turned."""
        changes = self.knobs.changes()
        return Run(f"{card.name}*" if changes else card.name, self._request(card, changes))

    def rivals_of(self, card: RecipeCard) -> list[Rival]:
        """Return what a recipe with the knobs as they are can be compared with."""
        changes = self.knobs.changes()
        control = self.named(card.control)
        rivals = [] if control is None else [Rival("its control", Run(control.name, self._request(control, {})))]
        rivals += [Rival("the fix", Run(fix.name, self._request(card, changes | dict(fix.settings)))) for fix in card.fixes]
        return [*rivals, Rival("the unchanged", Run(card.name, self._request(card, {})))] if changes else rivals

    def _request(self, card: RecipeCard, settings: dict[str, str]) -> TrainRequest:
        return TrainRequest(card.name, {key: value for key, value in settings.items() if value}, self.knobs.corpora)

    @on(OptionList.OptionHighlighted, "#recipes")
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        card = self.card
        if card is not None:
            lesson = self.query_one("#lesson-text", Static)
            lesson.update(lesson_text(card))
            # The first lesson comes while the screen is being laid out for the first time, which does not ask for its height again.
            self.call_after_refresh(lesson.refresh, layout=True)
            self.knobs.fill(card.settings)
            self.knobs.turn(self._turned.get(card.name, {}))

    @on(OptionList.OptionSelected, "#recipes")
    def _start(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Started())
