"""Whatever the file, it is read as data: refused in one line, with nothing run and little memory and time taken."""

import os
import re
from pathlib import Path

import pytest
import torch

from chatbot_tui.core.errors import InputError
from chatbot_tui.core.imports import MAX_FILE_VARIABLE
from chatbot_tui.model.importers.load import read_net
from tests.model.bad_vocabularies import REFUSED, put
from tests.model.importers.hostile import ATTACKS, BROKEN, CUT, PWNED, saved, state
from tests.model.importers.refusals import Ending, endings

CASES = {**ATTACKS, **BROKEN, **CUT}
VOCABULARIES = [f"vocabulary: {name}" for name in REFUSED]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ending]:
    """How `say` ended on each file, a good one first."""
    root = tmp_path_factory.mktemp("hostile")
    paths = {}
    for number, (name, (make, _)) in enumerate(CASES.items()):
        folder = root / str(number)
        folder.mkdir()
        paths[name] = make(folder)
    good = saved(root, state(), "good.pt")
    commands = [["say", "1 2 3", "--max-tokens", "2", "--checkpoint", str(path)] for path in (good, *paths.values())]
    for name, (content, file, _, _) in REFUSED.items():
        folder = root / name
        folder.mkdir()
        commands.append([*commands[0], "--vocab", str(put(folder, content, file))])
    home = str(tmp_path_factory.mktemp("home"))
    found = dict(zip(("good", *paths, *VOCABULARIES), endings(commands, CHATBOT_TUI_HOME=home), strict=True))
    assert not list(root.rglob(PWNED)), "code was run"
    return found


def test_a_good_file_speaks(ended: dict[str, Ending]) -> None:
    assert ended["good"].status == 0
    assert ended["good"].said == ""


@pytest.mark.parametrize("name", [*CASES, *VOCABULARIES])
def test_it_is_refused_in_one_line(name: str, ended: dict[str, Ending]) -> None:
    ending = ended[name]
    assert ending.status == 2, ending.said
    assert ending.said.count("\n") == 1
    assert "Traceback" not in ending.said
    # A small good file takes hundredths of a second; the bound is the promise.
    assert ending.seconds < 5 + ended["good"].seconds


@pytest.mark.parametrize("name", CASES)
def test_the_line_says_why(name: str, ended: dict[str, Ending]) -> None:
    assert re.search(CASES[name][1].replace("(", r"\(").replace(")", r"\)"), ended[name].said), ended[name].said


def test_all_of_them_together_take_little_memory(ended: dict[str, Ending]) -> None:
    assert max(ending.megabytes for ending in ended.values()) < 300 + ended["good"].megabytes


@pytest.mark.parametrize(("megabytes", "refused"), [("1", True), ("3", False), ("none", True), ("0", True), ("", False)])
def test_the_limit_on_size_can_be_set(megabytes: str, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # 2^19 numbers of four bytes are 2 MB.
    path = saved(tmp_path, {**state(), "criterion.weight": torch.zeros(1 << 19)})
    monkeypatch.setenv(MAX_FILE_VARIABLE, megabytes)
    if not refused:
        assert read_net(path).checkpoint.model.config.vocab_size == 40
        return
    with pytest.raises(InputError, match=MAX_FILE_VARIABLE):
        read_net(path)


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, state())

    def refuse(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InputError, match="Permission denied; check"):
        read_net(path)


def test_what_is_not_needed_is_not_read(tmp_path: Path) -> None:
    # An optimiser's state of NaN, twice as large as the net, in the same file.
    content = {"state_dict": state(), "optimizer": {"state": {0: {"exp_avg": torch.full((1000,), torch.nan)}}}}
    assert read_net(saved(tmp_path, content)).recognition.ignored == ("optimizer",)


def test_nan_is_let_through_to_those_who_judge(tmp_path: Path) -> None:
    path = saved(tmp_path, {**state(), "fc.bias": torch.full((40,), torch.nan)})
    assert read_net(path, allow_non_finite=True).checkpoint.model.fc.bias.isnan().all()
