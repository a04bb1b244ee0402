from dataclasses import replace

from chatbot_tui.core.lab import Fix, RecipeCard
from chatbot_tui.ui.panels.lesson import LEGEND, lesson_text, recipe_line

CARD = RecipeCard(
    "near-zero-init-adam",
    cause="near-zero-init",
    control="healthy",
    depth=1,
    teaches="Adam leaves almost-zero weights.",
    fixes=(Fix("xavier", {"init": "xavier", "momentum": "0.9"}),),
)


def test_the_sign_says_that_a_cause_is_put_in_and_not_what_comes_of_it() -> None:
    assert recipe_line(CARD) == "  ◆ near-zero-init-adam"
    assert recipe_line(replace(CARD, cause="", depth=0)) == "· near-zero-init-adam"
    assert LEGEND.startswith("◆")


def test_recipes_far_below_their_control_are_set_off_no_further() -> None:
    assert recipe_line(replace(CARD, depth=2)) == recipe_line(replace(CARD, depth=5)) == "    ◆ near-zero-init-adam"


def test_a_name_that_would_steer_the_terminal_is_shown() -> None:
    assert "\x1b" not in recipe_line(replace(CARD, name="\x1b[2Jx"))


def test_the_lesson_begins_with_the_sign_and_ends_with_what_helps() -> None:
    assert str(lesson_text(CARD)).splitlines() == [
        "◆ cause put in  near-zero-init",
        "Adam leaves almost-zero weights.",
        "control  healthy",
        "fix  xavier  init=xavier momentum=0.9",
    ]


def test_a_recipe_that_only_teaches_says_only_that() -> None:
    assert str(lesson_text(RecipeCard("healthy", teaches="A net learns."))) == "A net learns.\n"
