import random
from collections import Counter

import pytest

from chatbot_tui.training.lab_text.grammar import FLATTENING, Choice, Scene, Slot, parse, parse_list, slots

PETS = parse_list([{"name": "dog", "eats": "bones"}, {"name": "cat", "eats": "<size> fish"}, {"name": "hen", "eats": "corn"}])
SIZES = parse_list(["big", "small"])
LISTS = {"pet": PETS, "size": SIZES}


def scene(seed: int = 0, **barred: tuple[int, ...]) -> Scene:
    return Scene(LISTS, random.Random(seed), barred)  # noqa: S311 (text, not secrets)


def test_a_template_is_cut_at_its_marks() -> None:
    assert parse("a {pet}, {pet2.eats} <size> (yes|no {pet}|)!") == (
        "a ",
        Slot("pet", "pet"),
        ", ",
        Slot("pet", "pet2", "eats"),
        " ",
        Slot("size", None),
        " ",
        Choice((("yes",), ("no ", Slot("pet", "pet")), ())),
        "!",
    )


def test_choices_may_stand_in_choices() -> None:
    outer = parse("(a|b(c|d))")[0]
    assert outer == Choice((("a",), ("b", Choice((("c",), ("d",))))))


@pytest.mark.parametrize("text", ["(a|b", "a|b", "a)", "{pet", "<size", "{pet} and }", "{Pet}", "((a)"])
def test_a_bracket_without_a_partner_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bracket"):
        parse(text)


@pytest.mark.parametrize("entries", [[], [{"eats": "corn"}]])
def test_a_list_needs_entries_and_names(entries: list[dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="name"):
        parse_list(entries)


def test_all_slots_of_a_template_are_found() -> None:
    assert [slot.source for slot in slots(parse("{a} (x|{b} (<c>|y)) {d2}"))] == ["a", "b", "c", "d"]


def test_a_remembered_slot_says_the_same_again() -> None:
    for seed in range(50):
        words = scene(seed).tell(parse("{pet} {pet} {pet.eats} {pet.eats}")).split(" ", 2)
        assert words[0] == words[1]
        half = len(words[2]) // 2
        assert words[2][:half] == words[2][half + 1 :]


def test_a_field_belongs_to_the_entry_of_its_slot() -> None:
    pairs = {scene(seed).tell(parse("{pet} {pet.eats}")) for seed in range(200)}
    assert pairs == {"dog bones", "cat big fish", "cat small fish", "hen corn"}


def test_numbered_slots_differ_from_each_other() -> None:
    orders = {scene(seed).tell(parse("{pet3} {pet} {pet2}")) for seed in range(300)}
    assert len(orders) == 6  # 3!
    assert all(len(set(order.split())) == 3 for order in orders)


def test_barred_entries_are_not_drawn() -> None:
    assert {scene(seed, pet=(0, 2)).tell(parse("{pet}")) for seed in range(50)} == {"cat"}


def test_a_given_name_stands_in_its_slot() -> None:
    told = scene()
    told.name("me", "Ann")
    assert told.tell(parse("I'm {me}")) == "I'm Ann"


def test_a_fresh_slot_is_drawn_each_time() -> None:
    told = scene()
    assert {told.tell(parse("<size> <size>")) for _ in range(100)} == {"big big", "big small", "small big", "small small"}


def test_entries_come_as_often_as_their_rank_says() -> None:
    # Weights 1/6, 1/7, 1/8 have the sum 73/168: shares 28/73, 24/73, 21/73.
    assert FLATTENING == 6
    rng = random.Random(1)  # noqa: S311 (text, not secrets)
    counts = Counter(Scene(LISTS, rng).tell(parse("{pet}")) for _ in range(20_000))
    for name, share in (("dog", 28 / 73), ("cat", 24 / 73), ("hen", 21 / 73)):
        # Five standard deviations of a binomial share, at most sqrt(1/4 / 20,000) = .0035 each.
        assert counts[name] / 20_000 == pytest.approx(share, abs=0.0175)
