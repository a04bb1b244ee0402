"""The questions by which a person corrects how a foreign file was read; each answer is a new set of choices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from textual.screen import Screen

from chatbot_tui.core.imports import FileTensor, ImportChoices, RecognisedTensor, Unit
from chatbot_tui.ui.panels.import_words import ACTIVATIONS, TOKENS, places, shape_words
from chatbot_tui.ui.panels.wrapping import printable
from chatbot_tui.ui.screens.choice import Choice
from chatbot_tui.ui.screens.dialogs.ask import AskDialog
from chatbot_tui.ui.screens.dialogs.pick import PickDialog
from chatbot_tui.ui.widgets.glyphs import clip

Answer: TypeAlias = Callable[[ImportChoices], Awaitable[None]]
NAME_CELLS = 40
UNITS: tuple[tuple[Unit | None, str], ...] = (
    (None, "as the list suggests"),
    ("words", "words: text is cut at white space"),
    ("characters", "characters: blanks are tokens too"),
)


def ask_part(
    screen: Screen[Choice | None],
    tensor: FileTensor,
    recognised: Sequence[RecognisedTensor],
    choices: ImportChoices,
    answer: Answer,
) -> None:
    """Ask what a tensor is: as it was read, one of the parts that it may be, or none."""
    parts = places(tensor.shape, recognised)
    title = f"{clip(printable(tensor.name), NAME_CELLS)} ({shape_words(tensor.shape)}) is"

    async def take(place: int | None) -> None:
        if place is None:
            return
        becomes = {name: part for name, part in choices.becomes.items() if name != tensor.name}
        if place > 0:
            becomes[tensor.name] = parts[place - 1][0] if place <= len(parts) else None
        await answer(replace(choices, becomes=becomes))

    screen.app.push_screen(
        PickDialog(title, ["as its name says", *(words for _, words in parts), "no part of the net: leave it out"]), take
    )


def ask_token(screen: Screen[Choice | None], key: str, choices: ImportChoices, answer: Answer) -> None:
    """Ask which token ends a text, fills it up, or stands for unknown words: by its name, none, or one that is typed."""
    label = TOKENS[key]

    async def typed(token: str | None) -> None:
        if token:
            await answer(with_token(choices, key, token))

    async def take(place: int | None) -> None:
        if place == 2:
            screen.app.push_screen(
                AskDialog(f"Token: {label}", "as it stands in the vocabulary; \\n for a line break", getattr(choices, key) or ""), typed
            )
        elif place is not None:
            await answer(with_token(choices, key, (None, "")[place]))

    screen.app.push_screen(
        PickDialog(f"Token: {label}", ["by its name: <eos>, <unk>, <pad> and their like", "there is none", "another …"]), take
    )


def with_token(choices: ImportChoices, key: str, token: str | None) -> ImportChoices:
    """Return the choices with another special token: None as its name says, empty for none."""
    if key == "end_token":
        return replace(choices, end_token=token)
    if key == "unknown_token":
        return replace(choices, unknown_token=token)
    return replace(choices, pad_token=token)


def ask_unit(screen: Screen[Choice | None], choices: ImportChoices, answer: Answer) -> None:
    """Ask what a plain list of tokens is a list of."""

    async def take(place: int | None) -> None:
        if place is not None:
            await answer(replace(choices, unit=UNITS[place][0]))

    screen.app.push_screen(PickDialog("The vocabulary is a list of", [words for _, words in UNITS]), take)


def ask_activation(screen: Screen[Choice | None], choices: ImportChoices, answer: Answer) -> None:
    """Ask what stands behind the hidden layers before the output."""

    async def take(place: int | None) -> None:
        if place is not None:
            await answer(replace(choices, head_activation=ACTIVATIONS[place - 1] if place else None))

    screen.app.push_screen(PickDialog("Behind the hidden layers stands", ["what the file says, else relu", *ACTIVATIONS]), take)


def ask_name(screen: Screen[Choice | None], name: str, answer: Callable[[str], None]) -> None:
    """Ask what the net is to be called in the library."""

    def take(answered: str | None) -> None:
        if answered is not None:
            answer(answered)

    screen.app.push_screen(AskDialog("Save the net as", "a name for the library", name), take)
