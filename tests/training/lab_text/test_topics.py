import shutil
from pathlib import Path
from typing import Any

import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.paths import assets
from chatbot_tui.training.lab_text.grammar import slots
from chatbot_tui.training.lab_text.topics import SPEAKERS, Script, load_talk, parse_turns, read_talk, templates

SHIPPED = assets() / "lab_text"
TALK = load_talk()
SCENES = [(f"{topic} {index}", script) for topic, scripts in TALK.topics.items() for index, script in enumerate(scripts)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SHIPPED, tmp_path / "assets" / "lab_text")


def message(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_talk(folder)
    text = str(caught.value)
    assert text.startswith("the built-in text in assets/lab_text is damaged")
    assert text.endswith("install chatbot-tui again")
    assert "\n" not in text
    return text


def test_the_everyday_topics_are_there() -> None:
    assert sorted(TALK.topics) == sorted(
        ["books", "family", "feelings", "films", "food", "garden", "music", "pets", "sport", "town", "travel", "weather", "weekend", "work"]
    )
    assert all(len(scripts) >= 3 for scripts in TALK.topics.values())


def test_every_list_is_used() -> None:
    used = {slot.source for template in templates(TALK) for slot in slots(template)}
    assert used - set(SPEAKERS) == set(TALK.lists)


def test_lists_are_long_enough_for_their_numbered_slots() -> None:
    longest: dict[str, int] = {}
    for template in templates(TALK):
        for slot in slots(template):
            if slot.key and slot.key not in SPEAKERS:
                longest[slot.source] = max(longest.get(slot.source, 1), int(slot.key.removeprefix(slot.source) or 1))
    # The two speakers' names are taken.
    longest["person"] += 2
    assert {source: number for source, number in longest.items() if len(TALK.lists[source].entries) <= number} == {}
    assert max(longest.values()) <= 3


@pytest.mark.parametrize(("name", "script"), SCENES, ids=[name for name, _ in SCENES])
def test_what_a_scene_said_comes_back(name: str, script: Script) -> None:
    """Whatever ways are taken, the answer, the later question, its answer and the farewell all speak of something told before."""
    told = {slot.key for turn in script.turns for group in turn for way in group for slot in slots(way)} - {None, *SPEAKERS}
    for turn in (*script.later, (script.farewell,)):
        for group in turn:
            for way in group:
                assert {slot.key for slot in slots(way)} & told, f"{name} forgets what it is about"


@pytest.mark.parametrize(("name", "script"), SCENES, ids=[name for name, _ in SCENES])
def test_a_scene_has_an_exchange_for_later(name: str, script: Script) -> None:
    assert 4 <= len(script.turns) <= 5, name
    assert len(script.later) == 2
    assert script.asker in (0, 1)


def test_answers_in_lists_of_their_own_answer_the_text_at_their_place() -> None:
    first, second, third = parse_turns([["a", "b"], [["c", "d"], ["e"]], [["f"], ["g"], ["h"]]])
    assert first == ((("a",), ("b",)),)
    assert second == ((("c",), ("d",)), (("e",),))
    assert third == ((("f",),), (("g",),), (("h",),))


@pytest.mark.parametrize("turns", [[["a", "b"], [["c"]], [["d"], ["e"]]], [[["a"], ["b"]]], [["a"], [["b"], []]], [["a"], "b"]])
def test_answers_that_do_not_match_their_questions_are_refused(turns: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"groups of answers|no list"):
        parse_turns(turns)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("{pet_name}", "{nobody}", "nobody"),
        ("{pet.does}", "{pet.wants}", "pet has no wants"),
        ("{pet_name}", "{pet_name", "left open"),
        ("[lists]", "[list]", "lists"),
        ("[lists]", "[lists", ""),
        ("asker = 0", "asker = 'x'", ""),
        ("asker = 0", "", "asker"),
    ],
)
def test_a_damaged_topic_is_named(folder: Path, old: str, new: str, named: str) -> None:
    file = folder / "pets.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert named in message(folder)


def test_a_list_given_twice_is_named(folder: Path) -> None:
    shutil.copy(folder / "pets.toml", folder / "animals.toml")
    assert "has been given already" in message(folder)


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"lists = 3", b"[[lists]]", b"lists = [[1]]\nscenes = [[[["])
def test_a_topic_of_other_bytes_is_refused(folder: Path, damage: bytes) -> None:
    (folder / "pets.toml").write_bytes(damage)
    message(folder)


def test_a_missing_folder_or_file_is_refused(folder: Path) -> None:
    (folder / "common.toml").unlink()
    message(folder)
    shutil.rmtree(folder)
    message(folder)
