"""Names that new checkpoints can bear."""

from pathlib import Path

import pytest

from chatbot_tui.core.checkpoint_names import free_name, suggested_name, untaken
from chatbot_tui.core.errors import InputError
from chatbot_tui.core.library import MAX_NAME_LENGTH
from chatbot_tui.core.paths import checkpoints_folder


def test_a_files_name_becomes_one_that_every_system_allows() -> None:
    assert suggested_name(Path("/x/my net.pt")) == "my net"
    assert suggested_name(Path('a<b>:"c|?*.pt')) == "a-b---c---"
    assert suggested_name(Path(".-hidden.pt")) == "hidden"
    assert suggested_name(Path("...")) == "imported"
    assert len(suggested_name(Path("x" * 300))) == MAX_NAME_LENGTH


def test_a_name_that_is_taken_is_counted_up() -> None:
    assert untaken("mine") == "mine"
    (checkpoints_folder() / "mine").mkdir(parents=True)
    (checkpoints_folder() / "MINE-2").mkdir()
    assert untaken("mine") == "mine-3"
    long = "x" * MAX_NAME_LENGTH
    (checkpoints_folder() / long).mkdir()
    assert untaken(long) == "x" * (MAX_NAME_LENGTH - 2) + "-2"


def test_a_taken_name_is_refused_with_advice() -> None:
    (checkpoints_folder() / "mine").mkdir(parents=True)
    with pytest.raises(InputError, match=r"already a checkpoint 'Mine': choose another name"):
        free_name("Mine")
