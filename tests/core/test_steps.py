import os
from pathlib import Path

import pytest

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.steps import MAX_STEPS, choose_step, kept_steps, weights_file


def keep(folder: Path, *names: str) -> Path:
    (folder / "steps").mkdir(parents=True)
    for name in names:
        (folder / "steps" / name).write_bytes(b"")
    return folder


def test_steps_are_listed_in_the_order_of_training(tmp_path: Path) -> None:
    folder = keep(tmp_path, "001200.safetensors", "000060.safetensors", "000000.safetensors", "1000000.safetensors", "reports.json")
    assert kept_steps(folder) == (0, 60, 1200, 1_000_000)
    assert all(weights_file(folder, step).is_file() for step in kept_steps(folder))


@pytest.mark.parametrize(
    "name",
    [
        "60.safetensors",
        "00060.safetensors",
        "0001000000.safetensors",
        "-00060.safetensors",
        "000060.safetensors.bak",
        ".000060.safetensors",
        "000060.SAFETENSORS",
        "٠٠٠٠٦٠.safetensors",
        "99999999999.safetensors",
        "000060.safetensors\n",
    ],
)
def test_other_names_are_no_steps(tmp_path: Path, name: str) -> None:
    assert kept_steps(keep(tmp_path, name)) == ()


def test_what_is_no_file_is_no_step(tmp_path: Path) -> None:
    (keep(tmp_path) / "steps" / "000060.safetensors").mkdir()
    (tmp_path / "steps" / "000070.safetensors").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "steps" / "000080.safetensors")
    assert kept_steps(tmp_path) == ()


def test_a_folder_without_steps_or_a_file_in_their_place_has_none(tmp_path: Path) -> None:
    assert kept_steps(tmp_path) == ()
    (tmp_path / "steps").write_text("")
    assert kept_steps(tmp_path) == ()


def test_no_more_are_listed_than_anybody_keeps(tmp_path: Path) -> None:
    folder = keep(tmp_path, *(f"{step:06d}.safetensors" for step in range(MAX_STEPS + 5)))
    assert kept_steps(folder) == tuple(range(MAX_STEPS))


def test_a_step_is_chosen_by_its_number() -> None:
    assert choose_step("'bot'", "60", (0, 60)) == 60
    assert choose_step("'bot'", "000060", (0, 60)) == 60


@pytest.mark.parametrize("wanted", ["61", "", "sixty", "-60", "6.0", "٦٠", "9" * 400, "60\x1b[31m"])
def test_a_step_that_is_not_kept_is_refused_with_those_that_are(wanted: str) -> None:
    with pytest.raises(InputError) as caught:
        choose_step("'bot'", wanted, (0, 60, 1200))
    assert str(caught.value) == f"checkpoint 'bot' has no step {wanted[:20]!r}: use one of 0, 60, 1200"


def test_without_kept_steps_the_line_says_so() -> None:
    with pytest.raises(InputError, match=r"checkpoint 'bot' keeps no earlier steps: name it without @"):
        choose_step("'bot'", "60", ())
